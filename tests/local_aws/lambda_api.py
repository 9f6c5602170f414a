"""Lambda's API where moto is lax or needs Docker."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from moto.awslambda.models import lambda_backends

from tests.local_aws.answers import Answer, AwsError, HttpRequest
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.deployed import Deployed, Function
from tests.local_aws.endpoint import Endpoint
from tests.local_aws.functions import Functions
from tests.local_aws.identity import ACCOUNT
from tests.local_aws.resource_policy import allows

CODE_PATH = "/local-aws/code/"
ENVIRONMENT_LIMIT = 4096
_REFUSED = (
    "Lambda was unable to configure your environment variables because "
    "the environment variables you have provided"
)
_RESERVED = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip


class LambdaApi:
    """Overlays of the ``lambda`` service."""

    def __init__(self, endpoint: Endpoint, deployed: Deployed, functions: Functions) -> None:
        self._endpoint = endpoint
        self._deployed = deployed
        self._functions = functions

    def overlays(self) -> dict[tuple[str, str], Overlay]:
        """Give the operations that are answered here."""
        return {
            ("lambda", "CreateEventSourceMapping"): _refuse,
            ("lambda", "CreateFunction"): self._create,
            ("lambda", "GetFunction"): self._get,
            ("lambda", "Invoke"): self._invoke,
            ("lambda", "PutFunctionEventInvokeConfig"): self._put_event_invoke_config,
            ("lambda", "UpdateFunctionConfiguration"): self._update_configuration,
        }

    def code(self, http: HttpRequest) -> Answer:
        """Serve a function's zip where GetFunction says it is."""
        region, _, name = unquote(http.path.removeprefix(CODE_PATH)).partition("/")
        function = self._deployed.function(name, region)
        if function is None:
            return Answer(404, {}, b"")
        return Answer(200, {"Content-Type": "application/zip"}, function.code)

    def _invoke(self, incoming: Incoming) -> Answer:
        parameters = incoming.parameters
        function = self._existing(str(parameters["FunctionName"]), incoming.region)
        payload = bytes(parameters.get("Payload") or b"") or b"{}"
        try:
            json.loads(payload)
        except ValueError as error:
            message = f"Could not parse request body into json: {error}"
            raise AwsError("InvalidRequestContentException", message) from error
        kind = parameters.get("InvocationType", "RequestResponse")
        if kind == "DryRun":
            return Answer(204, {}, b"")
        if kind == "Event":
            self._functions.accept(function, payload)
            return Answer(202, {}, b"")
        outcome = self._functions.invoke(function, payload)
        headers = {"Content-Type": "application/json", "X-Amz-Executed-Version": "$LATEST"}
        if outcome.error:
            headers["X-Amz-Function-Error"] = outcome.error
        if parameters.get("LogType") == "Tail":
            tail = "\n".join(outcome.lines).encode()[-4096:]
            headers["X-Amz-Log-Result"] = base64.b64encode(tail).decode()
        return Answer(200, headers, outcome.payload)

    def _existing(self, name: str, region: str) -> Function:
        function = self._deployed.function(name, region)
        if function is None:
            arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"
            raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404)
        return function

    def _create(self, incoming: Incoming) -> Answer:
        _check_environment(incoming.parameters)
        self._check_role(incoming.parameters.get("Role"))
        return incoming.forward()

    def _update_configuration(self, incoming: Incoming) -> Answer:
        _check_environment(incoming.parameters)
        if "Role" in incoming.parameters:
            self._check_role(incoming.parameters["Role"])
        return incoming.forward()

    def _check_role(self, arn: str | None) -> None:
        role = self._deployed.role(str(arn).rpartition("/")[2])
        if (
            role is None
            or role.arn != arn
            or not allows(role.trust, "lambda.amazonaws.com", "sts:AssumeRole", role.arn, {})
        ):
            message = "The role defined for the function cannot be assumed by Lambda."
            raise AwsError("InvalidParameterValueException", message)

    def _get(self, incoming: Incoming) -> Answer:
        """Give the zip's place on this server instead of on S3."""
        answer = incoming.forward()
        if answer.status != 200:
            return answer
        content = json.loads(answer.body)
        name = quote(content["Configuration"]["FunctionName"])
        if content.get("Code", {}).get("RepositoryType") != "ECR":
            location = f"{self._endpoint.url}{CODE_PATH}{incoming.region}/{name}"
            content["Code"] = {"RepositoryType": "S3", "Location": location}
        return Answer(answer.status, answer.headers, json.dumps(content).encode())

    def _put_event_invoke_config(self, incoming: Incoming) -> Answer:
        """Let a second configuration replace the first; moto keeps answering with the first."""
        name = str(incoming.parameters["FunctionName"])
        function = self._existing(name, incoming.region)
        lambda_backends[ACCOUNT][incoming.region].get_function(function.name).event_invoke_config = []
        return incoming.forward()


def _refuse(incoming: Incoming) -> Answer:
    # moto would run the function in Docker.
    raise AwsError("InternalFailure", "event source mappings are not imitated here", 501)


def _check_environment(parameters: Mapping[str, Any]) -> None:
    """Refuse what Lambda refuses.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    variables = (parameters.get("Environment") or {}).get("Variables") or {}
    reserved = sorted(_RESERVED & variables.keys())
    if reserved:
        raise AwsError(
            "InvalidParameterValueException",
            f"{_REFUSED} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}",
        )
    measured = json.dumps(variables, separators=(",", ":"))
    if len(measured.encode()) > ENVIRONMENT_LIMIT:
        raise AwsError(
            "InvalidParameterValueException",
            f"{_REFUSED} exceeded the 4KB limit. String measured: {measured}",
        )
