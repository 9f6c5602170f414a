"""The root user: who signs in as it, what is called as it, and what it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.events.envelopes import scheduled
from tests.events.identities import assumed_role, root
from tests.events.root_usage import call_as_root, guardduty_finding, on_behalf
from tests.events.sign_ins import root_at_the_door, root_with_key, sign_in_event
from tests.scenarios.account import Account, Event, client
from tests.scenarios.core import OLDER, OWED
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import MESSAGE, Check, tells_nothing, told

AUTOMATION = "root_usage"
OTHERS = ("others", "others_notify", "others_china")
KEY = "AKIAI44QH8DHBEXAMPLE"
GLOBAL = {"aws": "us-east-1", "aws-cn": "cn-north-1"}
LET = "the root user"


class Summary:
    """IAM, as far as it says what the root user has."""

    def __init__(self, **has: int) -> None:
        self._has = {
            "AccountAccessKeysPresent": 0,
            "AccountMFAEnabled": 1,
            "AccountPasswordPresent": 1,
            **has,
        }

    def GetAccountSummary(self, _parameters: Mapping[str, Any], _region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html."""
        return {"SummaryMap": {"Users": 3, "UsersQuota": 5000, **self._has}}


def scenarios() -> Iterator[Scenario]:
    """Return every scenario, of every variant."""
    for variant in OTHERS:
        yield from _everywhere(variant)
    yield from _sign_ins()
    yield from _calls()
    yield from _of_others()
    yield from _sweeps()


def _scenario(
    name: str,
    arrange: Callable[[Account], Event],
    *checks: Check,
    variant: str = "others",
    earlier: Callable[[Account], Event] | None = None,
) -> Scenario:
    return Scenario(name, variant, arrange, checks, AUTOMATION, earlier)


def _everywhere(variant: str) -> Iterator[Scenario]:
    """Give what every deployment meets."""
    key_made = {"accessKey": {"accessKeyId": KEY, "status": "Active"}}
    yield _scenario(
        "root signs in without MFA",
        lambda account: _signed_in(account, mfa="No"),
        told("notified", "has signed in to the console, without MFA", "Source IP: 203.0.113.7"),
        variant=variant,
    )
    yield _scenario(
        "root gets an access key",
        lambda account: _called(account, "CreateAccessKey", "iam", response=key_made),
        told("notified", KEY, "Only the root user can deactivate or delete it", "Actor: the root user"),
        variant=variant,
    )
    yield _scenario(
        "a sweep finds an access key, and no MFA",
        lambda account: _sweep(account, AccountAccessKeysPresent=1, AccountMFAEnabled=0),
        told("notified", "The root user has an access key", "no MFA device"),
        _has(AccountAccessKeysPresent=1),
        variant=variant,
    )
    yield _scenario(
        "root's sign-in fails", _failed, told("notified", "Nobody was signed in", "number 1"), variant=variant
    )
    yield _scenario(
        "root's sign-in fails once more",
        lambda account: _failed(account, number=2),
        tells_nothing(),
        _counted(2),
        variant=variant,
        earlier=_failed,
    )
    yield _scenario(
        "root's failed sign-in is delivered again, and a message is still to be sent",
        _delivered_again,
        told("failed", OLDER),
        _counted(1),
        _nothing_owed(),
        variant=variant,
        earlier=_failed,
    )


def _sign_ins() -> Iterator[Scenario]:
    yield _scenario("root signs in with MFA", _signed_in, told("notified", "console, with MFA"))
    yield _scenario(
        "root's password is reset",
        lambda account: _signed_in(account, "PasswordRecoveryCompleted", mfa=None),
        told("notified", "password was reset by e-mail", "mailbox"),
    )
    yield _scenario("a sign-in of root is delivered twice", _signed_in, tells_nothing(), earlier=_signed_in)


def _calls() -> Iterator[Scenario]:
    yield _scenario(
        "root reads",
        lambda account: _called(account, "DescribeInstances"),
        told("notified", "ec2:DescribeInstances"),
    )
    yield _scenario(
        "root stops a trail",
        lambda account: _called(account, "StopLogging", "cloudtrail", parameters={"name": "management"}),
        told("notified", "CRITICAL", "cloudtrail:StopLogging on management"),
    )
    yield _scenario(
        "root uses an access key",
        lambda account: _called(account, "GetCallerIdentity", "sts", root_with_key(KEY)),
        told("notified", f"with its access key {KEY}"),
    )
    yield _scenario(
        "root changes a second thing in the same session",
        lambda account: _called(account, "TerminateInstances"),
        tells_nothing(),
        earlier=lambda account: _called(account, "RunInstances"),
    )
    yield _scenario(
        "GuardDuty has noticed root",
        lambda account: guardduty_finding(region=account.region),
        told("notified", "Policy:IAMUser/RootCredentialUsage"),
    )


def _of_others() -> Iterator[Scenario]:
    """Give what comes near."""
    elsewhere = root_at_the_door("210987654321")
    yield _scenario(
        "AWS calls on the account's behalf",
        lambda _: on_behalf("cloudformation.amazonaws.com"),
        tells_nothing(),
    )
    yield _scenario(
        "the root user of another account signs in",
        lambda account: _signed_in(account, identity=elsewhere),
        tells_nothing(),
    )
    yield _scenario(
        "a role switches in the console",
        lambda account: _signed_in(account, "SwitchRole", identity=assumed_role(), mfa=None),
        tells_nothing(),
    )
    yield _scenario(
        "the sign-in page asks for root's MFA",
        lambda account: _signed_in(account, "CheckMfa", mfa=None),
        tells_nothing(),
    )


def _sweeps() -> Iterator[Scenario]:
    yield _scenario("a sweep finds nothing wrong", _sweep, tells_nothing(), _has(AccountAccessKeysPresent=0))
    yield _scenario(
        "a sweep finds a root user without a password",
        lambda account: _sweep(account, AccountMFAEnabled=0, AccountPasswordPresent=0),
        tells_nothing(),
    )


def _signed_in(account: Account, name: str = "ConsoleLogin", **told_of: Any) -> Event:
    given = {"identity": root_at_the_door(partition=account.partition), "region": _home(account), **told_of}
    return sign_in_event(name, **given)


def _failed(account: Account, number: int = 1) -> Event:
    return _signed_in(account, succeeded=False, number=number)


def _called(
    account: Account,
    name: str,
    service: str = "ec2",
    identity: Mapping[str, Any] | None = None,
    **told_of: Any,
) -> Event:
    who = identity or root(partition=account.partition)
    return call_as_root(name, service, who, region=_home(account), **told_of)


def _home(account: Account) -> str:
    return GLOBAL[account.partition]


def _sweep(account: Account, **has: int) -> Event:
    account.fake("iam", Summary(**has))
    return scheduled("rearm-root_usage-sweep", region=account.region)


def _delivered_again(account: Account) -> Event:
    account.put_item(f"{AUTOMATION}#owed", "2026-11-24T09:30:00+00:00 before", OWED)
    return _failed(account)


def _has(**wanted: int) -> Check:
    """Check that nothing was done about what root has."""

    def problem(account: Account) -> str | None:
        summary = client("iam", account.region).get_account_summary()["SummaryMap"]
        now = {name: summary[name] for name in wanted}
        return None if now == wanted else f"it has {now}"

    return Check(f"root has {wanted}", problem, LET)


def _counted(number: int) -> Check:
    def problem(account: Account) -> str | None:
        counts = [item["count"] for item in account.items(f"{AUTOMATION}#denied").values()]
        return None if counts == [number] else f"counted {counts}"

    return Check(f"{number} failed sign-ins are counted", problem, MESSAGE)


def _nothing_owed() -> Check:
    def problem(account: Account) -> str | None:
        owed = account.items(f"{AUTOMATION}#owed")
        return f"still owed: {list(owed)}" if owed else None

    return Check("no message is left to be sent", problem, MESSAGE)
