"""IAM high authority: administrator-equivalent rights that appear are told, and detached where it may be."""

from __future__ import annotations

from rearm.automations.iam_authority.assess import assess

__all__ = ["assess"]
