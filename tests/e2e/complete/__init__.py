"""`examples/complete`, unmodified."""

from __future__ import annotations
