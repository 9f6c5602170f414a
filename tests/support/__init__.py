"""What several layers of tests stand on."""

from __future__ import annotations
