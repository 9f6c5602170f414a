"""Which identity an access key belongs to, and the sessions that Lambda gets for functions' roles."""

from __future__ import annotations

import re
import secrets
import string
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from moto.utilities.utils import get_partition

from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.endpoint import Endpoint
from tests.local_aws.identity import ACCOUNT, Identity, administrator


@dataclass(frozen=True)
class Session:
    """Temporary credentials of a function's role."""

    identity: Identity
    secret_key: str
    token: str


class Principals:
    """All identities of the account."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sessions: dict[str, Session] = {}
        self._known: dict[str, Identity] = {}
        self._lock = threading.Lock()

    def of(self, access_key: str) -> Identity:
        """Give the identity of an access key; one that IAM does not know is an administrator's."""
        with self._lock:
            session = self._sessions.get(access_key)
            known = session.identity if session else self._known.get(access_key)
        if known:
            return known
        return self._endpoint.kept(
            ("iam", "sts"), ("identity", access_key), lambda: self._look_up(access_key)
        )

    def register(self, identity: Identity) -> None:
        """Know an identity by its access key from now on."""
        with self._lock:
            self._known[identity.access_key] = identity

    def _look_up(self, access_key: str) -> Identity:
        parameters = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
        answer = self._endpoint.query("sts", access_key, parameters).decode()
        arn, user_id = (re.search(rf"<{tag}>(.*?)</{tag}>", answer) for tag in ("Arn", "UserId"))
        partition = get_partition(self._endpoint.region)
        if arn is None or user_id is None:
            return administrator(access_key, partition)
        if ":assumed-role/" in arn[1]:
            role_name, session_name = arn[1].split("/")[-2:]
            role_arn = f"arn:{partition}:iam::{ACCOUNT}:role/{role_name}"
            return Identity(
                "AssumedRole",
                access_key,
                arn[1],
                user_id[1],
                session_name,
                role_arn,
                role_name,
                None,
                datetime.now(UTC),
            )
        if ":iam:" in arn[1] and ":user/" in arn[1]:
            return Identity("IAMUser", access_key, arn[1], user_id[1], arn[1].rpartition("/")[2])
        return administrator(access_key, partition)

    def overlays(self) -> dict[tuple[str, str], Overlay]:
        """Give the operations that are answered here."""
        return {("sts", "GetCallerIdentity"): self._caller_identity}

    @staticmethod
    def _caller_identity(incoming: Incoming) -> Mapping[str, str]:
        who = incoming.identity
        return {"UserId": who.principal_id, "Account": ACCOUNT, "Arn": who.arn}

    def open_session(self, function_arn: str, role_arn: str, role_id: str) -> Session:
        """Give Lambda temporary credentials of a function's role; the session has the function's name."""
        partition, function_name = function_arn.split(":")[1], function_arn.split(":")[6]
        role_name = role_arn.rpartition("/")[2]
        alphabet = string.ascii_uppercase + string.digits
        access_key = "ASIA" + "".join(secrets.choice(alphabet) for _ in range(16))
        identity = Identity(
            kind="AssumedRole",
            access_key=access_key,
            arn=f"arn:{partition}:sts::{ACCOUNT}:assumed-role/{role_name}/{function_name}",
            principal_id=f"{role_id}:{function_name}",
            user_name=function_name,
            role_arn=role_arn,
            role_name=role_name,
            function_arn=function_arn,
            since=datetime.now(UTC),
        )
        session = Session(identity, secrets.token_hex(20), secrets.token_hex(60))
        with self._lock:
            self._sessions[access_key] = session
        return session
