"""Which resources IAM checks for a call to Lambda."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
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
