"""IAM: every call of a function is decided by its role's deployed policies, and kept."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.local_aws.answers import AwsError
from tests.local_aws.authorizer import Context, Decision, authorize
from tests.local_aws.calls import FunctionCall
from tests.local_aws.condition_keys import condition_keys, implied
from tests.local_aws.deployed import Deployed, Principal, region_partition
from tests.local_aws.endpoint import Endpoint
from tests.local_aws.identity import ACCOUNT, Identity
from tests.local_aws.requests import AwsRequest, action, resource_arns
from tests.local_aws.timeline import Timeline

_DENIALS = {"ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}
# Allowed to everybody, whatever a policy says.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
WHO_AM_I = "sts:GetCallerIdentity"
_PLAIN_DENIALS = frozenset({"cloudwatch", "iam", "s3", "sqs", "sts"})


class Enforcement:
    """Decides calls and remembers those of functions."""

    def __init__(self, endpoint: Endpoint, deployed: Deployed, timeline: Timeline) -> None:
        self._endpoint = endpoint
        self._deployed = deployed
        self._timeline = timeline
        self._lock = threading.Lock()
        self._calls: list[FunctionCall] = []

    @property
    def calls(self) -> list[FunctionCall]:
        """The calls of functions so far."""
        with self._lock:
            return list(self._calls)

    def check(
        self, identity: Identity, request: AwsRequest, *, caller: str = "function", user_agent: str = ""
    ) -> FunctionCall | None:
        """Decide a call and remember it if it is a function's.

        Returns
        -------
        FunctionCall or None
            The call as it was remembered; None for somebody else's.

        Raises
        ------
        AwsError
            When IAM denies the call.
        UnknownAction, UnknownResource
            When it is not known here what IAM checks the call against.
        """
        principal = self._principal(identity)
        wanted = action(request)
        partition = region_partition(request.region)

        def look_up(service: str, kind: str, name: str) -> str | None:
            return self._deployed.look_up(service, kind, name, request.region)

        resources = resource_arns(request, ACCOUNT, partition, look_up)
        said = condition_keys(request, lambda table: look_up("dynamodb", "partition-key", table))
        context = {**_context(identity, request, user_agent), **said}
        decision = self._decide(identity, principal, wanted, resources, context)
        call = self._remember(identity, request, caller, wanted, resources, decision, said)
        if not decision.allowed:
            raise denial(identity, request.service, wanted, decision)
        for also in implied(request):
            touched = (also.resource,) if also.resource else resources
            decision = self._decide(identity, principal, also.action, touched, {**context, **also.context})
            self._remember(identity, request, caller, also.action, touched, decision, also.context)
            if not decision.allowed:
                raise denial(identity, request.service, also.action, decision)
        if (request.service, request.operation) == ("sns", "Publish"):
            self._check_key(identity, principal, request)
        return call

    def finish(self, call: FunctionCall, status: int, error: str) -> None:
        """Complete a remembered call with its answer."""
        with self._lock:
            index = next(i for i, kept in enumerate(self._calls) if kept is call)
            self._calls[index] = replace(call, status=status, error=error)

    def _principal(self, identity: Identity) -> Principal | None:
        if identity.kind == "IAMUser":
            return self._deployed.user(identity.user_name)
        return self._deployed.role(identity.role_name)

    def _decide(
        self,
        identity: Identity,
        principal: Principal | None,
        wanted: str,
        resources: tuple[str, ...],
        context: Context,
    ) -> Decision:
        if wanted == WHO_AM_I:
            return Decision(True, "because nobody needs a permission for it", resources[0])
        if principal is None:
            return Decision(False, "because the role or user does not exist", resources[0])
        return authorize(principal.policies, principal.boundary, wanted, resources, context)

    def _remember(
        self,
        identity: Identity,
        request: AwsRequest,
        caller: str,
        wanted: str,
        resources: tuple[str, ...],
        decision: Decision,
        said: Context | None = None,
    ) -> FunctionCall | None:
        if identity.function_arn is None:
            return None
        refused = None if decision.allowed else denial(identity, request.service, wanted, decision)
        call = FunctionCall(
            at=datetime.now(UTC),
            function=identity.function_arn.split(":")[6],
            caller=caller,
            service=request.service,
            operation=request.operation,
            action=wanted,
            region=request.region,
            resources=resources,
            decision=decision,
            parameters=dict(request.parameters),
            said=said or {},
            status=0 if refused is None else refused.status,
            error="" if refused is None else refused.code,
        )
        with self._lock:
            self._calls.append(call)
        verdict = "" if decision.allowed else f": denied {decision.reason}"
        self._timeline.add(
            "function-call",
            f"{call.function} {'(by ' + caller + ') ' if caller != 'function' else ''}"
            f"{wanted} {', '.join(resources)}{verdict}",
            call=call,
        )
        return call

    def _check_key(self, identity: Identity, principal: Principal | None, request: AwsRequest) -> None:
        """Check the customer's key of an encrypted topic, which SNS uses as the caller.

        https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        """
        arn = request.parameters.get("TopicArn") or request.parameters.get("TargetArn")
        if not arn:
            return
        region = arn.split(":")[3]
        key = self._endpoint.kept(("sns",), ("topic key", arn), lambda: self._topic_key(arn, region))
        if not key or "alias/aws/" in key:
            return
        for operation in ("GenerateDataKey", "Decrypt"):
            used = AwsRequest("kms", operation, region, identity.access_key, {"KeyId": key})
            resources = resource_arns(
                used,
                ACCOUNT,
                region_partition(region),
                lambda service, kind, name: self._deployed.look_up(service, kind, name, region),
            )
            context = {
                **_context(identity, used, ""),
                "kms:ViaService": f"sns.{region}.amazonaws.com",
                "aws:ViaAWSService": "true",
            }
            decision = self._decide(identity, principal, f"kms:{operation}", resources, context)
            self._remember(identity, used, "sns", f"kms:{operation}", resources, decision)
            if not decision.allowed:
                raise AwsError(
                    "KMSAccessDenied", denial(identity, "kms", f"kms:{operation}", decision).message, 400
                )

    def _topic_key(self, arn: str, region: str) -> str:
        from botocore.exceptions import ClientError

        try:
            attributes = self._endpoint.client("sns", region).get_topic_attributes(TopicArn=arn)["Attributes"]
        except ClientError:
            return ""
        return str(attributes.get("KmsMasterKeyId") or "")


def denial(identity: Identity, service: str, wanted: str, decision: Decision) -> AwsError:
    """Word a denial as the service does."""
    code = _DENIALS.get(service) or ("AccessDenied" if service in _PLAIN_DENIALS else "AccessDeniedException")
    resource = "" if decision.resource == "*" else f" on resource: {decision.resource}"
    message = f"User: {identity.arn} is not authorized to perform: {wanted}{resource} {decision.reason}"
    return AwsError(code, message, 403 if service in _PLAIN_DENIALS or service in ("lambda", "sns") else 400)


def _context(identity: Identity, request: AwsRequest, user_agent: str) -> Mapping[str, Any]:
    now = datetime.now(UTC)
    context = {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:PrincipalAccount": ACCOUNT,
        "aws:PrincipalArn": identity.role_arn or identity.arn,
        "aws:PrincipalType": "AssumedRole" if identity.kind == "AssumedRole" else "User",
        "aws:RequestedRegion": request.region,
        # Everything that can be called here is the account's own.
        "aws:ResourceAccount": ACCOUNT,
        # The endpoint speaks plain HTTP on loopback only; on AWS the SDKs use TLS.
        "aws:SecureTransport": "true",
        "aws:SourceIp": "127.0.0.1",
        "aws:UserAgent": user_agent,
        "aws:ViaAWSService": "false",
        "aws:userid": identity.principal_id,
    }
    if identity.kind == "IAMUser":
        context["aws:username"] = identity.user_name
    if identity.function_arn:
        context["lambda:SourceFunctionArn"] = identity.function_arn
    return context
