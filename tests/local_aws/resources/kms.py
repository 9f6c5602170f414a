"""Which resources IAM checks for a call to KMS."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call, UnknownResource


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
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


def _key_of_alias(call: Call, key: str, alias: str) -> str:
    # A key's alias is resolved before the call is authorised, also when it is named by the alias's ARN.
    account = key.split(":")[4] if key.startswith("arn:") else call.account
    if account != call.account:
        raise UnknownResource(f"the key of the other account's {key} is not known")
    return call.found("alias", alias, otherwise=call.arn(f"key/{alias}"))
