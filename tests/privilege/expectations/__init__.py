"""What each automation may do beyond the core, in a module of its name: see `tests.privilege.expected`."""

from __future__ import annotations
