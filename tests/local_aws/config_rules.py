"""AWS Config: rules need a recorder, are evaluated, and a change of compliance becomes an event."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.local_aws.answers import Answer, AwsError
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.compliance import Compliance, Evaluation
from tests.local_aws.deployed import Deployed, region_partition
from tests.local_aws.endpoint import Endpoint
from tests.local_aws.functions import Functions
from tests.local_aws.identity import ACCOUNT
from tests.local_aws.managed_rules import MANAGED
from tests.local_aws.options import Options
from tests.local_aws.timeline import Timeline

_PRINCIPAL = "config.amazonaws.com"
_EVALUATIONS_A_CALL = 100
_RULES_A_CALL = 25


@dataclass(frozen=True)
class _Token:
    """What a result token stands for."""

    region: str
    rule: str
    invoked: datetime


class ConfigRules:
    """Overlays of the ``config`` service, and the evaluation of rules."""

    def __init__(
        self,
        options: Options,
        endpoint: Endpoint,
        deployed: Deployed,
        functions: Functions,
        compliance: Compliance,
        timeline: Timeline,
    ) -> None:
        self._options = options
        self._endpoint = endpoint
        self._deployed = deployed
        self._functions = functions
        self._compliance = compliance
        self._timeline = timeline
        self._lock = threading.Lock()
        self._tokens: dict[str, _Token] = {}
        self._asked: dict[tuple[str, str], float] = {}

    def overlays(self) -> dict[tuple[str, str], Overlay]:
        """Give the operations that are answered here."""
        answered: dict[str, Overlay] = {
            "DeleteConfigRule": self._delete,
            "PutConfigRule": self._put,
            "PutEvaluations": self._put_evaluations,
            "StartConfigRulesEvaluation": self._start,
        }
        return {
            **{("config", name): overlay for name, overlay in answered.items()},
            **self._compliance.overlays(self._require),
        }

    def evaluate(self, region: str, names: Sequence[str] | None = None) -> None:
        """Evaluate rules, all of a region unless they are named, as Config does when they are due.

        Raises
        ------
        AwsError
            ``NoSuchConfigRuleException``.
        """
        for rule in self._rules(region, names):
            self._evaluate(region, rule)

    def _rules(self, region: str, names: Sequence[str] | None = None) -> list[Mapping[str, Any]]:
        client = self._endpoint.client("config", region)
        found: list[Mapping[str, Any]] = []
        for page in client.get_paginator("describe_config_rules").paginate():
            found += page["ConfigRules"]
        if names is None:
            return found
        by_name = {rule["ConfigRuleName"]: rule for rule in found}
        for name in names:
            if name not in by_name:
                raise _unknown(name)
        return [by_name[name] for name in names]

    def _require(self, name: str, region: str) -> None:
        self._rules(region, [name])

    def _evaluate(self, region: str, rule: Mapping[str, Any]) -> None:
        name = rule["ConfigRuleName"]
        source = rule["Source"]
        invoked = datetime.now(UTC)
        if source["Owner"] == "AWS":
            evaluator = MANAGED.get(source["SourceIdentifier"])
            if evaluator is None:
                self._timeline.add("note", f"{name}: {source['SourceIdentifier']} is not evaluated here")
                return
            compliant = evaluator(self._endpoint.client("cloudtrail", region))
            result = Evaluation(
                "AWS::::Account",
                ACCOUNT,
                "COMPLIANT" if compliant else "NON_COMPLIANT",
                None,
                invoked,
                invoked,
                datetime.now(UTC),
            )
            self._compliance.record(region, name, rule["ConfigRuleArn"], result)
        elif source["Owner"] == "CUSTOM_LAMBDA":
            self._invoke(region, rule, invoked)

    def _invoke(self, region: str, rule: Mapping[str, Any], invoked: datetime) -> None:
        """Invoke a custom rule's function as Config does.

        https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html
        """
        name = rule["ConfigRuleName"]
        arn = rule["Source"]["SourceIdentifier"]
        function = self._deployed.function(arn, region)
        if function is None or not self._functions.may_invoke(function, _PRINCIPAL, _context(rule)):
            self._timeline.add("undelivered", f"Config may not invoke {arn} for {name}", rule=name)
            return
        token = f"{uuid.uuid4()}"
        with self._lock:
            self._tokens[token] = _Token(region, name, invoked)
        message = {
            "awsAccountId": ACCOUNT,
            "notificationCreationTime": invoked.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "messageType": "ScheduledNotification",
            "recordVersion": "1.0",
        }
        partition = region_partition(region)
        event = {
            "version": "1.0",
            "invokingEvent": json.dumps(message),
            "ruleParameters": rule.get("InputParameters") or "{}",
            "resultToken": token,
            "eventLeftScope": False,
            "executionRoleArn": f"arn:{partition}:iam::{ACCOUNT}:role/aws-service-role/{_PRINCIPAL}/"
            "AWSServiceRoleForConfig",
            "configRuleArn": rule["ConfigRuleArn"],
            "configRuleName": name,
            "configRuleId": rule["ConfigRuleId"],
            "accountId": ACCOUNT,
        }
        self._functions.accept(function, json.dumps(event).encode())

    def _put(self, incoming: Incoming) -> Answer:
        """Put a rule where there is a recorder and, for a custom one, a function that Config may invoke."""
        client = self._endpoint.client("config", incoming.region)
        if not client.describe_configuration_recorders()["ConfigurationRecorders"]:
            raise AwsError(
                "NoAvailableConfigurationRecorderException",
                "Configuration recorder is not available to put config rule.",
            )
        rule = incoming.parameters["ConfigRule"]
        source = rule["Source"]
        if source["Owner"] == "CUSTOM_LAMBDA":
            arn = source["SourceIdentifier"]
            function = self._deployed.function(arn, incoming.region)
            if function is None or not self._functions.may_invoke(function, _PRINCIPAL, _context(rule)):
                raise AwsError(
                    "InsufficientPermissionsException",
                    f"The AWS Lambda function {arn} cannot be invoked. Check the specified function ARN, and "
                    "check the function's permissions.",
                )
        answer = incoming.forward()
        if answer.status == 200 and self._options.evaluate_new_rules:
            names = [rule["ConfigRuleName"]]
            self._in_background(lambda: self.evaluate(incoming.region, names))
        return answer

    def _delete(self, incoming: Incoming) -> Answer:
        answer = incoming.forward()
        if answer.status == 200:
            self._compliance.forget(incoming.region, str(incoming.parameters["ConfigRuleName"]))
        return answer

    def _start(self, incoming: Incoming) -> Mapping[str, Any]:
        """Evaluate rules again, each at most once in a while.

        https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html
        """
        region = incoming.region
        names = list(incoming.parameters.get("ConfigRuleNames") or [])
        if len(names) > _RULES_A_CALL:
            raise AwsError("ValidationException", f"at most {_RULES_A_CALL} rules can be named")
        rules = self._rules(region, names or None)
        now = time.monotonic()
        with self._lock:
            for rule in rules:
                last = self._asked.get((region, rule["ConfigRuleName"]))
                if last is not None and now - last < self._options.evaluation_interval_s:
                    raise AwsError(
                        "LimitExceededException",
                        f"The rule {rule['ConfigRuleName']} was evaluated less than a minute ago.",
                    )
            self._asked.update({(region, rule["ConfigRuleName"]): now for rule in rules})
        self._in_background(lambda: self.evaluate(region, [rule["ConfigRuleName"] for rule in rules]))
        return {}

    def _in_background(self, task: Callable[[], None]) -> None:
        self._timeline.begin()

        def run() -> None:
            try:
                task()
            except (AwsError, ClientError) as error:
                self._timeline.add("problem", f"an evaluation failed: {error}")
            finally:
                self._timeline.end()

        threading.Thread(target=run, daemon=True).start()

    def _put_evaluations(self, incoming: Incoming) -> Mapping[str, Any]:
        """Take a function's verdicts.

        https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html
        """
        evaluations = incoming.parameters.get("Evaluations") or []
        if len(evaluations) > _EVALUATIONS_A_CALL:
            raise AwsError(
                "ValidationException",
                "1 validation error detected: Value at 'evaluations' failed to satisfy constraint: "
                f"Member must have length less than or equal to {_EVALUATIONS_A_CALL}",
            )
        if incoming.parameters.get("TestMode"):
            return {"FailedEvaluations": []}
        with self._lock:
            token = self._tokens.get(str(incoming.parameters["ResultToken"]))
        if token is None:
            raise AwsError("InvalidResultTokenException", "The result token is not valid.")
        rule = self._rules(token.region, [token.rule])[0]
        for given in evaluations:
            result = Evaluation(
                given["ComplianceResourceType"],
                given["ComplianceResourceId"],
                given["ComplianceType"],
                given.get("Annotation"),
                given["OrderingTimestamp"],
                token.invoked,
                datetime.now(UTC),
            )
            self._compliance.record(token.region, token.rule, rule["ConfigRuleArn"], result)
        return {"FailedEvaluations": []}


def _context(rule: Mapping[str, Any]) -> Mapping[str, str]:
    # A rule that is being made has no ARN yet: a permission bound to it cannot be met.
    arn = rule.get("ConfigRuleArn")
    return {"aws:SourceAccount": ACCOUNT, **({"aws:SourceArn": str(arn)} if arn else {})}


def _unknown(name: str) -> AwsError:
    return AwsError(
        "NoSuchConfigRuleException",
        f"The ConfigRule '{name}' provided in the request is invalid. Please check the configRule name",
    )
