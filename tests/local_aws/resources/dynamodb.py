"""Which resources IAM checks for a call to DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    if items := call.request.parameters.get("RequestItems"):
        yield from (call.named("table/", table) for table in items)
    elif table := call.text("TableName"):
        arn = call.named("table/", table)
        index = call.text("IndexName")
        yield f"{arn}/index/{index}" if index and call.operation in ("Query", "Scan") else arn
    elif call.operation not in _DYNAMODB_SEVERAL:
        yield from call.texts("ResourceArn", "TableArn", "BackupArn", "ExportArn", "ImportArn")


_DYNAMODB_SEVERAL = frozenset({"RestoreTableFromBackup"})
