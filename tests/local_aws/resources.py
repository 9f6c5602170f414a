"""The ARNs that IAM checks a call against.

What each action can be limited to:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
A call of which this is not known here is an error: taken for ``*`` it would be allowed by statements that
AWS does not apply to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.local_aws.unlimited import UNLIMITED_OPERATIONS

if TYPE_CHECKING:
    from tests.local_aws.requests import AwsRequest

Lookup = Callable[[str, str, str], str | None]
"""Finds the ARN of a resource whose name in a call is not the one in its ARN.

Called with the service's IAM prefix, the type (``config-rule``, ``alias``, ``role``...) and the name;
returns None when there is no such resource.
"""


class UnknownResource(ValueError):
    """It is not known here which resource IAM checks for a call; the message names the call."""


def resource_arns(
    request: AwsRequest, account: str, partition: str, lookup: Lookup | None = None
) -> tuple[str, ...]:
    """Give the ARNs of everything that a caller must be allowed to touch for a call.

    Parameters
    ----------
    request
        The call.
    account
        The caller's account, 12 digits; a resource of another account is named by its ARN in the call.
    partition
        ``aws``, ``aws-cn``...
    lookup
        Finds ARNs that hold an id or path that the call does not: Config rules, KMS aliases, IAM entities.
        Where it finds nothing the name stands in the id's place, so that only a wildcard covers it.

    Returns
    -------
    tuple of str
        ``("*",)`` for an operation that no resource can be named for.

    Raises
    ------
    UnknownResource
        When the operation supports resources and it is not known here which the call is about, or `lookup`
        is needed and was not given.
    """
    if request.operation in UNLIMITED_OPERATIONS.get(request.service, ()):
        return ("*",)
    resolver = _RESOLVERS.get(request.service)
    arns = tuple(resolver(_Call(request, account, partition, lookup))) if resolver else ()
    if not arns:
        raise UnknownResource(
            f"which resource IAM checks for {request.service} {request.operation} is not known"
        )
    return arns


@dataclass(frozen=True)
class _Call:
    request: AwsRequest
    account: str
    partition: str
    lookup: Lookup | None

    @property
    def operation(self) -> str:
        return self.request.operation

    def text(self, *names: str) -> str:
        """Give the first of the parameters that is there, as a text; empty if none is."""
        return next((str(found) for name in names if (found := self.request.parameters.get(name))), "")

    def texts(self, *names: str) -> list[str]:
        """Give what the first of the parameters that is there holds, one text or a list of them."""
        for name in names:
            found = self.request.parameters.get(name)
            if found:
                return [found] if isinstance(found, str) else [str(one) for one in found]
        return []

    def arn(self, resource: str, *, region: str | None = None, service: str | None = None) -> str:
        """Make an ARN of the caller's account, in the request's region unless told otherwise."""
        where = self.request.region if region is None else region
        return f"arn:{self.partition}:{service or self.request.service}:{where}:{self.account}:{resource}"

    def named(self, prefix: str, name: str) -> str:
        """Make an ARN of a name, which may be one already."""
        return name if name.startswith("arn:") else self.arn(f"{prefix}{name}")

    def found(self, kind: str, name: str, *, otherwise: str) -> str:
        """Look up the ARN of a name."""
        if name.startswith("arn:"):
            return name
        if self.lookup is None:
            raise UnknownResource(f"the ARN of {self.request.service} {kind} {name} must be looked up")
        return self.lookup(self.request.service, kind, name) or otherwise


_Resolver = Callable[[_Call], Iterator[str]]


@dataclass(frozen=True)
class _Named:
    """A resource that parameters name, each by its whole ARN or by what follows the prefix in it."""

    prefix: str
    parameters: tuple[str, ...]
    operations: frozenset[str] | None = None


def _by_name(*resources: _Named) -> _Resolver:
    """Take the first kind of resource of which the call has a parameter."""

    def resolve(call: _Call) -> Iterator[str]:
        for resource in resources:
            names = call.texts(*resource.parameters)
            if names and (resource.operations is None or call.operation in resource.operations):
                yield from (call.named(resource.prefix, name) for name in names)
                return

    return resolve


def _sns(call: _Call) -> Iterator[str]:
    if call.operation in ("Publish", "PublishBatch") and call.text("PhoneNumber"):
        yield "*"
    elif call.operation == "CreateTopic":
        yield call.arn(call.text("Name"))
    else:
        yield from call.texts("TopicArn", "TargetArn", "ResourceArn")


def _sqs(call: _Call) -> Iterator[str]:
    if url := call.text("QueueUrl"):
        # The last two parts of the path are the owner's account and the name.
        owner, name = urlsplit(url).path.rstrip("/").rsplit("/", 2)[-2:]
        yield f"arn:{call.partition}:sqs:{call.request.region}:{owner}:{name}"
    elif name := call.text("QueueName"):
        owner = call.text("QueueOwnerAWSAccountId") or call.account
        yield f"arn:{call.partition}:sqs:{call.request.region}:{owner}:{name}"
    else:
        yield from call.texts("SourceArn")


_RULE_OPERATIONS = frozenset({"DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "PutRule"})
_BUS_OPERATIONS = frozenset({"CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"})


def _events(call: _Call) -> Iterator[str]:
    rule = call.text("Rule") or (call.text("Name") if call.operation in _RULE_OPERATIONS else "")
    if rule:
        bus = call.text("EventBusName").rpartition("/")[2]
        yield call.arn(f"rule/{rule}" if bus in ("", "default") else f"rule/{bus}/{rule}")
    elif call.operation == "PutEvents":
        buses = {entry.get("EventBusName") or "default" for entry in call.request.parameters["Entries"]}
        yield from (call.named("event-bus/", bus) for bus in sorted(buses))
    elif call.operation in _BUS_OPERATIONS:
        yield call.named("event-bus/", call.text("Name") or "default")
    else:
        yield from call.texts("ResourceARN")


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


def _config(call: _Call) -> Iterator[str]:
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


def _kms(call: _Call) -> Iterator[str]:
    alias = call.text("AliasName")
    if alias:
        yield call.arn(alias)
        if call.operation == "DeleteAlias":
            yield call.found("alias", alias, otherwise=call.arn(f"key/{alias}"))
    if key := call.text("KeyId", "TargetKeyId"):
        resource = key.rpartition(":")[2]
        if resource.startswith("alias/"):
            yield _key_of_alias(call, key, resource)
        else:
            yield call.named("key/", key)


def _key_of_alias(call: _Call, key: str, alias: str) -> str:
    # A key's alias is resolved before the call is authorised, also when it is named by the alias's ARN.
    account = key.split(":")[4] if key.startswith("arn:") else call.account
    if account != call.account:
        raise UnknownResource(f"the key of the other account's {key} is not known")
    return call.found("alias", alias, otherwise=call.arn(f"key/{alias}"))


def _logs(call: _Call) -> Iterator[str]:
    if call.operation.endswith("ScheduledQuery"):
        return
    # What AWS names in its own refusals: a group with an empty stream, or one stream of a group.
    stream = call.text("logStreamName") if call.operation in _LOG_STREAM_OPERATIONS else ""
    for group in call.texts("logGroupName", "logGroupIdentifier", "logGroupIdentifiers", "logGroupNames"):
        arn = call.named("log-group:", group.removesuffix(":*"))
        yield f"{arn}:log-stream:{stream}"
    if arn := call.text("resourceArn"):
        yield arn.removesuffix(":*")


_LOG_STREAM_OPERATIONS = frozenset({"CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents"})


def _lambda(call: _Call) -> Iterator[str]:
    if call.operation == "PutFunctionCodeSigningConfig":
        yield call.text("CodeSigningConfigArn")
    if mapping := call.text("UUID"):
        yield call.arn(f"event-source-mapping:{mapping}")
    elif function := call.text("FunctionName"):
        # A function is named by its name, by account and name, or by its ARN, with or without a qualifier.
        account, separator, rest = function.partition(":function:")
        name = rest if separator else function
        owner = account if separator and not account.startswith("arn:") else call.account
        arn = (
            function
            if function.startswith("arn:")
            else f"arn:{call.partition}:lambda:{call.request.region}:{owner}:function:{name}"
        )
        qualifier = call.text("Qualifier")
        yield f"{arn}:{qualifier}" if qualifier else arn
    elif layer := call.text("LayerName"):
        version = call.text("VersionNumber")
        arn = call.named("layer:", layer)
        yield f"{arn}:{version}" if version else arn
    else:
        yield from call.texts("Resource", "CodeSigningConfigArn", "Arn", "DurableExecutionArn")


def _s3(call: _Call) -> Iterator[str]:
    bucket = call.text("Bucket")
    if not bucket:
        return
    arn = bucket if bucket.startswith("arn:") else f"arn:{call.partition}:s3:::{bucket}"
    objects: Sequence[Mapping[str, Any]] = (call.request.parameters.get("Delete") or {}).get("Objects", ())
    if objects:
        yield from (f"{arn}/{one['Key']}" for one in objects)
    elif key := call.text("Key"):
        yield f"{arn}/{key}"
    else:
        yield arn


_IAM_ENTITIES = {
    "AddRoleToInstanceProfile": ("instance-profile", "InstanceProfileName"),
    "RemoveRoleFromInstanceProfile": ("instance-profile", "InstanceProfileName"),
    "AddUserToGroup": ("group", "GroupName"),
    "RemoveUserFromGroup": ("group", "GroupName"),
}
_IAM_CREATED = {"CreateGroup", "CreateInstanceProfile", "CreatePolicy", "CreateRole", "CreateUser"}
_IAM_PARAMETERS = (
    ("role", "RoleName"),
    ("user", "UserName"),
    ("group", "GroupName"),
    ("instance-profile", "InstanceProfileName"),
    ("server-certificate", "ServerCertificateName"),
)


def _iam(call: _Call) -> Iterator[str]:
    candidates = [_IAM_ENTITIES[call.operation]] if call.operation in _IAM_ENTITIES else _IAM_PARAMETERS
    for kind, parameter in candidates:
        if name := call.text(parameter):
            if call.operation in _IAM_CREATED:
                yield call.arn(f"{kind}{call.text('Path') or '/'}{name}", region="")
            else:
                yield call.found(kind, name, otherwise=call.arn(f"{kind}/{name}", region=""))
            return
    if call.operation == "CreatePolicy":
        yield call.arn(f"policy{call.text('Path') or '/'}{call.text('PolicyName')}", region="")
        return
    yield from call.texts(
        "PolicyArn", "OpenIDConnectProviderArn", "SAMLProviderArn", "Arn", "PolicySourceArn"
    )


def _dynamodb(call: _Call) -> Iterator[str]:
    if items := call.request.parameters.get("RequestItems"):
        yield from (call.named("table/", table) for table in items)
    elif table := call.text("TableName"):
        arn = call.named("table/", table)
        index = call.text("IndexName")
        yield f"{arn}/index/{index}" if index and call.operation in ("Query", "Scan") else arn
    elif call.operation not in _DYNAMODB_SEVERAL:
        yield from call.texts("ResourceArn", "TableArn", "BackupArn", "ExportArn", "ImportArn")


_DYNAMODB_SEVERAL = frozenset({"RestoreTableFromBackup"})
_SECURITY_GROUP_OPERATIONS = frozenset(
    {
        "AuthorizeSecurityGroupEgress",
        "AuthorizeSecurityGroupIngress",
        "DeleteSecurityGroup",
        "RevokeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
        "UpdateSecurityGroupRuleDescriptionsEgress",
        "UpdateSecurityGroupRuleDescriptionsIngress",
    }
)


def _ec2(call: _Call) -> Iterator[str]:
    if call.operation not in _SECURITY_GROUP_OPERATIONS:
        return
    if group := call.text("GroupId"):
        yield call.arn(f"security-group/{group}")
    elif name := call.text("GroupName"):
        yield call.found("security-group", name, otherwise=call.arn(f"security-group/{name}"))


def _cloudwatch(call: _Call) -> Iterator[str]:
    if dashboards := call.texts("DashboardName", "DashboardNames"):
        yield from (call.arn(f"dashboard/{name}", region="") for name in dashboards)
    elif call.operation != "ListAlarmMuteRules" and (alarms := call.texts("AlarmName", "AlarmNames")):
        yield from (call.arn(f"alarm:{name}") for name in alarms)
    elif call.operation in ("DescribeAlarms", "DescribeAlarmHistory"):
        # Without a name the call is about every alarm of the account.
        yield call.arn("alarm:*")
    else:
        yield from call.texts("ResourceARN")


def _account(call: _Call) -> Iterator[str]:
    yield call.arn("account", region="")


_TRAIL_OPERATIONS = frozenset(
    {"CreateTrail", "DeleteTrail", "GetTrail", "GetTrailStatus", "StartLogging", "StopLogging", "UpdateTrail"}
)


def _ssm(call: _Call) -> Iterator[str]:
    if call.operation == "DescribeParameters":
        yield call.arn("*")
    for name in call.texts("Names", "Name", "Path", "ResourceId"):
        # A path is named as a parameter is, and an ARN has one slash where the name has none to begin with.
        yield call.named("parameter/", name if name.startswith("arn:") else name.strip("/"))


_RESOLVERS: dict[str, _Resolver] = {
    "account": _account,
    "cloudtrail": _by_name(
        _Named("trail/", ("Name",), _TRAIL_OPERATIONS),
        _Named("dashboard/", ("Name",), frozenset({"CreateDashboard"})),
        _Named("trail/", ("TrailName",)),
        _Named("eventdatastore/", ("EventDataStore", "EventDataStores")),
        _Named("channel/", ("Channel",)),
        _Named("dashboard/", ("DashboardId",)),
        _Named("", ("ResourceArn", "ResourceId", "ResourceIdList")),
    ),
    "cloudwatch": _cloudwatch,
    "config": _config,
    "dynamodb": _dynamodb,
    "ec2": _ec2,
    "events": _events,
    "iam": _iam,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "s3": _s3,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
    "sts": _by_name(_Named("", ("RoleArn",))),
}
