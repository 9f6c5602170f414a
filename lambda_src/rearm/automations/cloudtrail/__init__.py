"""CloudTrail logging: a trail that does not log is started again."""

from __future__ import annotations

from rearm.automations.cloudtrail.assess import assess

__all__ = ["assess"]
