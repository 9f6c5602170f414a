"""Rearm's parts: what each must be, as Terraform declares it, and what is wrong with one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeGuard

from rearm.automations import Look
from rearm.aws import Answer, AwsError, malformed
from rearm.model import Finding, Resource, Severity

# What AWS answers for what is not there, in the services that are asked here.
ABSENT = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchConfigRuleException",
        "NoSuchEntity",
        "NotFound",
        "NotFoundException",
        "PolicyNotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)
# All parts may be looked at twice in one invocation: a service that hangs must not use up its time.
ATTEMPTS = 2
READ_TIMEOUT_S = 2
APPLY = "terraform plan shows the difference, terraform apply puts it back: run both where Rearm is deployed."


class Kind(Enum):
    """What sort of deviation it is, which decides when it counts.

    OFF is something switched off, which no deployment does: it counts at any time. CHANGED is what is not as
    it is declared, which Terraform may be about to put right. MISSING is what is not there, and may be about
    to come or to go. TOLD is what only Terraform can put back.
    """

    OFF = "off"
    CHANGED = "changed"
    MISSING = "missing"
    TOLD = "told"


@dataclass(frozen=True, eq=False, repr=False)
class Deviation:
    """What is wrong with a part."""

    finding: Finding
    kind: Kind


@dataclass(frozen=True, eq=False, repr=False)
class Part:
    """One of Rearm's parts; `service` is boto3's name of the service that has it.

    `wanted` is what is declared of it, and `declared` all that is declared of its automation.
    """

    service: str
    type: str
    name: str
    arn: str
    wanted: Mapping[str, Any]
    declared: Mapping[str, Any]

    def resource(self, look: Look) -> Resource:
        """Return the part as the resource of a finding."""
        return Resource(self.arn, self.name, self.type, look.account, look.region)

    def is_named(self, name: str) -> bool:
        """Whether a request parameter names the part by its name, its ARN, its address or something in it."""
        return (
            name in (self.name, self.arn)
            or name.endswith((f":{self.name}", f"/{self.name}"))
            or name.startswith((f"{self.arn}:", f"{self.name}:"))
        )


def read(look: Look, service: str, operation: str, parameters: Mapping[str, object]) -> Answer:
    """Make a call that reads, which is given up sooner than a repair; raises AwsError."""
    return look.aws.call(
        service, look.region, operation, parameters, attempts=ATTEMPTS, read_timeout_s=READ_TIMEOUT_S
    )


def found(
    look: Look, service: str, operation: str, parameters: Mapping[str, object], promised: str = ""
) -> Answer | None:
    """Make a call that reads; None where AWS says that there is no such thing.

    Parameters
    ----------
    promised
        What AWS's documentation promises in the answer: without it the answer broke off, and what is not in
        it must not be taken for changed.

    Raises
    ------
    AwsError
        For whatever else went wrong.
    """
    try:
        answer = read(look, service, operation, parameters)
    except AwsError as error:
        if error.code in ABSENT:
            return None
        raise
    if promised and answer.get(promised) is None:
        raise malformed(service, operation, f"{promised} is missing")
    return answer


def told(
    part: Part,
    look: Look,
    rule: str,
    problem: str,
    causes: tuple[str, ...] = (),
    *,
    severity: Severity = Severity.HIGH,
    advice: tuple[str, ...] = (),
    kind: Kind = Kind.TOLD,
) -> Deviation:
    """Return what Rearm cannot put right: that would need power over code, roles or policies."""
    finding = Finding(
        rule=rule,
        resource=part.resource(look),
        problem=problem,
        severity=severity,
        causes=causes,
        advice=(*advice, APPLY),
    )
    return Deviation(finding, kind)


def hashed(value: object) -> str:
    """Return the hash that Terraform's ``sha256(jsonencode(value))`` gives.

    Source: https://developer.hashicorp.com/terraform/language/functions/jsonencode
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return hashlib.sha256(text.encode()).hexdigest()


def hashed_policy(policy: object) -> str:
    """Return the hash of a policy in the form in which Terraform writes it: a list of one is its element.

    Raises
    ------
    ValueError
        It is no JSON.
    """
    document = json.loads(policy) if isinstance(policy, str) else policy
    return hashed(_plain(document))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        plain = {key: _plain(inner) for key, inner in value.items()}
        # Statements are a list, however many they are.
        plain |= {key: [_plain(one) for one in inner] for key, inner in value.items() if _lists(key, inner)}
        # AWS may spell out who everybody is.
        return {
            key: "*" if key == "Principal" and inner == {"AWS": "*"} else inner
            for key, inner in plain.items()
        }
    if isinstance(value, list):
        items = [_plain(inner) for inner in value]
        return items[0] if len(items) == 1 else items
    return value


def _lists(key: str, value: object) -> TypeGuard[list[object]]:
    return key == "Statement" and isinstance(value, list)


def in_words(names: Iterable[str]) -> str:
    """Return names in their order, for a sentence."""
    return ", ".join(sorted(names))
