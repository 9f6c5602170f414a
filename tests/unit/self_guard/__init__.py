"""Rearm guards itself: its parts in moto, and what becomes of them."""
