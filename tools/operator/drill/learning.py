"""Letting Rearm get to know the drill's resources: it learns what is healthy in a sweep."""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from rearm.aws import AwsError
from rearm.model import Mode
from rearm.settings import CONFIG_VARIABLE
from tools.operator.access import Access, OperatorError, explain
from tools.operator.drill.own import Own
from tools.operator.drill.rows import AUTOMATIONS

# A sweep ends within the function's time; Lambda allows 15 minutes.
SWEEP_S = 900.0
SWEEPS = 3
PAUSE_S = 5.0
# How long the next sweep of the schedule is waited for.
WAIT_S = 1500.0


def modes(access: Access) -> dict[str, Mode]:
    """Return the mode of each automation that the drill is about; one that is off is missing.

    Raises
    ------
    OperatorError
        There is no such deployment, or it may not be asked.
    """
    found: dict[str, Mode] = {}
    for automation in sorted(set(AUTOMATIONS.values())):
        name = f"{access.name}-{automation}"
        asked = {"FunctionName": name}
        try:
            answer = access.aws.call("lambda", access.region, "GetFunctionConfiguration", asked)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                continue
            raise OperatorError(explain(error, access.name, access.region)) from error
        found[automation] = _mode(name, answer.get("Environment", {}).get("Variables", {}))
    if not found:
        raise OperatorError(
            f"there is no function {access.name}-cloudtrail in {access.region}: NAME must be the module's "
            "`name` and REGION where it is deployed."
        )
    return found


def _mode(function: str, variables: dict[str, str]) -> Mode:
    try:
        packed = base64.b64decode(variables[CONFIG_VARIABLE])
        return Mode(json.loads(gzip.decompress(packed))["mode"])
    except (EOFError, KeyError, OSError, TypeError, ValueError) as error:
        raise OperatorError(
            f"{CONFIG_VARIABLE} of {function} cannot be read: the function is not this module's, or this "
            "checkout is of another version."
        ) from error


def learn(
    own: Own, automations: list[str], *, wait: bool, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Have the trail and what belongs to it recorded as baselines.

    Parameters
    ----------
    automations
        Those that are not off.
    wait
        Wait for the sweeps of the schedule instead of starting one.

    Raises
    ------
    OperatorError
        They are not recorded, or a function failed.
    """
    if wait:
        end = time.monotonic() + WAIT_S
        while missing := _unlearned(own, automations):
            if time.monotonic() > end:
                raise OperatorError(_not_learned(own, missing))
            sleep(PAUSE_S)
        return
    for last in (*[False] * (SWEEPS - 1), True):
        for automation in automations:
            sweep(own.access, automation)
        missing = _unlearned(own, automations)
        if not missing:
            return
        if last:
            raise OperatorError(_not_learned(own, missing))
        sleep(PAUSE_S)


def sweep(access: Access, automation: str) -> None:
    """Start a sweep, as the schedule does, and wait for its end.

    Raises
    ------
    OperatorError
        The function failed, or may not be invoked.
    """
    event = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": access.account,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": access.region,
        "resources": [],
        "detail": {},
    }
    name = f"{access.name}-{automation}"
    asked = {"FunctionName": name, "Payload": json.dumps(event).encode()}
    try:
        answer = access.aws.call("lambda", access.region, "Invoke", asked, attempts=1, read_timeout_s=SWEEP_S)
    except AwsError as error:
        raise OperatorError(explain(error, access.name, access.region)) from error
    said = answer["Payload"].read().decode(errors="replace")
    # It fails last, after everything else has been done: what is missing is seen in the baselines.
    if answer.get("FunctionError") and "ResponseFailedError" not in said:
        raise OperatorError(f"the sweep of {name} failed: {said[:500]}")


def _unlearned(own: Own, automations: list[str]) -> list[str]:
    wanted = [(kind, automation) for kind, automation in AUTOMATIONS.items() if automation in automations]
    missing = []
    for kind, automation in wanted:
        if kind == "key" and not own.key_arn:
            continue
        if own.access.table.get(f"{automation}#baseline", own.arn_of(kind)) is None:
            missing.append(f"the {kind} ({automation})")
    return missing


def _not_learned(own: Own, missing: list[str]) -> str:
    groups = ", ".join(sorted({f"/aws/lambda/{own.access.name}-{name}" for name in AUTOMATIONS.values()}))
    return (
        f"Rearm has not recorded {' and '.join(missing)}: it learns in a sweep, and only what has no "
        f"finding. The sweep's line in {groups} says why."
    )
