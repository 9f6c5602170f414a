"""IAM user anomaly: credentials in the wrong hands are cut off, with everything kept that gives them back."""

from __future__ import annotations

from rearm.automations.iam_user_anomaly.assess import assess

__all__ = ["assess"]
