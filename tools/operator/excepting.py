"""Timed exceptions that an operator gives in the deployment's table, where the functions read them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from rearm.exceptions import EVERY_AUTOMATION
from rearm.excuses import GROUP
from tools.operator.access import Access


@dataclass(frozen=True, eq=False, repr=False)
class Given:
    """One exception that was given: its name, and its last day in UTC."""

    name: str
    until: date


def give(
    access: Access,
    name: str,
    resource: str,
    why: str,
    days: int,
    now: datetime,
    scope: str = EVERY_AUTOMATION,
) -> Given:
    """Record an exception for one resource; one of the same name is replaced.

    Parameters
    ----------
    resource
        Its ARN or its name.
    why
        The beginning of the reason; who gives it is added.
    days
        How many days it lasts beyond today.
    scope
        The automation that it is for.

    Raises
    ------
    rearm.aws.AwsError
        It could not be recorded.
    """
    until = (now.astimezone(UTC) + timedelta(days=days)).date()
    content = {
        "match": {"resource": resource},
        "reason": f"{why} by {access.caller}",
        "expires": until.isoformat(),
        "quiet": False,
        "scope": scope,
    }
    # It has ended by then, whether or not DynamoDB has removed it.
    forgotten = datetime.combine(until + timedelta(days=2), time(), UTC)
    access.table.put(GROUP, name, content, until=forgotten)
    return Given(name, until)


def removal(access: Access, given: Given) -> str:
    """Return the command that ends an exception before its time."""
    key = f'{{"group": {{"S": "{GROUP}"}}, "key": {{"S": "{given.name}"}}}}'
    table = f"{access.name}-records"
    return shlex.join(
        ["aws", "dynamodb", "delete-item", "--table-name", table, "--key", key, "--region", access.region]
    )
