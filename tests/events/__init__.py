"""Events in the shapes in which AWS delivers them, built for the tests."""
