"""What is wrong with the parts that all automations share: topics, queue, table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from rearm.automations import Look
from rearm.automations.self_guard.parts import Deviation, Kind, Part, found, hashed_policy, told
from rearm.aws import items_of, malformed
from rearm.model import Action, Check, Finding, Severity

NOT_CONFIRMED = frozenset({"PendingConfirmation", "Deleted"})


def check_topic(part: Part, look: Look) -> Iterator[Deviation]:
    """Look at a topic: that it is there, who may use it, and that those are subscribed who were.

    Source: https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
    """
    answer = found(look, "sns", "GetTopicAttributes", {"TopicArn": part.arn}, "Attributes")
    if answer is None:
        yield told(
            part,
            look,
            "topic-deleted",
            f"The topic {part.name} was deleted: nobody gets to read what goes there.",
            ("DeleteTopic",),
            severity=Severity.CRITICAL,
            kind=Kind.MISSING,
        )
        return
    attributes: Mapping[str, Any] = answer.get("Attributes") or {}
    if _policy(attributes.get("Policy"), "sns", "GetTopicAttributes") != part.wanted["policy"]:
        yield told(
            part,
            look,
            "topic-policy-changed",
            f"The policy of the topic {part.name} is not the deployed one: others may publish or subscribe, "
            "or Rearm may not publish.",
            ("SetTopicAttributes", "AddPermission", "RemovePermission"),
        )
    key = attributes.get("KmsMasterKeyId") or None
    if key != part.wanted.get("key"):
        yield told(
            part,
            look,
            "topic-key-changed",
            f"The topic {part.name} is encrypted with {key or 'no key'}, "
            f"not with {part.wanted.get('key') or 'none'}.",
            ("SetTopicAttributes",),
        )
    yield from _subscriptions(part, look)


def _subscriptions(part: Part, look: Look) -> Iterator[Deviation]:
    """Source: https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html."""
    wanted: list[str] = part.declared["subscriptions"]
    if not wanted:
        return
    subscribed: dict[str, str] = {}
    for page in look.aws.pages("sns", look.region, "ListSubscriptionsByTopic", {"TopicArn": part.arn}):
        for one in items_of(page, "sns", "ListSubscriptionsByTopic", "Subscriptions"):
            told_as = hashlib.sha256(f"{one.get('Protocol')} {one.get('Endpoint')}".encode()).hexdigest()
            subscribed[told_as] = str(one.get("SubscriptionArn"))
    gone = sum(1 for one in wanted if one not in subscribed or subscribed[one] == "Deleted")
    if gone:
        yield told(
            part,
            look,
            "subscription-removed",
            f"{gone} of the {len(wanted)} addresses of notification_emails are not subscribed to the topic "
            f"{part.name} any more.",
            ("Unsubscribe",),
            advice=("Each address that is subscribed again has to confirm it.",),
            kind=Kind.MISSING,
        )
    take_off = (
        "aws sns set-subscription-attributes --attribute-name FilterPolicy --attribute-value '{}' "
        f"--region {look.region}"
    )
    for arn in (subscribed[one] for one in wanted if one in subscribed):
        if arn in NOT_CONFIRMED:
            continue
        answer = found(look, "sns", "GetSubscriptionAttributes", {"SubscriptionArn": arn}, "Attributes")
        if answer and (answer.get("Attributes") or {}).get("FilterPolicy") not in (None, "", "{}"):
            yield told(
                part,
                look,
                "subscription-filtered",
                f"A subscription of the topic {part.name} has a filter: not all that Rearm says arrives.",
                ("SetSubscriptionAttributes",),
                advice=(f"{take_off} --subscription-arn {arn}",),
            )


def check_queue(part: Part, look: Look) -> Iterator[Deviation]:
    """Look at the queue of failures: that it is there, and keeps what it is sent.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """
    where = found(look, "sqs", "GetQueueUrl", {"QueueName": part.name}, "QueueUrl")
    if where is None:
        yield told(
            part,
            look,
            "queue-deleted",
            f"The queue {part.name} was deleted: what fails is lost.",
            ("DeleteQueue",),
            kind=Kind.MISSING,
        )
        return
    asked = {
        "QueueUrl": where.get("QueueUrl"),
        "AttributeNames": ["Policy", "MessageRetentionPeriod", "SqsManagedSseEnabled"],
    }
    attributes = (found(look, "sqs", "GetQueueAttributes", asked, "Attributes") or {}).get("Attributes") or {}
    wrong = []
    if _policy(attributes.get("Policy"), "sqs", "GetQueueAttributes") != part.wanted["policy"]:
        wrong.append("its policy is not the deployed one")
    if attributes.get("MessageRetentionPeriod") != str(part.wanted["retention"]):
        wrong.append(f"it keeps messages for {attributes.get('MessageRetentionPeriod')} seconds")
    if attributes.get("SqsManagedSseEnabled") != "true":
        wrong.append("it is not encrypted")
    if wrong:
        yield told(
            part,
            look,
            "queue-changed",
            f"The queue {part.name} was changed: {', '.join(wrong)}.",
            ("SetQueueAttributes", "AddPermission", "RemovePermission"),
        )


def check_table(part: Part, look: Look) -> Iterator[Deviation]:
    """Look at the table: that it is there, and that nothing in it is lost.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
    """
    named = {"TableName": part.name}
    answer = found(look, "dynamodb", "DescribeTable", named, "Table")
    if answer is None:
        yield told(
            part,
            look,
            "table-deleted",
            f"The table {part.name} was deleted, with all baselines and responses: nothing can be compared.",
            ("DeleteTable",),
            severity=Severity.CRITICAL,
            advice=("Its point-in-time backup can be restored for 35 days.",),
            kind=Kind.MISSING,
        )
        return
    protected = (answer.get("Table") or {}).get("DeletionProtectionEnabled") is True
    protect = "aws dynamodb update-table --deletion-protection-enabled"
    if part.wanted["protected"] and not protected:
        yield told(
            part,
            look,
            "table-unprotected",
            f"The deletion protection of the table {part.name} is off.",
            ("UpdateTable",),
            advice=(f"{protect} --table-name {part.name} --region {look.region}",),
        )
    yield from _writers(part, look)
    yield from _backups(part, look)
    yield from _expiry(part, look)


def _writers(part: Part, look: Look) -> Iterator[Deviation]:
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetResourcePolicy.html."""
    answer = found(look, "dynamodb", "GetResourcePolicy", {"ResourceArn": part.arn}, "Policy")
    policy = _policy(answer.get("Policy"), "dynamodb", "GetResourcePolicy") if answer else ""
    if policy != part.wanted["policy"]:
        yield told(
            part,
            look,
            "table-policy-changed",
            f"The policy of the table {part.name} is {'not the deployed one' if policy else 'gone'}: "
            "others may write baselines and exceptions.",
            ("PutResourcePolicy", "DeleteResourcePolicy"),
            severity=Severity.CRITICAL,
            # It is removed before the table is, and written after it.
            kind=Kind.TOLD if policy else Kind.MISSING,
        )


def _backups(part: Part, look: Look) -> Iterator[Deviation]:
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html."""
    named = {"TableName": part.name}
    answer = found(look, "dynamodb", "DescribeContinuousBackups", named, "ContinuousBackupsDescription") or {}
    path = "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus"
    status = _at(answer, path)
    if status == "ENABLED":
        return
    undo = Action(
        "dynamodb",
        "UpdateContinuousBackups",
        _recovery(part, on=False),
        look.region,
        "switch point-in-time recovery off again",
        check=Check("dynamodb", "DescribeContinuousBackups", named, look.region, path, "ENABLED"),
    )
    enable = Action(
        "dynamodb",
        "UpdateContinuousBackups",
        _recovery(part, on=True),
        look.region,
        "switch point-in-time recovery on",
        undo,
    )
    finding = Finding(
        rule="table-backups-off",
        resource=part.resource(look),
        problem=f"The table {part.name} has no point-in-time recovery: what is deleted in it is lost.",
        severity=Severity.HIGH,
        actions=(enable,),
        causes=("UpdateContinuousBackups",),
    )
    yield Deviation(finding, Kind.OFF)


def _expiry(part: Part, look: Look) -> Iterator[Deviation]:
    """Look at what DynamoDB removes by itself: by another attribute it would remove baselines.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html
    """
    named = {"TableName": part.name}
    answer = found(look, "dynamodb", "DescribeTimeToLive", named, "TimeToLiveDescription") or {}
    description = answer.get("TimeToLiveDescription") or {}
    status, attribute = description.get("TimeToLiveStatus"), description.get("AttributeName")
    wanted = part.wanted["expiry"]
    on = status in ("ENABLED", "ENABLING")
    if on and attribute == wanted:
        return
    if on:
        yield told(
            part,
            look,
            "table-expiry-changed",
            f"DynamoDB removes items of the table {part.name} by {attribute}, not by {wanted}: "
            "baselines can go.",
            ("UpdateTimeToLive",),
            severity=Severity.CRITICAL,
        )
        return
    check = Check(
        "dynamodb", "DescribeTimeToLive", named, look.region, "TimeToLiveDescription.AttributeName", wanted
    )
    undo = Action(
        "dynamodb",
        "UpdateTimeToLive",
        _living(part, on=False),
        look.region,
        "let nothing expire again",
        check=check,
    )
    enable = Action(
        "dynamodb", "UpdateTimeToLive", _living(part, on=True), look.region, "let what is old expire", undo
    )
    finding = Finding(
        rule="table-expiry-off",
        resource=part.resource(look),
        problem=f"Nothing in the table {part.name} expires any more: it grows for ever.",
        severity=Severity.MEDIUM,
        actions=(enable,),
        causes=("UpdateTimeToLive",),
    )
    yield Deviation(finding, Kind.OFF)


def _recovery(part: Part, *, on: bool) -> dict[str, object]:
    return {"TableName": part.name, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": on}}


def _living(part: Part, *, on: bool) -> dict[str, object]:
    specification = {"Enabled": on, "AttributeName": part.wanted["expiry"]}
    return {"TableName": part.name, "TimeToLiveSpecification": specification}


def _at(answer: Mapping[str, Any], path: str) -> object:
    value: object = answer
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _policy(policy: object, service: str, operation: str) -> str:
    try:
        return hashed_policy(policy) if policy else ""
    except ValueError as error:
        raise malformed(service, operation, "Policy is no JSON") from error
