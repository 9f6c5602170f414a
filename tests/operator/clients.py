"""Clients that the tests of operators' commands share: making them is slow, and moto keeps their state."""

from __future__ import annotations

from typing import TypeVar

from rearm import aws

_shared = aws.Aws(sleep=lambda _: None)
_shared._session = aws._new_session()

Clients = TypeVar("Clients", bound=aws.Aws)


def sharing(clients: Clients) -> Clients:
    """Let an `Aws` use the shared clients instead of making its own."""
    clients._session = _shared._session
    clients._clients = _shared._clients
    return clients


def new() -> aws.Aws:
    """Return an `Aws` that uses the shared clients."""
    return sharing(aws.Aws(sleep=lambda _: None))
