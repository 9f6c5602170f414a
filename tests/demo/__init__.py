"""The main job, shown on this machine: `make demo`."""

from __future__ import annotations
