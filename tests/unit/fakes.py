"""AWS Config's rules and CloudTrail's event history, which moto does not have, as strict as AWS is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.unit.endpoint import ApiError, Endpoint, Made

TOKEN = "result-token"


@dataclass
class ConfigRules:
    """The Config rules of one account and region.

    Attributes
    ----------
    rules
        Names of the rules that there are.
    evaluating
        Those of them that were evaluated within the last minute.
    asked
        Names of rules whose evaluation was started, in order.
    batches
        The evaluations of each `PutEvaluations`, test runs left out.
    verdicts
        The last evaluation of each resource, by its type and id.
    rehearsed
        Evaluations put in test mode, which Config forgets.
    """

    rules: list[str] = field(default_factory=list)
    evaluating: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    batches: list[list[dict[str, Any]]] = field(default_factory=list)
    verdicts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    rehearsed: list[dict[str, Any]] = field(default_factory=list)

    def install(self, endpoint: Endpoint) -> None:
        """Answer Config's calls at an endpoint."""
        endpoint.answer("config:StartConfigRulesEvaluation", self._start)
        endpoint.answer("config:DescribeConfigRules", self._describe)
        endpoint.answer("config:PutEvaluations", self._put)
        endpoint.answer("config:GetComplianceDetailsByConfigRule", self._details)

    def compliance(self) -> dict[str, str]:
        """Return the compliance of each resource by its id."""
        return {identity: entry["ComplianceType"] for (_, identity), entry in self.verdicts.items()}

    def _start(self, made: Made) -> Mapping[str, Any]:
        for name in made.parameters["ConfigRuleNames"]:
            if name not in self.rules:
                raise ApiError("NoSuchConfigRuleException", f"The ConfigRule '{name}' provided is invalid")
            if name in self.evaluating:
                raise ApiError("LimitExceededException", "one evaluation a minute")
            self.evaluating.add(name)
            self.asked.append(name)
        return {}

    def _describe(self, made: Made) -> Mapping[str, Any]:
        start = int(made.parameters.get("NextToken", 0))
        page: dict[str, Any] = {
            "ConfigRules": [{"ConfigRuleName": name} for name in self.rules[start : start + 25]]
        }
        return page | ({"NextToken": str(start + 25)} if start + 25 < len(self.rules) else {})

    def _put(self, made: Made) -> Mapping[str, Any]:
        evaluations = list(made.parameters["Evaluations"])
        if len(evaluations) > 100:
            raise ApiError("ValidationException", "Member must have length less than or equal to 100")
        for evaluation in evaluations:
            assert 1 <= len(evaluation["Annotation"]) <= 256
            assert 1 <= len(evaluation["ComplianceResourceId"]) <= 768
        if made.parameters.get("TestMode"):
            self.rehearsed += evaluations
            return {"FailedEvaluations": []}
        if made.parameters["ResultToken"] != TOKEN:
            raise ApiError("InvalidResultTokenException", "The specified ResultToken is invalid.")
        self.batches.append(evaluations)
        for entry in evaluations:
            self.verdicts[entry["ComplianceResourceType"], entry["ComplianceResourceId"]] = entry
        return {"FailedEvaluations": []}

    def _details(self, made: Made) -> Mapping[str, Any]:
        start, limit = int(made.parameters.get("NextToken", 0)), made.parameters.get("Limit", 10)
        results = [
            {
                "EvaluationResultIdentifier": {
                    "EvaluationResultQualifier": {"ResourceType": kind, "ResourceId": identity}
                },
                "ComplianceType": entry["ComplianceType"],
            }
            for (kind, identity), entry in self.verdicts.items()
        ]
        page: dict[str, Any] = {"EvaluationResults": results[start : start + limit]}
        return page | ({"NextToken": str(start + limit)} if start + limit < len(results) else {})


@dataclass
class EventHistory:
    """CloudTrail's event history: the records of management calls, each in the region of the call."""

    records: list[Mapping[str, Any]] = field(default_factory=list)

    def install(self, endpoint: Endpoint) -> None:
        """Answer `LookupEvents` at an endpoint."""
        endpoint.answer("cloudtrail:LookupEvents", self._look_up)

    def add(self, event: Mapping[str, Any]) -> None:
        """Record the call of an API event, as CloudTrail does minutes later."""
        self.records.append(event["detail"])

    def _look_up(self, made: Made) -> Mapping[str, Any]:
        asked = made.parameters
        (attribute,) = asked["LookupAttributes"]
        assert attribute["AttributeKey"] == "EventName"
        if asked["EndTime"] < asked["StartTime"]:
            raise ApiError("InvalidTimeRangeException", "The start time must be before the end time.")
        assert 1 <= asked["MaxResults"] <= 50
        found = [
            record
            for record in self.records
            if record["eventName"] == attribute["AttributeValue"]
            and record["awsRegion"] == made.region
            and asked["StartTime"] <= _time(record) <= asked["EndTime"]
        ]
        found.sort(key=_time, reverse=True)
        start = int(asked.get("NextToken", 0))
        shown, rest = found[start : start + asked["MaxResults"]], found[start + asked["MaxResults"] :]
        page: dict[str, Any] = {
            "Events": [
                {
                    "EventId": record["eventID"],
                    "EventName": record["eventName"],
                    "EventTime": _time(record),
                    "CloudTrailEvent": json.dumps(record),
                }
                for record in shown
            ]
        }
        return page | ({"NextToken": str(start + len(shown))} if rest else {})


def _time(record: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(record["eventTime"])
