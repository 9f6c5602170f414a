"""The operator's commands against a deployment, as a role with the documented policies."""

from __future__ import annotations
