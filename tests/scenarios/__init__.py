"""Named situations that Rearm must master, each with a verdict that is read from AWS's state."""

from __future__ import annotations
