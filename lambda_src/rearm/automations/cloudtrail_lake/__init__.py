"""CloudTrail Lake: an event data store that was stopped, deleted or weakened is put right."""

from __future__ import annotations

from rearm.automations.cloudtrail_lake.assess import assess

__all__ = ["assess"]
