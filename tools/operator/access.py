"""The operator's way into a deployment: region, credentials, table, and what to do where AWS refuses."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import dataclass

from rearm.aws import Aws, AwsError
from rearm.table import Table
from tools.operator import LAMBDA_SOURCE

# What `make` passes on where nothing is given.
NAME = "rearm"
GUIDE = "docs/operator.md"
DENIED = ("AccessDenied", "UnauthorizedOperation", "AuthorizationError", "Forbidden")
WRITES = ("dynamodb:DeleteItem", "dynamodb:PutItem")
STALE = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SSOTokenLoadError",
        "SignatureDoesNotMatch",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
        "UnrecognizedClientException",
    }
)
MISSING = frozenset({"CredentialRetrievalError", "NoCredentialsError", "PartialCredentialsError"})
UNREACHED = frozenset(
    {"ConnectTimeoutError", "ConnectionClosedError", "EndpointConnectionError", "ProxyConnectionError"}
)


class OperatorError(Exception):
    """What the operator asked for cannot be done; the message says what to change."""


@dataclass(frozen=True, eq=False, repr=False)
class Access:
    """One deployment, as its operator reaches it.

    `caller` is the operator's own ARN, `account` the account that it belongs to.
    """

    name: str
    region: str
    aws: Aws
    table: Table
    caller: str
    account: str

    @property
    def partition(self) -> str:
        """The partition of the account, such as ``aws``."""
        return self.caller.split(":")[1]


def add_arguments(parser: ArgumentParser) -> None:
    """Add what every command takes: which deployment, and where."""
    parser.add_argument("--name", default=NAME, type=_name, help="the module's `name` (NAME)")
    parser.add_argument("--region", default="", help="the deployment's region (REGION)")


def open_access(name: str, region: str, aws: Aws | None = None) -> Access:
    """Find out who the operator is and where the deployment's table should be.

    Parameters
    ----------
    name, region
        As the operator gave them; without a region, that of the environment or the profile counts.
    aws
        The clients; new ones with boto3's default chain of credentials if not given.

    Raises
    ------
    OperatorError
        There is no region, or no credentials that AWS takes.
    """
    region = region or _region()
    if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-\d", region):
        given = f"The region is {region!r}" if region else "There is no region"
        raise OperatorError(f"{given}: give REGION=…, the deployment's, or set AWS_REGION.")
    aws = aws or Aws()
    try:
        caller = aws.call("sts", region, "GetCallerIdentity")
    except AwsError as error:
        raise OperatorError(explain(error, name, region)) from error
    table = Table(aws, f"{name}-records", region)
    return Access(name, region, aws, table, str(caller["Arn"]), str(caller["Account"]))


def automations() -> list[str]:
    """Name the automations that this checkout knows, by their folders."""
    folder = LAMBDA_SOURCE / "rearm" / "automations"
    return sorted(path.parent.name for path in folder.glob("*/automation.yaml"))


def explain(error: AwsError, name: str, region: str) -> str:
    """Say what went wrong, which input it depends on, and what to do about it.

    Parameters
    ----------
    error
        What AWS, or the client, said.
    name, region
        The deployment that was asked.
    """
    failure = error.failure
    said = f"({failure})"
    if failure.code in MISSING:
        return (
            "There are no AWS credentials: set AWS_PROFILE, or sign in with `aws sso login`, and try again "
            f"{said}."
        )
    if failure.code in STALE:
        return f"AWS does not take these credentials, they have ended or are wrong: sign in again {said}."
    if failure.code in UNREACHED:
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        where = f"AWS_ENDPOINT_URL is {endpoint}" if endpoint else f"REGION is {region}"
        return f"AWS could not be reached, {where}: check it and the network {said}."
    if failure.code.startswith(DENIED) and failure.call in WRITES:
        return (
            f"You may not write to the table {name}-records: your role must be in `operator_role_arns` of "
            f"the module, and may call {failure.call} as {GUIDE} has it {said}."
        )
    if failure.code.startswith(DENIED):
        return f"You may not call {failure.call}: {GUIDE} has the policy that this command needs {said}."
    if failure.code == "ResourceNotFoundException" and failure.call.startswith("dynamodb:"):
        return (
            f"There is no table {name}-records in {region}: NAME must be the module's `name` and REGION "
            f"where it is deployed, in the account of your credentials {said}."
        )
    return f"AWS did not answer as it should {said}."


def _region() -> str:
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if os.environ.get(variable):
            return os.environ[variable]
    from botocore.exceptions import ProfileNotFound
    from botocore.session import Session

    try:
        return str(Session().get_config_variable("region") or "")
    except ProfileNotFound as error:
        raise OperatorError(f"{error}: AWS_PROFILE must name one of your profiles.") from error


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,60}[a-z0-9])?", text):
        raise ArgumentTypeError(f"NAME is {text!r}; it must be the `name` of the module, such as rearm")
    return text
