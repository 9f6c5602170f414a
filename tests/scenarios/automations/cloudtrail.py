"""CloudTrail: trails that are stopped, deleted or changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.events.envelopes import config_change, custom_rule_invocation, scheduled
from tests.events.identities import assumed_role
from tests.scenarios import weakened_trails
from tests.scenarios.account import ORGANIZATION, Account, Event
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import (
    EVALUATIONS,
    Check,
    asked_again,
    compliance,
    does_not_log,
    logs,
    tells_nothing,
    told,
)
from tests.support import trail_calls
from tests.support.planned import ACCOUNT
from tests.support.variants import BY_DEFAULT

NOTIFY = frozenset({"notify", "existing_notify"})
EXISTING = ("cloudtrail-enabled-conformance-pack-k3x9q2abc", "securityhub-cloudtrail-enabled-1a2b3c4d")
BESIDE = "cloudtrail-enabled-elsewhere"
TOKEN = "a-token-of-config"
WHO = ("admin", "Session: maintenance")
START = "aws cloudtrail start-logging"


def scenarios() -> Iterator[Scenario]:
    """Return every scenario, of every variant."""
    for variant in BY_DEFAULT:
        yield from _of(variant)
    yield from weakened_trails.scenarios(NOTIFY, _rules, _existing_rules)


def _scenario(
    name: str, variant: str, arrange: Callable[[Account], Event], checks: tuple[Check, ...]
) -> Scenario:
    return Scenario(name, variant, arrange, checks, "cloudtrail")


def _of(variant: str) -> Iterator[Scenario]:
    yield from _everywhere(variant)
    if variant == "default":
        yield from _api_door()
        yield from _other_findings()
    if variant == "exceptions":
        yield from _exceptions()
    if variant == "multi_region":
        yield _scenario(
            "no trail covers all regions",
            variant,
            _sweep_over_one_region,
            (
                told("notified", "has no multi-region trail"),
                asked_again(),
            ),
        )


def _rules(variant: str) -> tuple[str, ...]:
    """Name the Config rules that are asked again after a repair."""
    if variant in NOTIFY or variant == "no_config":
        return ()
    if variant == "existing":
        return EXISTING
    return ("multi-region-cloudtrail-enabled" if variant == "multi_region" else "cloudtrail-enabled",)


def _everywhere(variant: str) -> Iterator[Scenario]:
    """Give what every deployment meets, with the verdict that its mode and its Config rules make."""
    acts = variant not in NOTIFY
    rules = _rules(variant)

    def ended(*names: str) -> tuple[Check, ...]:
        if acts:
            return *logs(*names), told("remediated", *WHO, START), asked_again(*rules)
        return *does_not_log(*names), told("notified", *WHO, START), asked_again()

    yield _scenario("a trail is stopped", variant, _stopped_by_name, ended("management"))
    yield _scenario(
        "a sweep finds stopped trails",
        variant,
        _sweep_over_several,
        (
            *ended("management", "audit", "everywhere"),
            *logs("healthy"),
        ),
    )
    yield _scenario(
        "a sweep finds nothing",
        variant,
        _sweep_over_healthy,
        (
            *logs("management"),
            tells_nothing(),
            asked_again(),
        ),
    )
    if variant != "no_config":
        rule = {"multi_region": "multi-region-cloudtrail-enabled"}.get(variant, "cloudtrail-enabled")
        name = EXISTING[0] if variant.startswith("existing") else rule
        asked = asked_again(name) if acts else asked_again()
        yield _scenario(
            "a Config rule changes",
            variant,
            lambda account: _rule_changes(account, name),
            (
                *ended("management")[:2],
                asked,
            ),
        )
    if variant not in ("no_config", "no_custom_rule"):
        yield _scenario(
            "Config asks the custom rule",
            variant,
            _custom_rule,
            (
                *ended("management"),
                _reported(acts=acts),
            ),
        )


def _reported(*, acts: bool) -> Check:
    def problem(account: Account) -> str | None:
        stopped = "COMPLIANT" if acts else "NON_COMPLIANT"
        wanted = {
            "management": stopped,
            account.arn("audit"): "COMPLIANT",
            "torn-down": "NOT_APPLICABLE",
        }
        return compliance("cloudtrail-logging", wanted).problem(account)

    return Check("Config has a verdict on each trail, and on the one that is gone", problem, EVALUATIONS)


def _api_door() -> Iterator[Scenario]:
    ended = (*logs("management"), asked_again("cloudtrail-enabled"))
    by_name = told("remediated", *WHO, START)
    nobody = told("remediated", "history does not say", START)
    yield _scenario("a trail is stopped by its ARN", "default", _stopped_by_arn, (*ended, by_name))
    yield _scenario("a stop names no trail", "default", _stopped_unnamed, (*ended, nobody))
    yield _scenario("a stop's parameters are the text null", "default", _stopped_null, (*ended, nobody))
    yield _scenario("a trail of another region is stopped", "default", _stopped_elsewhere, (*ended, by_name))
    yield _scenario("a start shows late", "default", _slow_to_start, (*ended, by_name))
    yield _scenario(
        "a stop is refused",
        "default",
        _refused,
        (
            *logs("management"),
            told("notified", "was refused by AWS"),
            asked_again(),
        ),
    )
    yield _scenario(
        "somebody has started it already",
        "default",
        _started_already,
        (
            *logs("management"),
            told("compliant", "Session: maintenance"),
        ),
    )


def _other_findings() -> Iterator[Scenario]:
    left_alone = (*logs("management"), asked_again())
    yield _scenario(
        "a trail is deleted",
        "default",
        _deleted,
        (
            *left_alone,
            told("notified", "was deleted", *WHO),
        ),
    )
    yield _scenario(
        "a trail is changed",
        "default",
        _changed,
        (
            *left_alone,
            told("notified", "UpdateTrail changed trail management", *WHO),
        ),
    )
    yield _scenario(
        "there is no trail",
        "default",
        _no_trail,
        (
            told("notified", "has no trail at all", "DeleteTrail was called by", *WHO),
            asked_again(),
        ),
    )
    yield _scenario(
        "logs do not arrive",
        "default",
        _delivery_fails,
        (
            *left_alone,
            told("notified", "log files to the bucket: AccessDenied"),
        ),
    )
    yield _scenario(
        "the organization's trail has stopped",
        "default",
        _organization,
        (
            *logs("management"),
            told("remediated", f"belongs to account {ORGANIZATION}"),
            asked_again("cloudtrail-enabled"),
        ),
    )


def _exceptions() -> Iterator[Scenario]:
    yield _scenario(
        "an excused trail is stopped",
        "exceptions",
        _stopped_lab,
        (
            *does_not_log("lab-one"),
            told("excepted", "'lab'", "A laboratory."),
            asked_again(),
        ),
    )
    yield _scenario(
        "an excused role has stopped one of two trails",
        "exceptions",
        _patching,
        (
            *does_not_log("audit"),
            *logs("management"),
            told("remediated", "'patching'", *WHO),
            asked_again("cloudtrail-enabled"),
        ),
    )
    yield _scenario(
        "nobody knows whether an excused role did it",
        "exceptions",
        _patching_unknown,
        (
            *logs("audit"),
            told("remediated", "No exception for an actor was applied"),
            asked_again("cloudtrail-enabled"),
        ),
    )


def _patching_role(account: Account) -> dict[str, object]:
    return assumed_role("patching", "night", path="/ops/", partition=account.partition)


def _existing_rules(account: Account) -> None:
    """Make the rules that the organization has, among too many for one page."""
    if account.deployment.variant.startswith("existing"):
        for name in (*(f"aaa-{number:02}" for number in range(30)), *EXISTING, BESIDE):
            account.config_rule(name)


def _stopped_by_name(account: Account) -> Event:
    _existing_rules(account)
    account.trail("healthy")
    return account.stop(account.trail())


def _stopped_by_arn(account: Account) -> Event:
    arn = account.trail()
    return account.stop(arn, parameters={"name": arn})


def _stopped_unnamed(account: Account) -> Event:
    account.trail("healthy")
    return account.stop(account.trail(), parameters=None)


def _stopped_null(account: Account) -> Event:
    return account.stop(account.trail(), parameters="null")


def _stopped_elsewhere(account: Account) -> Event:
    return account.stop(account.trail(region=account.other_region))


def _slow_to_start(account: Account) -> Event:
    arn = account.trail()
    account.cloudtrail.slow_to_start[arn] = 2
    return account.stop(arn)


def _refused(account: Account) -> Event:
    return account.call("StopLogging", account.trail(), error="AccessDenied")


def _started_already(account: Account) -> Event:
    return account.call("StopLogging", account.trail())


def _deleted(account: Account) -> Event:
    account.trail()
    return account.delete(account.trail("audit"))


def _changed(account: Account) -> Event:
    arn = account.trail()
    return account.call("UpdateTrail", arn, parameters={"name": arn, "isMultiRegionTrail": False})


def _sweep(account: Account) -> Event:
    return scheduled(region=account.region)


def _sweep_over_several(account: Account) -> Event:
    _existing_rules(account)
    # A trail without Insights is answered with an error, of which no member can be missing.
    own = {"InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]}
    trail_calls.answer(
        "PutInsightSelectors", {"TrailName": account.trail("healthy"), **own}, account.region, ACCOUNT
    )
    for arn in (
        account.trail(),
        account.trail("audit", region=account.other_region, multi_region=False),
        account.trail("everywhere", region=account.other_region, multi_region=True),
    ):
        account.stop(arn)
    return _sweep(account)


def _sweep_over_healthy(account: Account) -> Event:
    account.trail(multi_region=True)
    return _sweep(account)


def _sweep_over_one_region(account: Account) -> Event:
    account.trail(multi_region=False)
    return _sweep(account)


def _rule_changes(account: Account, rule: str) -> Event:
    _existing_rules(account)
    account.stop(account.trail(multi_region=True))
    return config_change(account.rule(rule), region=account.region)


def _custom_rule(account: Account) -> Event:
    _existing_rules(account)
    rule = account.rule("cloudtrail-logging")
    account.stop(account.trail(multi_region=True))
    account.trail("audit", region=account.other_region, multi_region=False)
    account.config.tokens[TOKEN] = rule
    account.config.judged_before(rule, ("AWS::CloudTrail::Trail", "torn-down"), "NON_COMPLIANT")
    account.config.judged_before(rule, ("AWS::CloudTrail::Trail", "management"), "COMPLIANT")
    return custom_rule_invocation(rule, token=TOKEN, account=ACCOUNT, region=account.region)


def _no_trail(account: Account) -> Event:
    account.delete(account.trail())
    return _sweep(account)


def _delivery_fails(account: Account) -> Event:
    account.cloudtrail.delivery_errors[account.trail()] = {"LatestDeliveryError": "AccessDenied"}
    return _sweep(account)


def _organization(account: Account) -> Event:
    account.organization_trail()
    account.stop(account.trail())
    return _sweep(account)


def _stopped_lab(account: Account) -> Event:
    return account.stop(account.trail("lab-one"))


def _patching(account: Account) -> Event:
    account.stop(account.trail("audit"), identity=_patching_role(account))
    account.stop(account.trail())
    return _sweep(account)


def _patching_unknown(account: Account) -> Event:
    account.stop(account.trail("audit"), identity=_patching_role(account), in_history=False)
    return _sweep(account)
