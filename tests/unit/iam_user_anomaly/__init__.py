"""What is done to whose credentials are misused."""
