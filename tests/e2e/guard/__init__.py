"""Rearm guards itself, in the account of `examples/basic`."""
