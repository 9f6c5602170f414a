"""The tests of Rearm, one folder for each layer; `make test` runs them all."""
