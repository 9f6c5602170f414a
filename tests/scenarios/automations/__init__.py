"""The scenarios of each automation, in a module of its name with a function `scenarios`."""

from __future__ import annotations
