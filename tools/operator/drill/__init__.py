"""The drill: every attack of the matrix that is safe, on a trail of its own, and how long Rearm takes."""

from __future__ import annotations
