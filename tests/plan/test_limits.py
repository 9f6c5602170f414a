"""Limits of AWS that neither Terraform nor the provider knows: they must fail the plan, not the apply."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.plan import harness
from tests.plan.harness import Variant
from tests.plan.planning import ACCOUNT, Plan, Terraform, once
from tests.plan.variants import cloudtrail

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
PATTERN = 2048
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
ENVIRONMENT = 4096
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
SERVICE_CONTROL_POLICY = 5120


def pattern_length(names: list[str]) -> int:
    """Return how long the pattern for existing rules is, as EventBridge gets it."""
    listened: list[Any] = []
    for name in names:
        listened += [name, {"prefix": f"{name}-conformance-pack-"}, {"prefix": f"securityhub-{name}-"}]
    pattern = {
        "detail": {
            "configRuleName": listened,
            "messageType": ["ComplianceChangeNotification"],
            "newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]},
        },
        "detail-type": ["Config Rules Compliance Change"],
        "source": ["aws.config"],
    }
    return len(json.dumps(pattern, separators=(",", ":")))


def rules_for(length: int) -> list[str]:
    """Make up names of rules whose pattern has a given length."""
    for count in range(1, 40):
        names = [f"{n:02}" for n in range(count)]
        missing = length - pattern_length(names)
        if missing >= 0 and missing % 3 == 0 and missing // 3 <= count * 100:
            spread, rest = divmod(missing // 3, count)
            return [name + "x" * (spread + (n < rest)) for n, name in enumerate(names)]
    raise AssertionError(f"no list of rules has a pattern of {length} characters")


def exceptions(count: int) -> dict[str, Any]:
    """Make up exceptions that cannot be compressed much."""
    return {
        f"e{n}": {
            "match": {"resource": f"trail-{n}"},
            "reason": hashlib.sha512(str(n).encode()).hexdigest(),
            "expires": "never",
        }
        for n in range(count)
    }


def pipelines(count: int) -> list[str]:
    """Make up roles that may deploy."""
    return [f"arn:aws:iam::{ACCOUNT}:role/pipelines/pipeline-{n:02}" for n in range(count)]


FITS = {
    "pattern": Variant(
        {"name": "fits", "automations": cloudtrail(existing_config_rules=json.dumps(rules_for(PATTERN)))}
    ),
    "environment": Variant({"name": "full", "automations": cloudtrail(), "exceptions": exceptions(30)}),
    "protection": Variant(
        {"name": "kept", "automations": cloudtrail(), "protection_exempt_arns": pipelines(21)}
    ),
}
TOO_MUCH = {
    "pattern": Variant(
        {"name": "long", "automations": cloudtrail(existing_config_rules=json.dumps(rules_for(PATTERN + 1)))}
    ),
    "environment": Variant({"name": "big", "automations": cloudtrail(), "exceptions": exceptions(33)}),
    "protection": Variant(
        {"name": "many", "automations": cloudtrail(), "protection_exempt_arns": pipelines(25)}
    ),
}


@pytest.fixture(scope="module")
def roots(checkout: Path, shared: Path) -> dict[str, Path]:
    """Give a root module with what just fits, and one with what does not."""

    def root(name: str, variants: dict[str, Variant]) -> Path:
        sources = {"module": checkout}
        return once(shared / name, lambda part: harness.write_root(part, sources, variants, {}))

    return {"fits": root("fits", FITS), "too_much": root("too_much", TOO_MUCH)}


@pytest.fixture(scope="module")
def fits(terraform: Terraform, roots: dict[str, Path]) -> Plan:
    """Plan what just fits."""
    plan = terraform.plan(roots["fits"])
    assert plan.errors == ()
    return plan


@pytest.fixture(scope="module")
def too_much(terraform: Terraform, roots: dict[str, Path]) -> Plan:
    """Plan what does not fit."""
    return terraform.plan(roots["too_much"])


def test_a_pattern_may_be_as_long_as_eventbridge_takes(fits: Plan) -> None:
    rule = fits.module("pattern").of("aws_cloudwatch_event_rule")["fits-cloudtrail-config"]

    assert len(rule.values["event_pattern"]) == PATTERN


def test_a_longer_pattern_is_refused_and_the_list_to_shorten_is_named(too_much: Plan) -> None:
    (message,) = (error for error in too_much.errors if error.startswith("The event pattern"))

    assert message == (
        "The event pattern of the rule long-cloudtrail-config would have 2049 characters; EventBridge "
        "takes 2048. Shorten the list automations.cloudtrail.settings.existing_config_rules, or the names "
        "in it."
    )


def test_an_environment_may_be_nearly_as_large_as_lambda_takes(fits: Plan) -> None:
    (environment,) = (
        fits.module("environment").automation("cloudtrail").one("aws_lambda_function").values["environment"]
    )
    size = len(json.dumps(environment["variables"], separators=(",", ":")))

    assert ENVIRONMENT - 200 < size <= ENVIRONMENT


def test_a_larger_environment_is_refused_and_what_to_shorten_is_named(too_much: Plan) -> None:
    (message,) = (error for error in too_much.errors if error.startswith("The environment"))
    found = re.fullmatch(
        r"The environment of the function big-cloudtrail would take (\d+) bytes; Lambda has room for 4096\. "
        r"Shorten the exceptions \(33 apply to cloudtrail: use \* instead of many, shorter reasons, or give "
        r"some to one automation only\) or the lists in automations\.cloudtrail\.settings\.",
        message,
    )

    assert found is not None
    assert ENVIRONMENT < int(found[1]) < ENVIRONMENT + 400


def test_a_service_control_policy_may_be_nearly_as_long_as_organizations_takes(fits: Plan) -> None:
    length = len(fits.module("protection").outputs()["service_control_policy"])

    assert SERVICE_CONTROL_POLICY - 300 < length <= SERVICE_CONTROL_POLICY


def test_a_longer_service_control_policy_is_refused_and_what_to_shorten_is_named(too_much: Plan) -> None:
    (message,) = (error for error in too_much.errors if error.startswith("service_control_policy"))
    found = re.fullmatch(
        r"service_control_policy would have (\d+) characters; AWS Organizations takes 5120\. Give fewer or "
        r"shorter protection_exempt_arns: \* stands for any text\.",
        message,
    )

    assert found is not None
    assert SERVICE_CONTROL_POLICY < int(found[1]) < SERVICE_CONTROL_POLICY + 500


def test_nothing_else_is_refused(too_much: Plan) -> None:
    assert len(too_much.errors) == len(TOO_MUCH)
