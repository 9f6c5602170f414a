"""RDS encryption: databases and snapshots without encryption get an encrypted copy to go on with."""

from __future__ import annotations

from rearm.automations.rds_encryption.assess import assess

__all__ = ["assess"]
