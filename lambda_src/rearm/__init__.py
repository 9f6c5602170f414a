"""Rearm: switches a safeguard of an AWS account on again, and says what happened."""

from __future__ import annotations

__version__ = "0.1.0"
