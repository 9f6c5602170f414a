"""The deployed state that AWS's parts work from, read at the endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from moto.awslambda.models import lambda_backends

from tests.local_aws.endpoint import Endpoint
from tests.local_aws.identity import ACCOUNT

WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


@dataclass(frozen=True)
class Rule:
    """An EventBridge rule.

    Attributes
    ----------
    takes_reads
        Whether it matches the events of calls that only read.
    pattern
        The event pattern, None for a rule that has only a schedule.
    targets
        As ListTargetsByRule gives them.
    """

    name: str
    arn: str
    enabled: bool
    takes_reads: bool
    pattern: Mapping[str, Any] | None
    schedule: str | None
    targets: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Function:
    """A Lambda function.

    Attributes
    ----------
    configuration
        As GetFunctionConfiguration gives it.
    code
        The zip file.
    policy
        The resource policy; without statements where there is none.
    reserved_concurrency
        None when none is reserved.
    retries
        Retries of an asynchronous invocation.
    on_failure
        ARN of the on-failure destination, if there is one.
    """

    name: str
    arn: str
    region: str
    configuration: Mapping[str, Any]
    code: bytes
    policy: Mapping[str, Any]
    reserved_concurrency: int | None
    retries: int
    on_failure: str | None

    @property
    def role_arn(self) -> str:
        """The execution role."""
        return str(self.configuration["Role"])


@dataclass(frozen=True)
class Principal:
    """What IAM knows about a role or a user."""

    arn: str
    id: str
    policies: tuple[Mapping[str, Any], ...]
    boundary: Mapping[str, Any] | None
    trust: Mapping[str, Any]


_ABSENT = frozenset({"NoSuchConfigRuleException", "NoSuchEntity", "ResourceNotFoundException"})


class Deployed:
    """Reads what is deployed; once until something changes it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def rules(self, region: str, bus: str = "default") -> tuple[Rule, ...]:
        """Give the rules of an event bus with their targets."""
        return self._endpoint.kept(("events",), ("rules", region, bus), lambda: self._load_rules(region, bus))

    def _load_rules(self, region: str, bus: str) -> tuple[Rule, ...]:
        client = self._endpoint.client("events", region)
        found = []
        for rule in _pages(client.list_rules, "Rules", EventBusName=bus):
            try:
                targets = _pages(client.list_targets_by_rule, "Targets", Rule=rule["Name"], EventBusName=bus)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                # Deleted since it was listed.
                continue
            pattern = rule.get("EventPattern")
            found.append(
                Rule(
                    name=rule["Name"],
                    arn=rule["Arn"],
                    enabled=str(rule.get("State")).startswith("ENABLED"),
                    takes_reads=rule.get("State") == WITH_READS,
                    pattern=json.loads(pattern) if pattern else None,
                    schedule=rule.get("ScheduleExpression"),
                    targets=tuple(targets),
                )
            )
        return tuple(found)

    def function(self, name_or_arn: str, region: str) -> Function | None:
        """Give a function, None when there is no such one."""
        name, where = _function_name(name_or_arn, region)
        return self._endpoint.kept(
            ("lambda",), ("function", where, name), lambda: self._load_function(name, where)
        )

    def _load_function(self, name: str, region: str) -> Function | None:
        client = self._endpoint.client("lambda", region)
        try:
            configuration = client.get_function_configuration(FunctionName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        del configuration["ResponseMetadata"]
        concurrency = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
        invoking = _or_nothing(client.get_function_event_invoke_config, FunctionName=name)
        destination = (invoking.get("DestinationConfig") or {}).get("OnFailure") or {}
        return Function(
            name=configuration["FunctionName"],
            arn=configuration["FunctionArn"],
            region=region,
            configuration=configuration,
            code=lambda_backends[ACCOUNT][region].get_function(name).code_bytes,
            policy=json.loads(
                _or_nothing(client.get_policy, FunctionName=name).get("Policy") or '{"Statement": []}'
            ),
            reserved_concurrency=None if concurrency is None else int(concurrency),
            retries=int(invoking.get("MaximumRetryAttempts", 2)),
            on_failure=destination.get("Destination"),
        )

    def role(self, name: str) -> Principal | None:
        """Give a role with its inline and attached policies, None when there is no such one."""
        return self._endpoint.kept(("iam",), ("role", name), lambda: self._load_role(name))

    def _load_role(self, name: str) -> Principal | None:
        iam = self._endpoint.client("iam")
        try:
            role = iam.get_role(RoleName=name)["Role"]
        except ClientError:
            return None
        inline = _pages(iam.list_role_policies, "PolicyNames", RoleName=name)
        attached = _pages(iam.list_attached_role_policies, "AttachedPolicies", RoleName=name)
        named = {"RoleName": name}
        found = [_or_nothing(iam.get_role_policy, **named, PolicyName=policy) for policy in inline]
        # One that is not found was deleted since it was listed.
        documents = [policy["PolicyDocument"] for policy in found if policy]
        documents += [self._managed(policy["PolicyArn"]) for policy in attached]
        boundary = (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        return Principal(
            arn=role["Arn"],
            id=role["RoleId"],
            policies=tuple(documents),
            boundary=self._managed(boundary) if boundary else None,
            trust=role["AssumeRolePolicyDocument"],
        )

    def user(self, name: str) -> Principal | None:
        """Give a user with its own and its groups' policies, None when there is no such one."""
        return self._endpoint.kept(("iam",), ("user", name), lambda: self._load_user(name))

    def _load_user(self, name: str) -> Principal | None:
        iam = self._endpoint.client("iam")
        try:
            user = iam.get_user(UserName=name)["User"]
        except ClientError:
            return None
        documents = [
            iam.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"]
            for policy in _pages(iam.list_user_policies, "PolicyNames", UserName=name)
        ]
        attached = _pages(iam.list_attached_user_policies, "AttachedPolicies", UserName=name)
        for group in _pages(iam.list_groups_for_user, "Groups", UserName=name):
            named = {"GroupName": group["GroupName"]}
            attached += _pages(iam.list_attached_group_policies, "AttachedPolicies", **named)
            documents += [
                iam.get_group_policy(PolicyName=policy, **named)["PolicyDocument"]
                for policy in _pages(iam.list_group_policies, "PolicyNames", **named)
            ]
        documents += [self._managed(policy["PolicyArn"]) for policy in attached]
        boundary = (user.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        return Principal(
            user["Arn"],
            user["UserId"],
            tuple(documents),
            self._managed(boundary) if boundary else None,
            {},
        )

    def _managed(self, arn: str) -> Mapping[str, Any]:
        iam = self._endpoint.client("iam")
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        return dict(document)

    def look_up(self, service: str, kind: str, name: str, region: str) -> str | None:
        """Find the ARN of a resource whose name in a call is not the one in its ARN.

        For ``dynamodb`` and ``partition-key`` it is the name of a table's partition key instead.
        """
        return self._endpoint.kept(
            (service,), ("arn", service, kind, name, region), lambda: self._find(service, kind, name, region)
        )

    def _find(self, service: str, kind: str, name: str, region: str) -> str | None:
        if (service, kind) == ("config", "config-rule"):
            config = self._endpoint.client("config", region)
            found = _or_nothing(config.describe_config_rules, ConfigRuleNames=[name]).get("ConfigRules")
            return found[0]["ConfigRuleArn"] if found else None
        if (service, kind) == ("kms", "alias"):
            aliases = _pages(self._endpoint.client("kms", region).list_aliases, "Aliases")
            keys = [alias.get("TargetKeyId") for alias in aliases if alias["AliasName"] == name]
            partition = region_partition(region)
            return f"arn:{partition}:kms:{region}:{ACCOUNT}:key/{keys[0]}" if keys and keys[0] else None
        if (service, kind) == ("dynamodb", "partition-key"):
            described = _or_nothing(self._endpoint.client("dynamodb", region).describe_table, TableName=name)
            keys = described.get("Table", {}).get("KeySchema", ())
            return next((key["AttributeName"] for key in keys if key["KeyType"] == "HASH"), None)
        if service == "iam" and kind in ("role", "user"):
            principal = self.role(name) if kind == "role" else self.user(name)
            return principal.arn if principal else None
        return None


def region_partition(region: str) -> str:
    """Give the partition of a region."""
    from moto.utilities.utils import get_partition

    return str(get_partition(region))


def _function_name(name_or_arn: str, region: str) -> tuple[str, str]:
    if not name_or_arn.startswith("arn:"):
        return name_or_arn.rpartition("function:")[2].partition(":")[0], region
    parts = name_or_arn.split(":")
    return parts[6], parts[3]


def _pages(operation: Any, member: str, **parameters: object) -> list[Any]:
    found: list[Any] = []
    more: dict[str, object] = {}
    while True:
        page = operation(**parameters, **more)
        found += page.get(member) or []
        if page.get("NextToken"):
            more = {"NextToken": page["NextToken"]}
        elif page.get("IsTruncated"):
            more = {"Marker": page["Marker"]}
        else:
            return found


def _or_nothing(operation: Any, **parameters: object) -> dict[str, Any]:
    try:
        return dict(operation(**parameters))
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return {}
        raise
