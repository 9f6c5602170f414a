"""Other inputs of the module, each applied over the one before."""

from __future__ import annotations
