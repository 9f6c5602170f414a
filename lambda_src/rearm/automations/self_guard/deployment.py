"""What Terraform has declared of the deployment, and how far it has got with it.

Each automation has a parameter in Systems Manager that says what its parts must be, written before any of
them, and a second one with its hash, written after all of them and removed before any of them. So a
difference between the two says that Terraform is at work, whichever order the events about it come in.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from rearm.automations import Look
from rearm.aws import items_of
from rearm.doors import timestamp
from rearm.model import Baseline

SEAL = "/deployed"
SHARED = "deployment"


class Progress(Enum):
    """How far Terraform has got.

    SETTLED: what is declared is deployed. UNDER_WAY: it is being deployed. REMOVING: the seal is gone, as it
    is when everything else is about to go. OVERDUE: it has been one of these for too long. REMOVED: it is
    not there any more.
    """

    SETTLED = "settled"
    UNDER_WAY = "under way"
    REMOVING = "removing"
    OVERDUE = "overdue"
    REMOVED = "removed"


@dataclass(frozen=True, eq=False, repr=False)
class Memory:
    """What the table remembers of a declaration: the last one that was deployed, and since when it is not.

    `code` is the function's code where Terraform does not know its hash.
    """

    value: str
    unsettled: datetime | None
    version: int
    removed: bool = False
    code: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Declared:
    """One declaration: an automation's, or that of the shared parts.

    `value` is the parameter's, or the remembered one where it is gone; `sealed` says whether there is a seal.
    `changed` is when Terraform, or somebody else, has last written either parameter.
    """

    automation: str
    parameter: str
    value: str
    parts: Mapping[str, Any]
    progress: Progress
    changed: datetime | None
    present: bool
    sealed: bool
    memory: Memory | None

    @property
    def counts(self) -> bool:
        """Whether what only Terraform can put right is told: not while it may be doing so."""
        return self.progress is not Progress.UNDER_WAY

    @property
    def whole(self) -> bool:
        """Whether everything that is declared must be there."""
        return self.progress in (Progress.SETTLED, Progress.OVERDUE)


def read_declared(look: Look, remembered: Mapping[str, Baseline]) -> tuple[Declared, ...]:
    """Read all declarations of the deployment, those that are remembered included.

    Raises
    ------
    AwsError
        They could not be read.

    Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
    """
    values: dict[str, tuple[str, datetime | None]] = {}
    path = {"Path": f"/{look.name}", "Recursive": True, "MaxResults": 10}
    for page in look.aws.pages("ssm", look.region, "GetParametersByPath", path):
        for item in items_of(page, "ssm", "GetParametersByPath", "Parameters"):
            modified = item.get("LastModifiedDate")
            when = modified.astimezone(UTC) if isinstance(modified, datetime) else None
            values[str(item.get("Name"))] = (str(item.get("Value", "")), when)
    memories = {arn.partition(":parameter")[2]: _memory(baseline) for arn, baseline in remembered.items()}
    names = {name for name in (*values, *memories) if name and not name.endswith(SEAL)}
    return tuple(
        _declared(
            name, values.get(name), values.get(name + SEAL), memories.get(name), look.now(), grace_of(look)
        )
        for name in sorted(names)
    )


def parameter_arn(look: Look, name: str) -> str:
    """Return a parameter's ARN: its name begins with a slash."""
    return f"arn:{look.partition}:ssm:{look.region}:{look.account}:parameter{name}"


def state_of(
    declared: Declared, unsettled: datetime | None = None, *, removed: bool = False, code: str | None = None
) -> dict[str, object]:
    """Return what is to be remembered of a declaration."""
    state: dict[str, object] = {"value": declared.value}
    if unsettled:
        state["unsettled"] = unsettled.isoformat()
    if removed:
        state["removed"] = True
    if code:
        state["code"] = code
    return state


def unpacked(value: str) -> Mapping[str, Any] | None:
    """Return what a declaration says; None if it is not what the module writes."""
    try:
        parts = json.loads(gzip.decompress(base64.b64decode(value)))
    except (ValueError, EOFError, OSError, RecursionError, zlib.error):
        return None
    return parts if isinstance(parts, dict) else None


def _declared(
    name: str,
    value: tuple[str, datetime | None] | None,
    seal: tuple[str, datetime | None] | None,
    memory: Memory | None,
    now: datetime,
    grace: timedelta,
) -> Declared:
    written = [when for one in (value, seal) if one and (when := one[1])]
    changed = max(written, default=None)
    parts = unpacked(value[0]) if value else None
    # What cannot be read counts for nothing: whoever may write it must not be able to blind the guard.
    text = value[0] if value and parts is not None else None
    progress = _progress(text, seal[0] if seal else None, memory, changed, now, grace)
    kept = text if text is not None else memory.value if memory else ""
    return Declared(
        name.rpartition("/")[2],
        name,
        kept,
        unpacked(kept) or {},
        progress,
        changed,
        text is not None,
        seal is not None,
        memory,
    )


def _progress(
    value: str | None,
    seal: str | None,
    memory: Memory | None,
    changed: datetime | None,
    now: datetime,
    grace: timedelta,
) -> Progress:
    if value is None and memory and memory.removed:
        return Progress.REMOVED
    if value is not None and seal == hashlib.sha256(value.encode()).hexdigest():
        return Progress.SETTLED
    known = memory is not None and not memory.removed
    going = known and memory is not None and (value is None or (seal is None and value == memory.value))
    since = memory.unsettled if known and memory and memory.unsettled else now if known else changed
    if since is not None and now - since > grace:
        return Progress.OVERDUE
    return Progress.REMOVING if going else Progress.UNDER_WAY


def _memory(baseline: Baseline) -> Memory:
    state = baseline.state
    code = state.get("code")
    return Memory(
        value=str(state.get("value", "")),
        unsettled=timestamp(state.get("unsettled")),
        version=baseline.version,
        removed=state.get("removed") is True,
        code=code if isinstance(code, str) else None,
    )


def grace_of(look: Look) -> timedelta:
    """Return how long a deployment may take."""
    minutes = look.settings.get("deployment_minutes")
    return timedelta(minutes=minutes if isinstance(minutes, int | float) else 15.0)
