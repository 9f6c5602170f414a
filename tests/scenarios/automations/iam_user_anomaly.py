"""IAM user anomaly: whose credentials are cut off, who is only told, and who only seems to be meant."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.iam.models import iam_backends

from tests.events.envelopes import api_event, scheduled
from tests.events.iam_user_anomaly import (
    KEY,
    SEQUENCE,
    SESSION_KEY,
    STOLEN,
    as_answered,
    guardduty_finding,
    health_event,
)
from tests.events.identities import iam_user
from tests.scenarios.account import ORGANIZATION, Account, Event, client
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import Check, tells_nothing, told
from tests.support.aws_policies import bring_in
from tests.support.fake_guardduty import GuardDuty
from tests.support.planned import ACCOUNT
from tests.support.variants import CHINA

AUTOMATION = "iam_user_anomaly"
OTHERS = {"others": "remediated", "others_china": "remediated", "others_notify": "notified"}
USER, ROLE, OTHER = "deploy", "build", "operator"
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
LONG_AGO = timedelta(minutes=10)


def scenarios() -> Iterator[Scenario]:
    """Return every scenario, of every variant."""
    for variant, outcome in OTHERS.items():
        yield from _everywhere(variant, outcome)
    yield from _told()
    yield from _near_misses()


def _scenario(
    name: str,
    arrange: Callable[[Account], Event],
    *checks: Check,
    variant: str = "others",
    earlier: Callable[[Account], Event] | None = None,
) -> Scenario:
    return Scenario(name, variant, arrange, checks, AUTOMATION, earlier)


def _everywhere(variant: str, outcome: str) -> Iterator[Scenario]:
    """Give what every deployment meets."""
    done = outcome == "remediated"
    yield _scenario(
        "GuardDuty sees a user's key misused",
        lambda account: _seen(account, _user(account)),
        _key_of(USER, active=not done),
        _denied(USER, "user", wanted=done),
        told(outcome, f"User {USER}", "--status Inactive", "AWSDenyAll"),
        variant=variant,
    )
    yield _scenario(
        "GuardDuty sees a role's credentials outside",
        lambda account: _seen_role(account, kind=STOLEN),
        _denied(ROLE, "role", wanted=done),
        told(outcome, f"Role {ROLE}", "AWSRevokeOlderSessions", "does not stop a role's credentials"),
        variant=variant,
    )
    yield _scenario(
        "AWS finds a key in public",
        lambda account: _exposed(account, _user(account)),
        _key_of(USER, active=not done),
        _denied(USER, "user", wanted=done),
        told(outcome, "AWS_RISK_CREDENTIALS_EXPOSED", f"User {USER}"),
        variant=variant,
    )
    yield _scenario(
        "a sweep finds a user who has tampered three times",
        lambda account: _tampered(account, _user(account)),
        _key_of(USER, active=not done),
        _denied(USER, "user", wanted=done),
        told(outcome, "switched safeguards off with 3 calls", f"User {USER}"),
        variant=variant,
    )


def _told() -> Iterator[Scenario]:
    """Give who is told and left alone."""
    yield _scenario(
        "GuardDuty sees the root user",
        lambda account: _known(account, guardduty_finding("Root", SESSION_KEY, user_type="Root")),
        told("notified", "nobody but root", "Sign in as root"),
    )
    yield _scenario(
        "GuardDuty sees a role of Identity Center",
        lambda account: _seen_role(account, "AWSReservedSSO_Ops_0123456789abcdef", "/aws-reserved/sso/"),
        _denied("AWSReservedSSO_Ops_0123456789abcdef", "role", wanted=False),
        told("notified", "IAM Identity Center keeps the role", "provision-permission-set"),
    )
    yield _scenario(
        "GuardDuty sees a service-linked role",
        lambda account: _seen_role(account, "AWSServiceRoleForX", "/aws-service-role/x.amazonaws.com/"),
        _denied("AWSServiceRoleForX", "role", wanted=False),
        told("notified", "only its service may change the role"),
    )
    yield _scenario(
        "GuardDuty sees a role of rearm's own",
        lambda account: _seen_role(account, "rearm-cloudtrail"),
        _denied("rearm-cloudtrail", "role", wanted=False),
        told("notified", "a role of its own deployment"),
    )
    yield _scenario(
        "GuardDuty sees an identity of another account",
        lambda account: _seen(account, _user(account), of=ORGANIZATION),
        _key_of(USER, active=True),
        told("notified", f"it is of the account {ORGANIZATION}"),
    )
    yield _scenario(
        "GuardDuty puts an attack together",
        lambda account: _seen(
            account, _user(account), kind=SEQUENCE, severity=9, resource_type="AttackSequence"
        ),
        _key_of(USER, active=True),
        told("notified", "several identities", "attach-user-policy"),
    )
    yield _scenario(
        "somebody forges a finding",
        lambda account: _forged(account, _user(account)),
        _key_of(USER, active=True),
        _denied(USER, "user", wanted=False),
        told("notified", "GuardDuty does not know this finding"),
    )
    yield _scenario(
        "GuardDuty makes a sample",
        lambda account: _seen(account, _user(account), sample=True),
        _key_of(USER, active=True),
        told("notified", f"User {USER}"),
    )
    yield _scenario(
        "GuardDuty sees a key that is somebody else's",
        lambda account: _seen(account, _user(account, OTHER)),
        _key_of(OTHER, active=True),
        _denied(USER, "user", wanted=False),
        told("notified", "is not one of the user's"),
    )
    yield _scenario(
        "a sweep finds no GuardDuty",
        _without_guardduty,
        told("notified", "GuardDuty has no detector", "create-detector"),
    )


def _near_misses() -> Iterator[Scenario]:
    yield _scenario(
        "GuardDuty sees something that is not severe",
        lambda account: _seen(account, _user(account), severity=5),
        _key_of(USER, active=True),
        _denied(USER, "user", wanted=False),
        tells_nothing(),
    )
    yield _scenario(
        "GuardDuty tells once more of a user who is contained",
        _contained,
        _key_of(USER, active=False),
        _denied(USER, "user", wanted=True),
        tells_nothing(),
    )
    yield _scenario(
        "AWS says that an exposure is over",
        lambda account: _exposed(account, _user(account), status="closed"),
        _key_of(USER, active=True),
        tells_nothing(),
    )
    yield _scenario(
        "a sweep finds a user who has tampered twice",
        lambda account: _tampered(account, _user(account), times=2),
        _key_of(USER, active=True),
        _denied(USER, "user", wanted=False),
        tells_nothing(),
    )
    yield _scenario(
        "a sweep finds calls that CloudTrail does not know",
        lambda account: _tampered(account, _user(account), in_history=False),
        _key_of(USER, active=True),
        _denied(USER, "user", wanted=False),
        tells_nothing(),
    )


def _iam(account: Account) -> Any:
    return client("iam", account.region)


def _made(account: Account) -> GuardDuty:
    """Have what every scenario has: the policy, GuardDuty, two users and a role."""
    bring_in(("AWSDenyAll",), account.partition)
    guardduty = GuardDuty()
    account.fake("guardduty", guardduty)
    iam = _iam(account)
    for name in (USER, OTHER):
        iam.create_user(UserName=name)
    return guardduty


def _user(account: Account, name: str = USER) -> Callable[[], str]:
    """Return what makes a key of a user, with an id that is always the same."""

    def make() -> str:
        made = iam_backends[ACCOUNT][account.partition].create_access_key(name)
        made.access_key_id = KEY
        return KEY

    return make


def _event(account: Account, user: str, key: str, **told_of: Any) -> Event:
    return guardduty_finding(user, key, region=account.region, partition=account.partition, **told_of)


def _seen(account: Account, make_key: Callable[[], str], of: str = ACCOUNT, **told_of: Any) -> Event:
    guardduty = _made(account)
    key = make_key()
    principal = _iam(account).get_user(UserName=USER)["User"]["UserId"]
    event = _event(account, USER, key, principal=principal, **told_of)
    event["detail"]["accountId"] = of
    guardduty.findings[event["detail"]["id"]] = as_answered(event["detail"])
    return event


def _forged(account: Account, make_key: Callable[[], str]) -> Event:
    event = _seen(account, make_key)
    event["detail"]["id"] = "00000000000000000000000000000000"
    return event


def _known(account: Account, event: Event) -> Event:
    guardduty = _made(account)
    event["detail"]["region"] = account.region
    event["region"] = account.region
    guardduty.findings[event["detail"]["id"]] = as_answered(event["detail"])
    return event


def _seen_role(account: Account, name: str = ROLE, path: str = "/", **told_of: Any) -> Event:
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    guardduty = _made(account)
    role = _iam(account).create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust)["Role"]
    event = _event(
        account,
        name,
        SESSION_KEY,
        user_type="AssumedRole",
        principal=f"{role['RoleId']}:i-0123456789abcdef0",
        **told_of,
    )
    guardduty.findings[event["detail"]["id"]] = as_answered(event["detail"])
    return event


def _contained(account: Account) -> Event:
    event = _seen(account, _user(account))
    iam = _iam(account)
    key = event["detail"]["resource"]["accessKeyDetails"]["accessKeyId"]
    iam.update_access_key(UserName=USER, AccessKeyId=key, Status="Inactive")
    iam.attach_user_policy(UserName=USER, PolicyArn=_deny_all(account))
    return event


def _exposed(account: Account, make_key: Callable[[], str], **told_of: Any) -> Event:
    _made(account)
    region = CHINA if account.partition == "aws-cn" else "us-east-1"
    return health_event(make_key(), region=region, partition=account.partition, **told_of)


def _tampered(
    account: Account, make_key: Callable[[], str], *, times: int = 3, in_history: bool = True
) -> Event:
    """Have calls of one user in the table, half of them found by the history, and in the history itself."""
    _made(account)
    who = iam_user(USER, partition=account.partition) | {"accessKeyId": make_key()}
    for number in range(times):
        moment = datetime.now(UTC) - LONG_AGO + timedelta(seconds=number)
        event = api_event(
            "StopLogging",
            identity=who,
            parameters={"name": f"trail-{number}"},
            region=account.region,
            time=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        event["detail"]["eventID"] = f"{number:08d}-aaaa-4bbb-8ccc-0123456789ab"
        if in_history:
            account.happened(event)
        content = {
            "actor": who["arn"],
            "type": who["type"],
            "user_name": USER,
            "access_key_id": who["accessKeyId"],
            "account": who["accountId"],
            "how": "lookup" if number == 0 else "event",
            "event": event["detail"]["eventID"],
            "rule": "not-logging",
            "resource": f"arn:{account.partition}:cloudtrail:{account.region}:{who['accountId']}:trail/x",
            "outcome": "remediated",
            "response": f"r{number}",
            "at": moment.isoformat(),
        }
        account.put_item("cloudtrail#tampering", f"{moment.isoformat()} {number}", content)
    return _sweep(account)


def _without_guardduty(account: Account) -> Event:
    _made(account).detectors = ()
    return _sweep(account)


def _sweep(account: Account) -> Event:
    return scheduled(f"rearm-{AUTOMATION}-sweep", region=account.region)


def _deny_all(account: Account) -> str:
    return f"arn:{account.partition}:iam::aws:policy/AWSDenyAll"


def _key_of(name: str, *, active: bool) -> Check:
    """Check that a user's one key is active or not."""

    def problem(account: Account) -> str | None:
        found = _iam(account).list_access_keys(UserName=name)["AccessKeyMetadata"]
        now = [one["Status"] for one in found]
        return None if now == ["Active" if active else "Inactive"] else f"its keys are {now}"

    return Check(f"the key of {name} is {'active' if active else 'inactive'}", problem, name)


def _denied(name: str, kind: str, *, wanted: bool) -> Check:
    """Check that AWSDenyAll is attached to somebody, or nothing is."""

    def problem(account: Account) -> str | None:
        listed = getattr(_iam(account), f"list_attached_{kind}_policies")
        found = listed(**{f"{kind.capitalize()}Name": name})["AttachedPolicies"]
        now = [one["PolicyArn"] for one in found]
        return None if now == ([_deny_all(account)] if wanted else []) else f"it has {now}"

    return Check(f"{kind} {name} is {'' if wanted else 'not '}denied everything", problem, name)
