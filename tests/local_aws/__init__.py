"""AWS on this machine, for the tests and the demo: see `tests.local_aws.local.LocalAws`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.local_aws.local import LocalAws
    from tests.local_aws.options import Options

__all__ = ["LocalAws", "Options"]


def __getattr__(name: str) -> Any:
    """Import on first use: the event matcher alone needs no server."""
    if name == "LocalAws":
        from tests.local_aws.local import LocalAws

        return LocalAws
    if name == "Options":
        from tests.local_aws.options import Options

        return Options
    raise AttributeError(name)
