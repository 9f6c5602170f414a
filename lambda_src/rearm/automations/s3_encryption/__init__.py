"""S3 encryption: buckets whose default encryption is weaker than required, or under somebody else's key."""

from __future__ import annotations

from rearm.automations.s3_encryption.assess import assess

__all__ = ["assess"]
