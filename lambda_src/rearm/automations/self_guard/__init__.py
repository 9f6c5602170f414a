"""Rearm itself: its rules, functions, roles and what they share are as they were deployed."""

from __future__ import annotations

from rearm.automations.self_guard.assess import assess

__all__ = ["assess"]
