"""One AWS account in moto: how a scenario arranges it, and how an independent client reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from moto.cloudtrail.models import Trail as MotoTrail
from moto.cloudtrail.models import cloudtrail_backends
from moto.config.models import config_backends
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from tests.events.envelopes import api_event
from tests.events.identities import assumed_role
from tests.support import trail_calls
from tests.support.fake_cloudtrail import Cloudtrail
from tests.support.fake_config import Config
from tests.support.layers import Fakes
from tests.support.planned import ACCOUNT, Deployment
from tests.support.records import make_table, partition_key
from tests.support.wire import Wire, WiredSession

ORGANIZATION = "999988887777"
OTHER_REGION = "us-east-1"
BUCKET = "trail-logs"
TRAIL_KEY = "2f0c8a64-6d1b-4e3a-9c57-b1a2c3d4e5f6"
INBOX = "inbox"
BATCH = 10
LONG_AGO = timedelta(days=30)
STOPPED_AGO = timedelta(seconds=42)

Event = dict[str, Any]

_wire = Wire()
_session = WiredSession(_wire)


@cache
def client(service: str, region: str, account: str = ACCOUNT) -> Any:
    """Return a client that passes none of Rearm's code, no fault and no policy of Rearm's role."""
    made = _session.create_client(
        service, region_name=region, aws_access_key_id="observer", aws_secret_access_key="observer"
    )

    def as_account(params: dict[str, Any], **_: object) -> None:
        params["headers"]["x-moto-account-id"] = account

    made.meta.events.register("before-call", as_account)
    return made


@dataclass(frozen=True)
class Told:
    """One message that a subscriber of the notification topic has got."""

    body: str
    attributes: Mapping[str, str]


class Account:
    """The account that a deployment watches, with its topic, its inbox and its Config rules.

    Parameters
    ----------
    deployment
        What is deployed in it.

    Attributes
    ----------
    fakes
        What answers Rearm's calls before moto does: by IAM prefix, objects as `Fakes` takes them. A scenario
        adds its own with `fake`.
    stopped
        Names of the trails that somebody has stopped.
    """

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.region = deployment.region
        self.partition = deployment.topic_arn.split(":")[1]
        self.other_region = "cn-northwest-1" if self.partition == "aws-cn" else OTHER_REGION
        self.cloudtrail = Cloudtrail(ACCOUNT)
        self.config = Config(ACCOUNT)
        self.fakes: dict[str, list[object]] = {"cloudtrail": [self.cloudtrail], "config": [self.config]}
        self.stopped: set[str] = set()
        self._trails: dict[str, str] = {}
        self._inbox = ""
        self._read: list[Told] = []
        # The observer reads trails from moto alone, to see whether they have changed there.
        self._observed: dict[str, list[object]] = {"config": [self.config]}
        _wire.layers = [Fakes(self._observed)]

    def make(self) -> None:
        """Make what is there before anything happens, in moto itself, which is quicker than by calls."""
        BackendDict.reset()
        reset_model_data()
        s3_backends[ACCOUNT][self.partition].create_bucket(BUCKET, self.region)
        topic = self.deployment.topic_arn
        owner = topic.split(":")[4]
        key = {"KmsMasterKeyId": self.deployment.topic_key} if self.deployment.topic_key else {}
        sns = sns_backends[owner][self.region]
        sns.create_topic(topic.rpartition(":")[2], key)
        queue = sqs_backends[owner][self.region].create_queue(INBOX, region=self.region)
        self._inbox = f"https://sqs.{self.region}.amazonaws.com/{owner}/{INBOX}"
        # As it is, without SNS's envelope, which moto signs with a key that takes long to make.
        sns.subscribe(topic, queue.queue_arn, "sqs").attributes["RawMessageDelivery"] = "true"
        make_table(self.deployment.table, self.region, ACCOUNT, self.deployment.table_keys)
        for name, arn in self.deployment.config_rules.items():
            self.config_rule(name, arn)

    def fake(self, service: str, operations: object, *, observed: bool = True) -> None:
        """Let an object answer operations of a service that moto lacks, before older ones and before moto.

        Parameters
        ----------
        service
            The IAM prefix.
        operations
            As `Fakes` takes it.
        observed
            Whether the independent client gets its answers too, which it needs where moto holds no state.
        """
        self.fakes.setdefault(service, []).insert(0, operations)
        if observed:
            self._observed.setdefault(service, []).insert(0, operations)

    def look_up(self, service: str, kind: str, name: str, region: str) -> str | None:
        """Find what IAM has to know of a resource and a call does not say: see `resource_arns`."""
        if (service, kind) == ("dynamodb", "partition-key"):
            return partition_key(name, region, ACCOUNT)
        if (service, kind) == ("kms", "alias"):
            aliases = client("kms", region).get_paginator("list_aliases").paginate()
            found = [one for page in aliases for one in page["Aliases"] if one["AliasName"] == name]
            keys = [one["TargetKeyId"] for one in found if "TargetKeyId" in one]
            return f"arn:{self.partition}:kms:{region}:{ACCOUNT}:key/{keys[0]}" if keys else None
        if (service, kind) == ("iam", "role"):
            roles = client("iam", region).get_paginator("list_roles").paginate()
            found = [one for page in roles for one in page["Roles"] if one["RoleName"] == name]
            return str(found[0]["Arn"]) if found else None
        return self.config.arn_of(service, kind, name, region)

    def items(self, group: str) -> dict[str, dict[str, Any]]:
        """Return what the table keeps in a group: the content of each item, with its count, by its key."""
        found = client("dynamodb", self.region).query(
            TableName=self.deployment.table,
            KeyConditionExpression="#g = :g",
            ExpressionAttributeNames={"#g": self.deployment.table_keys[0]},
            ExpressionAttributeValues={":g": {"S": group}},
        )["Items"]
        sort_key = self.deployment.table_keys[1]
        return {
            item[sort_key]["S"]: {**json.loads(item["content"]["S"]), "count": int(item["count"]["N"])}
            for item in found
        }

    def put_item(self, group: str, key: str, content: Mapping[str, Any], count: int = 0) -> None:
        """Write an item into the table, as an earlier invocation or an operator has."""
        names = dict(zip(self.deployment.table_keys, ({"S": group}, {"S": key}), strict=True))
        item = {**names, "content": {"S": json.dumps(content)}, "count": {"N": str(count)}}
        client("dynamodb", self.region).put_item(TableName=self.deployment.table, Item=item)

    def baseline(self, arn: str, state: Mapping[str, Any], version: int = 1) -> None:
        """Have a baseline of a resource, which a sweep has learned long ago."""
        recorded = (datetime.now(UTC) - LONG_AGO).isoformat()
        content = {"state": dict(state), "recorded": recorded, "origin": "first-seen"}
        self.put_item(f"{self.deployment.automation}#baseline", arn, content, version)

    def baselines(self) -> dict[str, dict[str, Any]]:
        """Return what the table has as baselines of this automation: the state of each, by its ARN."""
        found = self.items(f"{self.deployment.automation}#baseline")
        return {arn: item["state"] for arn, item in found.items()}

    def happened(self, event: Event) -> Event:
        """Have a call in the event history, and return its event."""
        detail = event["detail"]
        self.cloudtrail.history.setdefault(detail["awsRegion"], []).append(detail)
        return event

    def config_rule(self, name: str, arn: str | None = None) -> None:
        """Make a Config rule, with the ARN that the deployment knows it by."""
        source = {"Owner": "AWS", "SourceIdentifier": "CLOUD_TRAIL_ENABLED"}
        config = config_backends[ACCOUNT][self.region]
        config.put_config_rule({"ConfigRuleName": name, "Source": source})
        if arn:
            config.config_rules[name].config_rule_arn = arn

    def key(self) -> str:
        """Return the ARN of a key, which is made where there is none, under an id that is always the same."""
        keys = kms_backends[ACCOUNT][self.region]
        if TRAIL_KEY not in keys.keys:
            made = keys.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "trail logs", [])
            del keys.keys[made.id]
            made.arn, made.id = made.arn.replace(made.id, TRAIL_KEY), TRAIL_KEY
            keys.keys[TRAIL_KEY] = made
        return str(keys.keys[TRAIL_KEY].arn)

    def trail(
        self,
        name: str = "management",
        *,
        region: str | None = None,
        multi_region: bool = True,
        **attributes: Any,
    ) -> str:
        """Make a trail that logs, with all that is recommended, and return its ARN."""
        home = region or self.region
        wanted = {
            "Name": name,
            "S3BucketName": BUCKET,
            "IsMultiRegionTrail": multi_region,
            "EnableLogFileValidation": True,
            "KmsKeyId": self.key(),
            **attributes,
        }
        trail_calls.make(wanted, home)
        trail = cloudtrail_backends[ACCOUNT][home].trails[name]
        trail.start_logging()
        trail.status.started = _naive(datetime.now(UTC) - LONG_AGO)
        arn: str = trail.arn
        self._trails[name] = arn
        return arn

    def arn(self, name: str) -> str:
        """Return the ARN of a trail that was made."""
        return self._trails[name]

    def rule(self, name: str) -> str:
        """Return the full name of a Config rule of the deployment; that of another rule is full already."""
        own = [full for full in self.deployment.config_rules if full.endswith(f"-{name}")]
        return min(own, key=len) if own else name

    def organization_trail(self, name: str = "organization") -> str:
        """Show a trail of the organization's management account, which has stopped, and return its ARN."""
        self.cloudtrail.managed_by = ORGANIZATION
        arn = f"arn:{self.partition}:cloudtrail:{self.region}:{ORGANIZATION}:trail/{name}"
        trail = MotoTrail(
            ORGANIZATION, self.region, name, BUCKET, "", "", True, True, False, True, "", "", ""
        )
        cloudtrail_backends[ORGANIZATION][self.region].trails[name] = trail
        trail.stop_logging()
        return arn

    def stop(
        self,
        arn: str,
        *,
        identity: Mapping[str, Any] | None = None,
        parameters: object = "as usual",
        in_history: bool = True,
    ) -> Event:
        """Stop a trail as somebody else does, 42 seconds ago, and return the API event of it."""
        _moto_trail(arn).stop_logging()
        self.stopped.add(arn.partition(":trail/")[2])
        stopped = (datetime.now(UTC) - STOPPED_AGO).replace(microsecond=0)
        _moto_trail(arn).status.stopped = _naive(stopped)
        event = self.call("StopLogging", arn, identity=identity, parameters=parameters, at=stopped)
        return self.happened(event) if in_history else event

    def delete(self, arn: str) -> Event:
        """Delete a trail as somebody else does, and return the API event of it."""
        region, name = arn.split(":")[3], arn.partition(":trail/")[2]
        del cloudtrail_backends[ACCOUNT][region].trails[name]
        return self.happened(self.call("DeleteTrail", arn))

    def call(
        self,
        name: str,
        arn: str,
        *,
        identity: Mapping[str, Any] | None = None,
        parameters: object = "as usual",
        at: datetime | None = None,
        **changes: Any,
    ) -> Event:
        """Return the API event of a call on a trail, which changes nothing by itself."""
        usual = {"name": arn.partition(":trail/")[2]}
        return api_event(
            name,
            identity=identity or assumed_role(partition=self.partition),
            parameters=usual if parameters == "as usual" else parameters,
            region=arn.split(":")[3],
            time=(at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            **changes,
        )

    def logs(self, arn: str) -> bool:
        """Whether AWS says that a trail logs."""
        return bool(client("cloudtrail", arn.split(":")[3]).get_trail_status(Name=arn)["IsLogging"])

    def asked_again(self) -> set[str]:
        """Return the names of the Config rules that were asked to evaluate."""
        answer = client("config", self.region).describe_config_rule_evaluation_status()
        return {
            rule["ConfigRuleName"]
            for rule in answer["ConfigRulesEvaluationStatus"]
            if rule["FirstEvaluationStarted"]
        }

    def compliance(self, rule: str) -> dict[str, str]:
        """Return what was reported to a Config rule, by the resource's id."""
        pages = client("config", self.region).get_paginator("get_compliance_details_by_config_rule")
        return {
            result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]: result[
                "ComplianceType"
            ]
            for page in pages.paginate(ConfigRuleName=rule)
            for result in page["EvaluationResults"]
        }

    def forget_messages(self) -> None:
        """Forget every message so far."""
        self.messages()
        self._read.clear()

    def messages(self) -> list[Told]:
        """Return every message of the topic so far, oldest first."""
        sqs = client("sqs", self.region, self.deployment.topic_arn.split(":")[4])
        # What has been received is hidden for longer than a scenario takes.
        asked = {"QueueUrl": self._inbox, "MessageAttributeNames": ["All"]}
        while True:
            batch = sqs.receive_message(**asked, MaxNumberOfMessages=BATCH).get("Messages", [])
            for message in batch:
                attributes = message.get("MessageAttributes", {})
                texts = {name: one["StringValue"] for name, one in attributes.items()}
                self._read.append(Told(message["Body"], texts))
            if len(batch) < BATCH:
                return list(self._read)


def _moto_trail(arn: str) -> MotoTrail:
    _, _, _, region, account, name = arn.split(":", 5)
    return cloudtrail_backends[account][region].trails[name.removeprefix("trail/")]


def _naive(time: datetime) -> datetime:
    """Give a time as moto keeps it, naive and in UTC."""
    return time.astimezone(UTC).replace(tzinfo=None)
