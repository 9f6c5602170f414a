"""Which resources IAM checks for a call to Config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.local_aws.resources.call import Call

_CONFIG_RULE_OPERATIONS = frozenset(
    {
        "DeleteConfigRule",
        "DeleteEvaluationResults",
        "GetComplianceDetailsByConfigRule",
        "GetCustomRulePolicy",
        "PutConfigRule",
        "PutExternalEvaluation",
        "StartConfigRulesEvaluation",
    }
)
_CONFIG_RECORDER_OPERATIONS = frozenset(
    {
        "DeleteConfigurationRecorder",
        "DescribeConfigurationRecorderStatus",
        "DescribeConfigurationRecorders",
        "PutConfigurationRecorder",
        "StartConfigurationRecorder",
        "StopConfigurationRecorder",
    }
)


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    rule: Mapping[str, Any] = call.request.parameters.get("ConfigRule") or {}
    recorder: Mapping[str, Any] = call.request.parameters.get("ConfigurationRecorder") or {}
    if call.operation in _CONFIG_RULE_OPERATIONS:
        kind = "config-rule"
        names = call.texts("ConfigRuleNames", "ConfigRuleName") or [
            str(rule.get("ConfigRuleArn") or rule.get("ConfigRuleName") or "*")
        ]
    elif call.operation in _CONFIG_RECORDER_OPERATIONS:
        kind = "configuration-recorder"
        names = call.texts("Arn", "ConfigurationRecorderName", "ConfigurationRecorderNames") or [
            str(recorder.get("name") or "*")
        ]
    else:
        yield from call.texts("ResourceArn", "ConfigurationRecorderArn", "Arn")
        return
    for name in names:
        # Without a name the call is about all of the account.
        wanted = call.arn(f"{kind}/{name}")
        yield wanted if name == "*" else call.found(kind, name, otherwise=wanted)
