"""Trail storage: the buckets and keys of the account's trails stay as they were recorded."""

from __future__ import annotations

from rearm.automations.trail_storage.assess import assess

__all__ = ["assess"]
