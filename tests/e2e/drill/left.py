"""What is left of a drill, as AWS and Rearm see it."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.world import World

MARK = "-drill-"


def resources(world: World) -> set[str]:
    """Name everything that is called as a drill's, but for keys that wait for their deletion."""
    client = world.account.client
    trails = client("cloudtrail").list_trails()["Trails"]
    buckets = client("s3").list_buckets()["Buckets"]
    topics = client("sns").list_topics()["Topics"]
    aliases = client("kms").list_aliases()["Aliases"]
    names = [
        *(f"trail {one['Name']}" for one in trails),
        *(f"bucket {one['Name']}" for one in buckets),
        *(f"topic {one['TopicArn'].rpartition(':')[2]}" for one in topics),
        *(f"key {one['AliasName']}" for one in aliases),
    ]
    return {name for name in names if MARK in name}


def items(world: World, group: str) -> dict[str, dict[str, Any]]:
    """Return what a group of the table holds, by key."""
    pages = world.account.client("dynamodb").get_paginator("query")
    found = {}
    for page in pages.paginate(
        TableName=f"{world.account.name}-records",
        KeyConditionExpression="#g = :g",
        ExpressionAttributeNames={"#g": "group"},
        ExpressionAttributeValues={":g": {"S": group}},
    ):
        for item in page["Items"]:
            found[item["key"]["S"]] = json.loads(item["content"]["S"])
    return found


def end_exceptions(world: World) -> None:
    """Take every exception out of the table, as time does."""
    for name in items(world, "exception"):
        key = {"group": {"S": "exception"}, "key": {"S": name}}
        world.account.client("dynamodb").delete_item(TableName=f"{world.account.name}-records", Key=key)


def sweep(world: World) -> None:
    """Let both automations look at everything."""
    for automation in ("cloudtrail", "trail_storage"):
        world.aws.run_schedule(f"{world.account.name}-{automation}-sweep")
        world.aws.wait_idle(120)
