"""`examples/basic`, unmodified, in an account that records with AWS Config."""

from __future__ import annotations
