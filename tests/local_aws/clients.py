"""boto3 clients whose service models are read once in the process: that is most of what a client costs."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

_making = threading.Lock()


@functools.cache
def _loader() -> Loader:
    return Loader(include_default_search_paths=True)


def make(
    service: str, region: str, endpoint_url: str, keys: Mapping[str, str], config: Mapping[str, Any]
) -> Any:
    """Make a client that takes nothing from the environment.

    Parameters
    ----------
    keys
        ``AccessKeyId``, ``SecretAccessKey`` and perhaps ``SessionToken``.
    config
        Settings of `botocore.config.Config`; calls are made once unless it says otherwise.
    """
    # Making clients is not thread-safe.
    with _making:
        core = botocore.session.Session()
        core.register_component("data_loader", _loader())
        session: Any = boto3.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            region_name=region,
            botocore_session=core,
        )
        return session.client(
            service,
            endpoint_url=endpoint_url,
            config=Config(**{"retries": {"total_max_attempts": 1}, **config}),
        )
