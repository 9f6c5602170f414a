"""What Config rules have found: kept, read, and told on EventBridge when it changes."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.local_aws.answers import AwsError
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.identity import ACCOUNT
from tests.local_aws.timeline import Timeline


@dataclass(frozen=True)
class Evaluation:
    """One verdict on one resource."""

    resource_type: str
    resource_id: str
    verdict: str
    annotation: str | None
    ordered: datetime
    invoked: datetime
    recorded: datetime

    def qualifier(self, rule: str) -> dict[str, str]:
        """Name rule and resource."""
        return {
            "configRuleName": rule,
            "resourceType": self.resource_type,
            "resourceId": self.resource_id,
            "evaluationMode": "DETECTIVE",
        }

    def told(self, rule: str) -> dict[str, Any]:
        """Give it as it stands in an event."""
        return {
            "evaluationResultIdentifier": {
                "evaluationResultQualifier": self.qualifier(rule),
                "orderingTimestamp": _text(self.ordered),
            },
            "complianceType": self.verdict,
            "resultRecordedTime": _text(self.recorded),
            "configRuleInvokedTime": _text(self.invoked),
            **({"annotation": self.annotation} if self.annotation else {}),
        }

    def read(self, rule: str) -> dict[str, Any]:
        """Give it as the API gives it."""
        qualifier = {key[:1].upper() + key[1:]: value for key, value in self.qualifier(rule).items()}
        return {
            "EvaluationResultIdentifier": {
                "EvaluationResultQualifier": qualifier,
                "OrderingTimestamp": self.ordered,
            },
            "ComplianceType": self.verdict,
            "ResultRecordedTime": self.recorded,
            "ConfigRuleInvokedTime": self.invoked,
            **({"Annotation": self.annotation} if self.annotation else {}),
        }


class Compliance:
    """The verdicts by region and rule."""

    def __init__(self, put: Callable[[Mapping[str, Any]], None], timeline: Timeline) -> None:
        self._put = put
        self._timeline = timeline
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], dict[tuple[str, str], Evaluation]] = {}

    def record(self, region: str, rule: str, rule_arn: str, result: Evaluation) -> None:
        """Keep a verdict; one that differs from the last on the resource becomes an event.

        https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
        """
        with self._lock:
            verdicts = self._kept.setdefault((region, rule), {})
            old = verdicts.get((result.resource_type, result.resource_id))
            verdicts[result.resource_type, result.resource_id] = result
        if old and old.verdict == result.verdict:
            return
        text = f"{rule}: {result.resource_type} {result.resource_id} is {result.verdict}"
        self._timeline.add("config", text, rule=rule, result=result)
        detail = {
            "resourceId": result.resource_id,
            "awsRegion": region,
            "awsAccountId": ACCOUNT,
            "configRuleName": rule,
            "recordVersion": "1.0",
            "configRuleARN": rule_arn,
            "messageType": "ComplianceChangeNotification",
            "newEvaluationResult": result.told(rule),
            **({"oldEvaluationResult": old.told(rule)} if old else {}),
            "notificationCreationTime": _text(datetime.now(UTC)),
            "resourceType": result.resource_type,
        }
        self._put(
            {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": "Config Rules Compliance Change",
                "source": "aws.config",
                "account": ACCOUNT,
                "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": region,
                "resources": [],
                "detail": detail,
            }
        )

    def forget(self, region: str, rule: str) -> None:
        """Forget a rule's verdicts."""
        with self._lock:
            self._kept.pop((region, rule), None)

    def of(self, region: str, rule: str) -> list[Evaluation]:
        """Give a rule's verdicts."""
        with self._lock:
            return list(self._kept.get((region, rule), {}).values())

    def overlays(self, require: Callable[[str, str], None]) -> dict[tuple[str, str], Overlay]:
        """Give the operations that are answered here.

        Parameters
        ----------
        require
            Raises `AwsError` when a region has no rule of a name.
        """

        def details(incoming: Incoming) -> Mapping[str, Any]:
            rule = str(incoming.parameters["ConfigRuleName"])
            require(rule, incoming.region)
            return _page(self._matching(incoming, self.of(incoming.region, rule), rule), incoming)

        def by_rule(incoming: Incoming) -> Mapping[str, Any]:
            names = incoming.parameters.get("ConfigRuleNames") or []
            for name in names:
                require(name, incoming.region)
            with self._lock:
                known = [rule for region, rule in self._kept if region == incoming.region]
            listed = [
                {
                    "ConfigRuleName": rule,
                    "Compliance": {"ComplianceType": _overall(self.of(incoming.region, rule))},
                }
                for rule in names or sorted(known)
            ]
            wanted = incoming.parameters.get("ComplianceTypes")
            return {
                "ComplianceByConfigRules": [
                    one for one in listed if not wanted or one["Compliance"]["ComplianceType"] in wanted
                ]
            }

        def by_resource(incoming: Incoming) -> Mapping[str, Any]:
            kind, identity = (incoming.parameters.get(name) for name in ("ResourceType", "ResourceId"))
            with self._lock:
                rules = [rule for region, rule in self._kept if region == incoming.region]
            found = [
                result
                for rule in sorted(rules)
                for result in self._matching(
                    incoming,
                    [
                        one
                        for one in self.of(incoming.region, rule)
                        if (one.resource_type, one.resource_id) == (kind, identity)
                    ],
                    rule,
                )
            ]
            return {"EvaluationResults": found}

        def delete(incoming: Incoming) -> Mapping[str, Any]:
            rule = str(incoming.parameters["ConfigRuleName"])
            require(rule, incoming.region)
            self.forget(incoming.region, rule)
            return {}

        answered: dict[str, Overlay] = {
            "DeleteEvaluationResults": delete,
            "DescribeComplianceByConfigRule": by_rule,
            "GetComplianceDetailsByConfigRule": details,
            "GetComplianceDetailsByResource": by_resource,
        }
        return {("config", name): overlay for name, overlay in answered.items()}

    @staticmethod
    def _matching(incoming: Incoming, results: Sequence[Evaluation], rule: str) -> list[dict[str, Any]]:
        wanted = incoming.parameters.get("ComplianceTypes")
        return [one.read(rule) for one in results if not wanted or one.verdict in wanted]


def _overall(results: Sequence[Evaluation]) -> str:
    verdicts = {result.verdict for result in results} - {"NOT_APPLICABLE"}
    if not verdicts:
        return "NOT_APPLICABLE" if results else "INSUFFICIENT_DATA"
    return "NON_COMPLIANT" if "NON_COMPLIANT" in verdicts else "COMPLIANT"


def _page(results: list[dict[str, Any]], incoming: Incoming) -> Mapping[str, Any]:
    size = int(incoming.parameters.get("Limit") or 10)
    if size > 100:
        raise AwsError("InvalidLimitException", "The limit is at most 100.")
    token = str(incoming.parameters.get("NextToken") or "0")
    if not token.isdigit():
        raise AwsError("InvalidNextTokenException", "The token is not valid.")
    start = int(token)
    more = {"NextToken": str(start + size)} if start + size < len(results) else {}
    return {"EvaluationResults": results[start : start + size], **more}


def _text(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
