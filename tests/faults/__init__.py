"""Every AWS call that the scenarios make, failing in every way that AWS can fail."""

from __future__ import annotations
