"""Measures Rearm against a handler of the usual kind, on AWS on this machine."""

from __future__ import annotations
