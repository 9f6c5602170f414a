"""The deployment's table in moto, made in moto itself, which is quicker than by calls."""

from __future__ import annotations

from moto.dynamodb.models import dynamodb_backends

# As `table.tf` has them.
KEYS = ("group", "key")


def empty_table(name: str, region: str, account: str) -> None:
    """Forget everything that the table keeps."""
    dynamodb_backends[account][region].tables[name].items.clear()


def partition_key(name: str, region: str, account: str) -> str | None:
    """Return the name of a table's partition key; None if there is no such table."""
    table = dynamodb_backends[account][region].tables.get(name.rpartition("/")[2])
    return str(table.hash_key_attr) if table else None


def make_table(name: str, region: str, account: str, keys: tuple[str, str] = KEYS) -> None:
    """Make the table, with a partition key and a sort key, unless it is there."""
    backend = dynamodb_backends[account][region]
    if name in backend.tables:
        return
    backend.create_table(
        name,
        schema=[
            {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
        ],
        throughput=None,
        attr=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        global_indexes=None,
        indexes=None,
        streams=None,
        billing_mode="PAY_PER_REQUEST",
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )
