"""Which events must reach the CloudTrail automation, and which come near and must not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.events import identities
from tests.events.envelopes import api_event, config_change, custom_rule_invocation, envelope, scheduled

Event = dict[str, Any]

TRAIL_CALLS = ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors", "PutInsightSelectors")
"""Calls the automation listens to."""

IDENTITIES: dict[str, dict[str, Any]] = {
    "IAM user": identities.iam_user(),
    "user in the console": identities.console_user(),
    "root": identities.root(),
    "role": identities.assumed_role(),
    "role through a service": identities.assumed_role(invoked_by="cloudformation.amazonaws.com"),
    "federated user": identities.federated_user(),
    "other account": identities.other_account(),
    "AWS service": identities.aws_service(),
}


def trail_calls() -> dict[str, Event]:
    """Give API events that must reach the automation, by what is special about them."""
    denied: dict[str, Any] = {
        "error": "AccessDenied",
        "error_message": "User is not authorized to perform it",
    }
    return {
        **{name: api_event(name, parameters={"name": "management"}) for name in TRAIL_CALLS},
        **{
            f"StopLogging by {kind}": api_event(
                "StopLogging", parameters={"name": "management"}, identity=who
            )
            for kind, who in IDENTITIES.items()
        },
        "StopLogging with console credentials": api_event("StopLogging", from_console=True),
        "StopLogging denied": api_event("StopLogging", parameters={"name": "management"}, **denied),
        "StopLogging without parameters": api_event("StopLogging", parameters=None),
        "StopLogging with the text null": api_event("StopLogging", parameters="null"),
        "StopLogging in another region": api_event("StopLogging", region="ap-southeast-2"),
    }


def calls_beside() -> dict[str, Event]:
    """Give events that resemble `trail_calls` and must not reach the automation."""
    stop = api_event("StopLogging", parameters={"name": "management"})
    return {
        **{
            name: api_event(name, parameters={"name": "management"})
            for name in (
                "StartLogging",
                "DescribeTrails",
                "GetTrailStatus",
                "ListTrails",
                "CreateTrail",
                "AddTags",
            )
        },
        "name in lower case": api_event("stopLogging"),
        "name that goes on": api_event("StopLoggingNow"),
        "name of another service's call": api_event("StopLogging", service="s3"),
        "record of another service": stop | {"detail": stop["detail"] | {"eventSource": "s3.amazonaws.com"}},
        "forged source": stop | {"source": "custom.cloudtrail"},
        "source in upper case": stop | {"source": "AWS.CLOUDTRAIL"},
        "service event": stop | {"detail-type": "AWS Service Event via CloudTrail"},
        "insight": stop | {"detail-type": "AWS Insight via CloudTrail"},
        "detail as a text": stop | {"detail": '{"eventName": "StopLogging"}'},
        "no detail": {key: value for key, value in stop.items() if key != "detail"},
        "bare CloudTrail record": stop["detail"],
        "sign-in": envelope(
            "aws.signin",
            "AWS Console Sign In via CloudTrail",
            {"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"},
        ),
        "sweep": scheduled(),
        "compliance change": config_change("rearm-cloudtrail-enabled"),
        "custom Config rule": custom_rule_invocation(),
        "empty": {},
    }


def compliance_changes(created: Iterable[str], existing: Iterable[str] = ()) -> dict[str, Event]:
    """Give compliance changes that must reach an automation.

    Parameters
    ----------
    created
        Names of the Config rules that the module creates.
    existing
        Names of rules that the account already has, without a conformance pack's or Security Hub's additions.
    """
    names = [*created]
    for name in existing:
        names += [name, f"{name}-conformance-pack-a1b2c3d4e", f"securityhub-{name}-a1b2c3d4"]
    return {
        **{f"{name} turns non-compliant": config_change(name) for name in names},
        **{f"{name} is non-compliant from the start": config_change(name, previous=None) for name in names},
        **{f"{name} of a member account": config_change(name, owner="210987654321") for name in names},
    }


def changes_beside(created: Iterable[str], existing: Iterable[str] = ()) -> dict[str, Event]:
    """Give events that resemble `compliance_changes` of the same rules and must not reach the automation."""
    events: dict[str, Event] = {
        "another rule": config_change("s3-bucket-ssl-requests-only"),
        "API call": api_event("StopLogging"),
        "sweep": scheduled(),
    }
    for name in [*created, *existing]:
        change = config_change(name)
        events |= {
            f"{name} turns compliant": config_change(name, compliance="COMPLIANT", previous="NON_COMPLIANT"),
            f"{name} has nothing to evaluate": config_change(name, compliance="NOT_APPLICABLE"),
            f"{name} lacks data": config_change(name, compliance="INSUFFICIENT_DATA"),
            f"{name} is evaluated": config_change(name, message_type="ConfigRulesEvaluationStarted"),
            f"{name} with something before it": config_change(f"my-{name}"),
            f"{name} with something after it": config_change(f"{name}-2"),
            f"{name} in upper case": config_change(name.upper()),
            f"{name} from a forged source": change | {"source": "custom.config"},
            f"{name} as an API call": change | {"detail-type": "AWS API Call via CloudTrail"},
        }
    return events
