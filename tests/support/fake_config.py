"""AWS Config where moto lacks it: evaluations asked for, and evaluations stored. The rules are moto's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.config.models import ConfigRule, config_backends

from tests.local_aws.answers import AwsError

EVALUATIONS_A_CALL = 100
ANNOTATION_LIMIT = 256
RESULTS_PAGE = 2

Resource = tuple[str, str]


@dataclass
class Config:
    """What an account has in Config beyond moto's recorder and rules.

    Attributes
    ----------
    account
        The account.
    asked
        Names of the rules that were asked to evaluate, in order.
    evaluating
        Rules that are being evaluated, or were within the minute.
    tokens
        Result tokens that Config has given out, with the rule each is for.
    results
        By rule and resource: the compliance that was reported last, as `PutEvaluations` takes it.
    """

    account: str
    asked: list[str] = field(default_factory=list)
    evaluating: set[str] = field(default_factory=set)
    tokens: dict[str, str] = field(default_factory=dict)
    results: dict[str, dict[Resource, Mapping[str, Any]]] = field(default_factory=dict)

    def StartConfigRulesEvaluation(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html."""
        names = parameters.get("ConfigRuleNames") or []
        if not 1 <= len(names) <= 25:
            raise AwsError("InvalidParameterValueException", f"{len(names)} rules; 1 to 25 can be given")
        for name in names:
            self._rule(name, region)
        if self.evaluating & set(names):
            raise AwsError("LimitExceededException", "Please retry after some time")
        self.asked += names
        self.evaluating |= set(names)
        return {}

    def PutEvaluations(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html."""
        rule = self.tokens.get(parameters["ResultToken"])
        if rule is None:
            raise AwsError("InvalidResultTokenException", "The specified ResultToken is not valid")
        evaluations = parameters.get("Evaluations") or []
        if len(evaluations) > EVALUATIONS_A_CALL:
            raise AwsError("InvalidParameterValueException", f"{len(evaluations)} evaluations; 100 are taken")
        for one in evaluations:
            if not isinstance(one["OrderingTimestamp"], datetime):
                raise AwsError("InvalidParameterValueException", "OrderingTimestamp is not a time")
            if len(one.get("Annotation", "")) > ANNOTATION_LIMIT:
                raise AwsError("InvalidParameterValueException", "Annotation has more than 256 characters")
            if one["ComplianceType"] not in ("COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"):
                raise AwsError("InvalidParameterValueException", f"{one['ComplianceType']} is not taken")
            if not parameters.get("TestMode"):
                resource = one["ComplianceResourceType"], one["ComplianceResourceId"]
                self.results.setdefault(rule, {})[resource] = one
        return {"FailedEvaluations": []}

    def GetComplianceDetailsByConfigRule(  # noqa: N802
        self, parameters: Mapping[str, Any], region: str
    ) -> dict[str, Any]:
        """https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByConfigRule.html."""
        name = parameters["ConfigRuleName"]
        self._rule(name, region)
        if not 0 <= parameters.get("Limit", 0) <= 100:
            raise AwsError("InvalidParameterValueException", "Limit is at most 100")
        results = sorted(self.results.get(name, {}).items())
        first = int(parameters.get("NextToken") or 0)
        page = [
            {
                "EvaluationResultIdentifier": {
                    "EvaluationResultQualifier": {
                        "ConfigRuleName": name,
                        "ResourceType": kind,
                        "ResourceId": identity,
                    },
                    "OrderingTimestamp": one["OrderingTimestamp"],
                },
                "ComplianceType": one["ComplianceType"],
                "Annotation": one.get("Annotation", ""),
            }
            for (kind, identity), one in results[first : first + RESULTS_PAGE]
        ]
        more = {"NextToken": str(first + RESULTS_PAGE)} if len(results) > first + RESULTS_PAGE else {}
        return {"EvaluationResults": page, **more}

    def DescribeConfigRuleEvaluationStatus(  # noqa: N802
        self, parameters: Mapping[str, Any], region: str
    ) -> dict[str, Any]:
        """https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigRuleEvaluationStatus.html."""
        names = parameters.get("ConfigRuleNames") or list(config_backends[self.account][region].config_rules)
        status = [{"ConfigRuleName": name, "FirstEvaluationStarted": name in self.asked} for name in names]
        return {"ConfigRulesEvaluationStatus": status}

    def forget_asked(self) -> None:
        """Let more than a minute pass since rules were asked to evaluate."""
        self.asked.clear()
        self.evaluating.clear()

    def judged_before(self, rule: str, resource: Resource, compliance: str) -> None:
        """Have a verdict from an evaluation long ago."""
        kind, identity = resource
        self.results.setdefault(rule, {})[resource] = {
            "ComplianceResourceType": kind,
            "ComplianceResourceId": identity,
            "ComplianceType": compliance,
            "OrderingTimestamp": datetime.now(UTC) - timedelta(days=7),
        }

    def arn_of(self, service: str, kind: str, name: str, region: str) -> str | None:
        """Find a rule's ARN, whose id is not its name."""
        rule = config_backends[self.account][region].config_rules.get(name)
        return str(rule.config_rule_arn) if rule and (service, kind) == ("config", "config-rule") else None

    def _rule(self, name: str, region: str) -> ConfigRule:
        rule = config_backends[self.account][region].config_rules.get(name)
        if rule is None:
            raise AwsError(
                "NoSuchConfigRuleException",
                f"The ConfigRule '{name}' provided in the request is invalid. Please check the name",
            )
        return rule
