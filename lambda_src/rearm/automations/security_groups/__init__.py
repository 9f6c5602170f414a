"""Security groups: a rule that opens a sensitive port to the world is taken out of its group."""

from __future__ import annotations

from rearm.automations.security_groups.assess import assess

__all__ = ["assess"]
