"""`make demo` as people start it."""

from __future__ import annotations
