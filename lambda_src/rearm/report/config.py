"""AWS Config beside the alarm: asking a rule to evaluate again, and answering as a custom rule."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rearm.alarm import Alarm, Door
from rearm.aws import Aws, AwsError, items_of
from rearm.model import Ending, Failure, Outcome, Resource, Response, Severity
from rearm.report.tell import TRIES
from rearm.settings import Settings

# Config says these while an evaluation runs or ran within the minute: there is nothing left to ask for.
# Source: https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html
ALREADY_ASKED = frozenset({"LimitExceededException", "ResourceInUseException"})
INTERVAL_S = 60.0
EVALUATION_WAITS_S = (0.5, 1.0, 2.0)
EVALUATIONS_A_CALL = 100
# What Config sends as the token when somebody tries the rule out.
TEST_TOKEN = "TESTMODE"  # noqa: S105 - no secret
ANNOTATION_LIMIT = 256

# These outlive an invocation while the process is warm.
# By the clock on the wall: the other kind may stand still while Lambda freezes the process.
_asked_at: dict[str, float] = {}
_unasked: dict[str, tuple[Alarm, int]] = {}
_existing: dict[tuple[str, ...], tuple[str, ...]] = {}


def ask_again(
    alarm: Alarm | None, settings: Settings, aws: Aws
) -> tuple[tuple[str, ...], tuple[Failure, ...]]:
    """Ask the Config rules of a repaired safeguard to evaluate again, so that their next change is an event.

    Parameters
    ----------
    alarm
        What led to the repair; None if nothing was repaired. Earlier ones whose rules could not all be asked
        are taken up again: when Lambda tries their event once more, the safeguard is on already.

    Returns
    -------
    tuple
        The names of the rules that were asked or are evaluating, and what failed.
    """
    due = {**_unasked, **({alarm.id: (alarm, 0)} if alarm else {})}
    _unasked.clear()
    asked: dict[str, None] = {}
    failures: list[Failure] = []
    for one, tries in due.values():
        names, failed = _ask(one, settings, aws)
        asked.update(dict.fromkeys(names))
        failures += failed
        if failed and tries + 1 < TRIES:
            _unasked[one.id] = (one, tries + 1)
    return tuple(asked), tuple(failures)


def _ask(alarm: Alarm, settings: Settings, aws: Aws) -> tuple[list[str], list[Failure]]:
    asked: list[str] = []
    failures: list[Failure] = []
    try:
        names = _rules(alarm, settings, aws)
    except AwsError as error:
        names, failures = settings.config_rules, [error.failure]
    for name in names:
        failure = _evaluate(name, settings, aws)
        if failure:
            failures.append(failure)
        else:
            asked.append(name)
    return asked, failures


def report_compliance(response: Response, settings: Settings, aws: Aws) -> tuple[Failure, ...]:
    """Answer Config as its custom rule: the compliance of every resource, as it is at the end.

    A resource that the rule judged before and that is gone becomes NOT_APPLICABLE; otherwise its last
    verdict would stay for ever.

    Source: https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html
    """
    rule = response.alarm.rule
    if response.alarm.door is not Door.CUSTOM_RULE or rule is None or rule.result_token is None:
        return ()
    at = rule.evaluated_at or datetime.now(UTC)
    verdicts = _verdicts(response, settings)
    unread = any(ending.finding.rule == "unreadable" for ending in response.endings)
    failures: list[Failure] = []
    if rule.deleted_resource:
        verdicts = {rule.deleted_resource: ("NOT_APPLICABLE", "The resource is gone.")}
    elif not response.alarm.resources and not unread:
        try:
            gone = set(_judged_before(rule.name, settings, aws)) - set(verdicts)
        except AwsError as error:
            failures.append(error.failure)
        else:
            verdicts.update(dict.fromkeys(gone, ("NOT_APPLICABLE", "The resource is gone.")))
    evaluations = [
        {
            "ComplianceResourceType": kind,
            "ComplianceResourceId": identity,
            "ComplianceType": compliance,
            "Annotation": annotation[:ANNOTATION_LIMIT],
            "OrderingTimestamp": at,
        }
        for (kind, identity), (compliance, annotation) in sorted(verdicts.items())
    ]
    for start in range(0, len(evaluations), EVALUATIONS_A_CALL):
        batch = {
            "Evaluations": evaluations[start : start + EVALUATIONS_A_CALL],
            "ResultToken": rule.result_token,
            **({"TestMode": True} if rule.result_token == TEST_TOKEN else {}),
        }
        try:
            answer = aws.call("config", settings.region, "PutEvaluations", batch)
        except AwsError as error:
            failures.append(error.failure)
            continue
        refused = answer.get("FailedEvaluations") or ()
        if refused:
            failures.append(
                Failure(
                    "FailedEvaluations",
                    f"Config took {len(refused)} evaluations not",
                    "config:PutEvaluations",
                )
            )
    return tuple(failures)


def _evaluate(rule: str, settings: Settings, aws: Aws) -> Failure | None:
    """Ask one rule to evaluate, unless this process has within the minute: Config would refuse.

    The client would take Config's "already asked" for throttling and keep the message waiting for seconds,
    so it does not try again by itself.
    """
    wanted = {"ConfigRuleNames": [rule]}
    if 0 <= time.time() - _asked_at.get(rule, 0.0) < INTERVAL_S:
        return None
    for wait in (*EVALUATION_WAITS_S, None):
        try:
            aws.call("config", settings.region, "StartConfigRulesEvaluation", wanted, attempts=1)
        except AwsError as error:
            if error.code in ALREADY_ASKED:
                break
            if wait is None or not error.passing:
                return error.failure
            aws.sleep(wait)
        else:
            _asked_at[rule] = time.time()
            break
    return None


def _verdicts(response: Response, settings: Settings) -> dict[tuple[str, str], tuple[str, str]]:
    """Return a verdict per resource; one that is not as it must be outweighs one that was put right."""

    def identity(resource: Resource) -> tuple[str, str]:
        # Config knows a trail of this region by its name; names of other regions and accounts may collide.
        here = (resource.region, resource.account) == (settings.region, settings.account)
        return resource.type, resource.name if here else resource.arn

    verdicts = {identity(healthy.resource): ("COMPLIANT", "As it must be.") for healthy in response.healthy}
    judged = [ending for ending in response.endings if ending.finding.rule != "unreadable"]
    for ending in sorted(judged, key=lambda ending: ending.outcome is not Outcome.REMEDIATED):
        verdicts[identity(ending.finding.resource)] = _verdict(ending)
    return verdicts


def _verdict(ending: Ending) -> tuple[str, str]:
    if ending.outcome is Outcome.REMEDIATED:
        return "COMPLIANT", f"Put right by Rearm: {ending.finding.problem}"
    if ending.finding.severity is Severity.INFORMATIONAL:
        return "COMPLIANT", f"Recommended: {ending.finding.problem}"
    return "NON_COMPLIANT", ending.finding.problem


def _judged_before(rule: str, settings: Settings, aws: Aws) -> Iterable[tuple[str, str]]:
    pages = aws.pages(
        "config", settings.region, "GetComplianceDetailsByConfigRule", {"ConfigRuleName": rule, "Limit": 100}
    )
    for page in pages:
        for result in items_of(page, "config", "GetComplianceDetailsByConfigRule", "EvaluationResults"):
            qualifier = result.get("EvaluationResultIdentifier", {}).get("EvaluationResultQualifier", {})
            kind, identity = qualifier.get("ResourceType"), qualifier.get("ResourceId")
            if kind and identity and result.get("ComplianceType") != "NOT_APPLICABLE":
                yield str(kind), str(identity)


def _rules(alarm: Alarm, settings: Settings, aws: Aws) -> Sequence[str]:
    names = dict.fromkeys(settings.config_rules)
    sender = alarm.rule.name if alarm.door is Door.CONFIG and alarm.rule else ""
    if any(is_rule(sender, base) for base in settings.existing_config_rules):
        names[sender] = None
    elif settings.existing_config_rules:
        names.update(dict.fromkeys(_find_existing(settings, aws)))
    return tuple(names)


def _find_existing(settings: Settings, aws: Aws) -> tuple[str, ...]:
    """Return the full names of the account's rules behind the base names, looked up once per process."""
    wanted = settings.existing_config_rules
    if wanted not in _existing:
        found = [
            str(rule.get("ConfigRuleName", ""))
            for page in aws.pages("config", settings.region, "DescribeConfigRules")
            for rule in items_of(page, "config", "DescribeConfigRules", "ConfigRules")
        ]
        _existing[wanted] = tuple(name for name in found if any(is_rule(name, base) for base in wanted))
    return _existing[wanted]


def is_rule(name: str, base: str) -> bool:
    """Whether a rule is the one with this base name, perhaps from a conformance pack or Security Hub."""
    return name == base or name.startswith((f"{base}-conformance-pack-", f"securityhub-{base}-"))
