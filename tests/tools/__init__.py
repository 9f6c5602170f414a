"""Tests of the tools that set up, package and check the project."""
