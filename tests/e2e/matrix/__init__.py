"""Every row of the matrix: `examples/basic` in an account with everything that CloudTrail can have."""

from __future__ import annotations
