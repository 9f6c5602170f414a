"""IAM high authority: who gets an administrator's rights, by which way, and who only seems to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.events.envelopes import api_event, config_change, scheduled
from tests.events.identities import assumed_role
from tests.scenarios.account import ORGANIZATION, STOPPED_AGO, Account, Event, client
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import BASELINES, Check, asked_again, tells_nothing, told
from tests.support.aws_policies import bring_in
from tests.support.planned import ACCOUNT
from tests.support.variants import CHINA

AUTOMATION = "iam_authority"
WHO = ("admin", "Session: maintenance")
ROLE, USER, GROUP, KNOWN = "build", "deploy", "operators", "known"
HOLDERS = {"role": ROLE, "user": USER, "group": GROUP}
# Of the deployments without settings; the other one detaches the account's own policies as well.
OTHERS = {"others": "remediated", "others_china": "remediated", "others_notify": "notified"}
OWN_TOO = "others_own_policies"
CONFIG_RULE = "iam-policy-no-statements-with-admin-access"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NARROW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def scenarios() -> Iterator[Scenario]:
    """Return every scenario, of every variant."""
    for variant, outcome in OTHERS.items():
        yield from _everywhere(variant, outcome)
    yield from _told()
    yield from _near_misses()
    yield from _own_too()


def _scenario(
    name: str,
    arrange: Callable[[Account], Event],
    *checks: Check,
    variant: str = "others",
    earlier: Callable[[Account], Event] | None = None,
) -> Scenario:
    return Scenario(name, variant, arrange, checks, AUTOMATION, earlier or _learned)


def _everywhere(variant: str, outcome: str) -> Iterator[Scenario]:
    """Give what every deployment without settings meets."""
    mended = outcome == "remediated"
    asked = asked_again(*((CONFIG_RULE,) if mended else ()))
    yield _scenario(
        "a role gets AdministratorAccess",
        lambda account: _attached(account, "role", _of_aws(account, "AdministratorAccess")),
        _has(ROLE, "role", *(() if mended else ("AdministratorAccess",))),
        told(outcome, "may do everything", *WHO, "detach-role-policy"),
        asked,
        variant=variant,
    )
    yield _scenario(
        "a sweep finds a role, a user and a group that have got AdministratorAccess",
        _sweep_over_new,
        *(_has(name, kind, *(() if mended else ("AdministratorAccess",))) for kind, name in HOLDERS.items()),
        _has(KNOWN, "role", "AdministratorAccess"),
        told(outcome, *WHO, f"Role {ROLE}", f"User {USER}", f"Group {GROUP}", "detach-group-policy"),
        asked,
        variant=variant,
    )


def _told() -> Iterator[Scenario]:
    """Give what only a person may take back."""
    yield _scenario(
        "a role gets an inline policy",
        _inline,
        _has_inline(ROLE, "inline"),
        told("notified", "inline policy inline", *WHO, "delete-role-policy"),
    )
    yield _scenario(
        "a role is opened to another account",
        _opened,
        told("notified", f"may be assumed by account {ORGANIZATION}", *WHO, "update-assume-role-policy"),
    )
    yield _scenario(
        "a policy gets a wider version",
        _widened,
        _has(ROLE, "role", "tools"),
        told("notified", "may do everything", *WHO, "set-default-policy-version", f"role/{ROLE}"),
    )
    yield _scenario(
        "a policy of the account's own is attached",
        lambda account: _attached(account, "role", _policy(account, "wide", EVERYTHING)),
        _has(ROLE, "role", "wide"),
        told("notified", "may do everything", *WHO, "detach-role-policy"),
    )
    yield _scenario(
        "config finds a policy that allows everything",
        _found_by_config,
        told("notified", "may do everything", "attached to nobody"),
    )
    yield _scenario(
        "a user joins a group of administrators",
        _joined,
        told("notified", "is in the group admins", *WHO, "remove-user-from-group"),
    )
    yield _scenario(
        "a role of rearm's own gets AdministratorAccess",
        lambda account: _attached(
            account, "role", _of_aws(account, "AdministratorAccess"), "rearm-cloudtrail"
        ),
        _has("rearm-cloudtrail", "role", "AdministratorAccess"),
        told("notified", "Rearm's own", *WHO),
    )
    yield _scenario(
        "the first sweep sees who has such rights",
        _sweep,
        _has(KNOWN, "role", "AdministratorAccess"),
        _recorded(KNOWN),
        told("notified", "when Rearm first looked", KNOWN),
        earlier=_unlearned,
    )


def _near_misses() -> Iterator[Scenario]:
    yield _scenario(
        "a role gets a policy that only reads",
        lambda account: _attached(account, "role", _of_aws(account, "AmazonS3ReadOnlyAccess")),
        _has(ROLE, "role", "AmazonS3ReadOnlyAccess"),
        tells_nothing(),
    )
    yield _scenario(
        "a role that is denied everything gets AdministratorAccess",
        _locked,
        _has(ROLE, "role", "AWSDenyAll", "AdministratorAccess"),
        tells_nothing(),
    )
    yield _scenario(
        "a sweep finds who is known",
        _sweep,
        _has(KNOWN, "role", "AdministratorAccess"),
        tells_nothing(),
    )


def _own_too() -> Iterator[Scenario]:
    yield _scenario(
        "a sweep finds policies of the account's own and of AWS that were attached",
        _sweep_over_own,
        *(_has(name, kind) for kind, name in HOLDERS.items()),
        told("remediated", f"Role {ROLE}", f"User {USER}", f"Group {GROUP}", *WHO, "policy/wide"),
        asked_again(CONFIG_RULE),
        variant=OWN_TOO,
    )


def _iam(account: Account) -> Any:
    return client("iam", account.region)


def _of_aws(account: Account, name: str) -> str:
    return f"arn:{account.partition}:iam::aws:policy/{name}"


def _global_region(account: Account) -> str:
    return CHINA if account.partition == "aws-cn" else "us-east-1"


def _sweep(account: Account) -> Event:
    return scheduled(f"rearm-{AUTOMATION}-sweep", region=account.region)


def _document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _trust(principal: Mapping[str, str]) -> str:
    return _document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def _unlearned(account: Account) -> Event:
    """Make everybody after Rearm has refused to look: an event that is none of its."""
    bring_in(("AdministratorAccess", "AWSDenyAll", "AmazonS3ReadOnlyAccess"), account.partition)
    iam = _iam(account)
    for name in (ROLE, KNOWN, "rearm-cloudtrail"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=_trust({"Service": "ec2.amazonaws.com"}))
    iam.create_user(UserName=USER)
    for name in (GROUP, "admins"):
        iam.create_group(GroupName=name)
    administrator = _of_aws(account, "AdministratorAccess")
    iam.attach_role_policy(RoleName=KNOWN, PolicyArn=administrator)
    iam.attach_group_policy(GroupName="admins", PolicyArn=administrator)
    _policy(account, "tools", NARROW)
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=_own(account, "tools"))
    if account.deployment.variant == OWN_TOO:
        _policy(account, "wide", EVERYTHING)
    return scheduled("rearm-other", region=account.region) | {"source": "custom.events"}


def _learned(account: Account) -> Event:
    _unlearned(account)
    iam = _iam(account)
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=_own(account, "tools"))
    return _sweep(account)


def _own(account: Account, name: str) -> str:
    return f"arn:{account.partition}:iam::{ACCOUNT}:policy/{name}"


def _policy(account: Account, name: str, statement: Mapping[str, Any]) -> str:
    _iam(account).create_policy(PolicyName=name, PolicyDocument=_document(statement))
    return _own(account, name)


def _call(account: Account, name: str, parameters: Mapping[str, Any]) -> Event:
    event = api_event(
        name,
        service="iam",
        identity=assumed_role(partition=account.partition),
        parameters=parameters,
        region=_global_region(account),
        time=(datetime.now(UTC) - STOPPED_AGO).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return account.happened(event)


def _attached(account: Account, kind: str, arn: str, name: str = "") -> Event:
    named = name or HOLDERS[kind]
    attach = getattr(_iam(account), f"attach_{kind}_policy")
    attach(**{f"{kind.capitalize()}Name": named, "PolicyArn": arn})
    return _call(account, f"Attach{kind.capitalize()}Policy", {f"{kind}Name": named, "policyArn": arn})


def _sweep_over_new(account: Account) -> Event:
    for kind in HOLDERS:
        _attached(account, kind, _of_aws(account, "AdministratorAccess"))
    return _sweep(account)


def _sweep_over_own(account: Account) -> Event:
    for kind in HOLDERS:
        _attached(account, kind, _own(account, "wide"))
        _attached(account, kind, _of_aws(account, "AdministratorAccess"))
    return _sweep(account)


def _inline(account: Account) -> Event:
    told = _document(EVERYTHING)
    _iam(account).put_role_policy(RoleName=ROLE, PolicyName="inline", PolicyDocument=told)
    return _call(account, "PutRolePolicy", {"roleName": ROLE, "policyName": "inline", "policyDocument": told})


def _opened(account: Account) -> Event:
    told = _trust({"AWS": ORGANIZATION})
    _iam(account).update_assume_role_policy(RoleName=ROLE, PolicyDocument=told)
    return _call(account, "UpdateAssumeRolePolicy", {"roleName": ROLE, "policyDocument": told})


def _widened(account: Account) -> Event:
    arn = _own(account, "tools")
    iam = _iam(account)
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=_document(EVERYTHING), SetAsDefault=True)
    return _call(account, "CreatePolicyVersion", {"policyArn": arn, "setAsDefault": True})


def _found_by_config(account: Account) -> Event:
    arn = _policy(account, "wide", EVERYTHING)
    rule = account.rule(CONFIG_RULE)
    return config_change(rule, resource_type="AWS::IAM::Policy", resource_id=arn, region=account.region)


def _joined(account: Account) -> Event:
    _iam(account).add_user_to_group(GroupName="admins", UserName=USER)
    return _call(account, "AddUserToGroup", {"userName": USER, "groupName": "admins"})


def _locked(account: Account) -> Event:
    _attached(account, "role", _of_aws(account, "AWSDenyAll"))
    return _attached(account, "role", _of_aws(account, "AdministratorAccess"))


def _has(name: str, kind: str, *wanted: str) -> Check:
    """Check that exactly these policies are attached to somebody."""

    def problem(account: Account) -> str | None:
        listed = getattr(_iam(account), f"list_attached_{kind}_policies")
        found = listed(**{f"{kind.capitalize()}Name": name})["AttachedPolicies"]
        now = {one["PolicyName"] for one in found}
        return None if now == set(wanted) else f"it has {sorted(now)}"

    return Check(f"{kind} {name} has {sorted(wanted)}", problem, name)


def _has_inline(name: str, wanted: str) -> Check:
    def problem(account: Account) -> str | None:
        now = _iam(account).list_role_policies(RoleName=name)["PolicyNames"]
        return None if now == [wanted] else f"it has {now}"

    return Check(f"role {name} has the inline policy {wanted}", problem, name)


def _recorded(name: str) -> Check:
    def problem(account: Account) -> str | None:
        found = [arn for arn in account.baselines() if arn.endswith(f":role/{name}")]
        return None if found else "it is not"

    return Check(f"role {name} is recorded", problem, BASELINES)
