"""The automations that are off by default, each in an account where all of them act."""
