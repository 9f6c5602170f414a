"""The automation that tells of the root user."""
