"""What is wrong with a function of Rearm: its code, how it is run, who may invoke it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rearm.automations import Look
from rearm.automations.self_guard.parts import (
    Deviation,
    Kind,
    Part,
    found,
    hashed,
    in_words,
    told,
)
from rearm.aws import Answer, malformed
from rearm.model import Action, Check, Finding, Severity

INVOKE = "lambda:InvokeFunction"
# CloudTrail names most calls of Lambda with the version of the API that they came with.
CODE_CALLS = ("UpdateFunctionCode20150331v2", "UpdateFunctionCode")
CONFIGURATION_CALLS = ("UpdateFunctionConfiguration20150331v2", "UpdateFunctionConfiguration")
CONCURRENCY_CALLS = (
    "PutFunctionConcurrency20171031",
    "PutFunctionConcurrency",
    "DeleteFunctionConcurrency20171031",
    "DeleteFunctionConcurrency",
)
ADD_CALLS = ("AddPermission20150331v2", "AddPermission")
REMOVE_CALLS = ("RemovePermission20150331v2", "RemovePermission")
DELETE_CALLS = ("DeleteFunction20150331", "DeleteFunction")
INVOKE_CALLS = (
    "DeleteFunctionEventInvokeConfig",
    "PutFunctionEventInvokeConfig",
    "UpdateFunctionEventInvokeConfig",
)


def check_function(part: Part, look: Look) -> Iterator[Deviation]:
    """Look at a function.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
    """
    function = found(look, "lambda", "GetFunctionConfiguration", {"FunctionName": part.name}, "FunctionName")
    if function is None:
        yield told(
            part,
            look,
            "function-deleted",
            f"The function {part.name} was deleted: its automation does nothing any more.",
            DELETE_CALLS,
            severity=Severity.CRITICAL,
            kind=Kind.MISSING,
        )
        return
    yield from _code(part, look, function)
    yield from _configuration(part, look, function)
    yield from _concurrency(part, look)
    yield from _permissions(part, look)
    yield from _invocation(part, look)


def _code(part: Part, look: Look, function: Answer) -> Iterator[Deviation]:
    wanted, code = part.wanted.get("code"), function.get("CodeSha256")
    update = f"aws lambda update-function-code --function-name {part.name} --region {look.region}"
    if wanted and code != wanted:
        yield told(
            part,
            look,
            "function-code-changed",
            f"The function {part.name} runs other code than was deployed (SHA-256 {code}, not {wanted}): "
            "what it does and says is not Rearm's.",
            CODE_CALLS,
            severity=Severity.CRITICAL,
            advice=(
                "Terraform does not see other code. With the module at the deployed version, put it back:",
                f"{update} {_package(part)}",
            ),
        )


def _package(part: Part) -> str:
    """Return where the deployed package is: in the module's folder, or where it was uploaded to."""
    package = part.wanted.get("package")
    if not isinstance(package, str):
        return "--zip-file fileb://dist/rearm.zip"
    bucket, _, rest = package.partition("/")
    key, _, version = rest.rpartition("/")
    chosen = "" if version == "latest" else f" --s3-object-version {version}"
    return f"--s3-bucket {bucket} --s3-key {key}{chosen}"


def _configuration(part: Part, look: Look, function: Answer) -> Iterator[Deviation]:
    wanted = part.wanted
    variables = (function.get("Environment") or {}).get("Variables") or {}
    seen = {
        "handler": (function.get("Handler"), wanted["handler"]),
        "runtime": (function.get("Runtime"), wanted["runtime"]),
        "role": (function.get("Role"), wanted["role"]),
        "memory": (function.get("MemorySize"), wanted["memory"]),
        "timeout": (function.get("Timeout"), wanted["timeout"]),
        "architecture": (function.get("Architectures"), [wanted["architecture"]]),
        "environment": (hashed(variables), wanted["environment"]),
        "layers": (function.get("Layers") or [], []),
    }
    changed = [name for name, (is_now, must_be) in seen.items() if is_now != must_be]
    if changed:
        yield told(
            part,
            look,
            "function-configuration-changed",
            f"The function {part.name} is configured in another way than was deployed: {in_words(changed)}.",
            CONFIGURATION_CALLS,
            severity=Severity.CRITICAL,
        )


def _concurrency(part: Part, look: Look) -> Iterator[Deviation]:
    """Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html."""
    named = {"FunctionName": part.name}
    answer = found(look, "lambda", "GetFunctionConcurrency", named) or {}
    reserved, wanted = answer.get("ReservedConcurrentExecutions"), part.wanted.get("concurrency")
    if reserved == wanted:
        return
    finding = Finding(
        rule="function-concurrency-changed",
        resource=part.resource(look),
        problem=f"The function {part.name} may not run at all: its reserved concurrency is 0."
        if reserved == 0
        else f"The function {part.name} has a reserved concurrency of {_number(reserved)}, "
        f"not {_number(wanted)} as deployed.",
        severity=Severity.CRITICAL if reserved == 0 else Severity.HIGH,
        actions=(_reserve(part, look, wanted, "put the deployed concurrency back", reserved),),
        causes=CONCURRENCY_CALLS,
    )
    yield Deviation(finding, Kind.OFF if reserved == 0 else Kind.CHANGED)


def _reserve(part: Part, look: Look, number: object, reason: str, before: object) -> Action:
    check = Check(
        "lambda",
        "GetFunctionConcurrency",
        {"FunctionName": part.name},
        look.region,
        "ReservedConcurrentExecutions",
        number,
    )
    undo = _concurrency_action(part, look, before, "put the changed concurrency back", check)
    return _concurrency_action(part, look, number, reason, None, undo)


def _concurrency_action(
    part: Part, look: Look, number: object, reason: str, check: Check | None, undo: Action | None = None
) -> Action:
    named = {"FunctionName": part.name}
    if number is None:
        return Action("lambda", "DeleteFunctionConcurrency", named, look.region, reason, undo, check=check)
    asked = {**named, "ReservedConcurrentExecutions": number}
    return Action("lambda", "PutFunctionConcurrency", asked, look.region, reason, undo, check=check)


def _permissions(part: Part, look: Look) -> Iterator[Deviation]:
    """Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html."""
    statements = _statements(part, look)
    wanted: Mapping[str, Mapping[str, Any]] = part.wanted["statements"]
    removed = [sid for sid in sorted(wanted) if sid not in statements]
    changed = [
        sid for sid in sorted(wanted) if sid in statements and not _grants(statements[sid], wanted[sid])
    ]
    foreign = sorted(set(statements) - set(wanted))
    if removed:
        finding = Finding(
            rule="permission-removed",
            resource=part.resource(look),
            problem=f"The function {part.name} may not be invoked any more by what must reach it: "
            f"{in_words(removed)} was removed from its policy.",
            severity=Severity.CRITICAL,
            actions=tuple(_allow(part, look, sid, wanted[sid]) for sid in removed),
            causes=REMOVE_CALLS,
        )
        yield Deviation(finding, Kind.MISSING)
    if changed:
        yield told(
            part,
            look,
            "permission-changed",
            f"The policy of the function {part.name} is not the deployed one: {in_words(changed)} differs.",
            (*ADD_CALLS, *REMOVE_CALLS),
            advice=_take_away(part, look, changed),
        )
    if foreign:
        yield told(
            part,
            look,
            "permission-added",
            f"The policy of the function {part.name} lets somebody else in: {in_words(foreign)}. "
            "Whoever may invoke it can forge alarms.",
            ADD_CALLS,
            advice=_take_away(part, look, foreign),
        )


def _statements(part: Part, look: Look) -> Mapping[str, Mapping[str, Any]]:
    answer = found(look, "lambda", "GetPolicy", {"FunctionName": part.name})
    if answer is None:
        return {}
    try:
        policy = json.loads(answer["Policy"])
        return {str(statement.get("Sid")): statement for statement in policy["Statement"]}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise malformed("lambda", "GetPolicy", "Policy holds no statements") from error


def _grants(statement: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a statement lets in whom it must, under the condition that it must, and nobody else."""
    conditions = statement.get("Condition") or {}
    said = {
        key.lower(): value
        for operator in conditions.values()
        if isinstance(operator, Mapping)
        for key, value in operator.items()
    }
    asked = {"aws:sourcearn": wanted.get("source_arn"), "aws:sourceaccount": wanted.get("source_account")}
    return (
        statement.get("Effect") == "Allow"
        and statement.get("Action") == INVOKE
        and statement.get("Principal") == {"Service": wanted["principal"]}
        and said == {key: value for key, value in asked.items() if value}
    )


def _allow(part: Part, look: Look, sid: str, wanted: Mapping[str, Any]) -> Action:
    """Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html."""
    parameters: dict[str, object] = {
        "FunctionName": part.name,
        "StatementId": sid,
        "Action": INVOKE,
        "Principal": wanted["principal"],
    }
    if wanted.get("source_arn"):
        parameters["SourceArn"] = wanted["source_arn"]
    if wanted.get("source_account"):
        parameters["SourceAccount"] = wanted["source_account"]
    return Action(
        "lambda", "AddPermission", parameters, look.region, "let in again what must reach the function"
    )


def _take_away(part: Part, look: Look, sids: list[str]) -> tuple[str, ...]:
    call = f"aws lambda remove-permission --function-name {part.name} --region {look.region}"
    return tuple(f"{call} --statement-id {sid}" for sid in sids)


def _invocation(part: Part, look: Look) -> Iterator[Deviation]:
    """Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionEventInvokeConfig.html."""
    named = {"FunctionName": part.name}
    wanted = part.wanted["invoke"]
    must_be = {
        "MaximumRetryAttempts": wanted["retries"],
        "MaximumEventAgeInSeconds": wanted["age"],
        "DestinationConfig": {"OnFailure": {"Destination": wanted["destination"]}},
    }
    answer = found(look, "lambda", "GetFunctionEventInvokeConfig", named, "FunctionArn")
    is_now = {key: _filled(answer.get(key)) for key in must_be} if answer else None
    if is_now == must_be:
        return
    undo = None
    if is_now is not None:
        before = {key: value for key, value in is_now.items() if value is not None}
        check = Check(
            "lambda",
            "GetFunctionEventInvokeConfig",
            named,
            look.region,
            "DestinationConfig.OnFailure.Destination",
            wanted["destination"],
        )
        undo = Action(
            "lambda",
            "PutFunctionEventInvokeConfig",
            {**named, **before},
            look.region,
            "configure failures in the changed way",
            check=check,
        )
    put = Action(
        "lambda",
        "PutFunctionEventInvokeConfig",
        {**named, **must_be},
        look.region,
        "try again what failed, and keep it",
        undo,
    )
    finding = Finding(
        rule="failures-lost",
        resource=part.resource(look),
        problem=f"What fails in the function {part.name} is not tried again, or not kept in the queue.",
        severity=Severity.HIGH,
        actions=(put,),
        causes=INVOKE_CALLS,
    )
    yield Deviation(finding, Kind.MISSING if is_now is None else Kind.CHANGED)


def _filled(value: object) -> object:
    """Return a value without what is empty in it, as AWS sends ``OnSuccess``; None if nothing is left."""
    if not isinstance(value, Mapping):
        return value
    filled = {key: inner for key, inner in ((key, _filled(inner)) for key, inner in value.items()) if inner}
    return filled or None


def _number(value: object) -> str:
    return "none" if value is None else str(value)
