"""Tests of what Terraform would do: real plans of the module and its examples, read as JSON."""
