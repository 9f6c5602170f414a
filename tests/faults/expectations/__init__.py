"""What faults of each automation's own calls may cost: LOST and KNOWN, in a module of its name."""

from __future__ import annotations
