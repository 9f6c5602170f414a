"""The root user: whatever a person does with it is told, and what it should not have."""

from __future__ import annotations

from rearm.automations.root_usage.assess import assess

__all__ = ["assess"]
