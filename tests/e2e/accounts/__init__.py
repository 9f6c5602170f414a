"""`examples/new-account`, unmodified, in an account that has nothing and whose event history lags."""

from __future__ import annotations
