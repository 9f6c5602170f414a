"""Least privilege: what the role may do against what the function does, both ways."""

from __future__ import annotations
