"""Unit tests of the automation `cloudtrail`."""
