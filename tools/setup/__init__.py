"""Set the checkout up for tests and the demo; needs nothing but a Python 3 to start with."""
