"""Trails of other regions: `examples/other-regions`, unmodified."""

from __future__ import annotations
