"""AWS on this machine: a moto server with what moto lacks, on loopback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from tests.local_aws import buckets, clients, keys, managed_policies, security_groups
from tests.local_aws.answers import Answer
from tests.local_aws.bus import Bus
from tests.local_aws.calls import FunctionCall, Incoming
from tests.local_aws.compliance import Compliance
from tests.local_aws.config_rules import ConfigRules
from tests.local_aws.deployed import Deployed, region_partition
from tests.local_aws.destinations import Destinations
from tests.local_aws.endpoint import Endpoint
from tests.local_aws.enforcement import Enforcement
from tests.local_aws.event_data_stores import Lake
from tests.local_aws.function_logs import FunctionLogs
from tests.local_aws.functions import Functions, Invocation
from tests.local_aws.gateway import Gateway
from tests.local_aws.guardduty_findings import Findings
from tests.local_aws.history import History
from tests.local_aws.identity import ACCOUNT
from tests.local_aws.lambda_api import CODE_PATH, LambdaApi
from tests.local_aws.options import Options
from tests.local_aws.principals import Principals
from tests.local_aws.records import event, is_management, is_reading, record
from tests.local_aws.root_user import RootUser
from tests.local_aws.schedules import Schedules
from tests.local_aws.server import Server
from tests.local_aws.subscriptions import Message, Subscriptions
from tests.local_aws.targets import Targets
from tests.local_aws.timeline import Entry, Timeline
from tests.local_aws.trails import ForeignTrail, Trails

ADMINISTRATOR = {"AWS_ACCESS_KEY_ID": "AKIALOCALADMIN000000", "AWS_SECRET_ACCESS_KEY": "local"}


class LocalAws:
    """A whole account on 127.0.0.1, as a context manager.

    Everything is in one process and gone afterwards. moto keeps its state in the process, so only one can be
    open at a time.

    Attributes
    ----------
    account
        Twelve digits.
    endpoint_url
        What ``AWS_ENDPOINT_URL`` must be.
    timeline
        What has happened; see `tests.local_aws.timeline.Entry` for its kinds.

    Examples
    --------
    >>> with LocalAws() as aws:
    ...     aws.client("cloudtrail").stop_logging(Name="main")
    ...     aws.wait_idle()
    ...     aws.messages
    """

    account = ACCOUNT

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.timeline = Timeline()
        self._clients: list[Any] = []
        self._losing = 0

    def __enter__(self) -> LocalAws:
        """Start the server."""
        options, timeline = self.options, self.timeline
        self._endpoint = Endpoint(options.region)
        deployed = self._deployed = Deployed(self._endpoint)
        principals = Principals(self._endpoint)
        self._enforcement = Enforcement(self._endpoint, deployed, timeline)
        self._functions = Functions(
            options,
            self._endpoint,
            deployed,
            principals,
            FunctionLogs(self._endpoint, self._enforcement, timeline),
            Destinations(self._endpoint, self._enforcement, timeline),
            timeline,
        )
        targets = Targets(self._endpoint, deployed, self._functions, timeline)
        self._bus = Bus(deployed, targets, timeline)
        targets.put = self._bus.put
        self._history = History(options)
        self._trails = Trails(self._history)
        self.lake = Lake(options.region)
        self.findings = Findings()
        self.root = RootUser(options.region, principals.register, self._signed_in)
        self._subscriptions = Subscriptions(timeline)
        self._compliance = Compliance(self._put_event, timeline)
        self._config = ConfigRules(
            options, self._endpoint, deployed, self._functions, self._compliance, timeline
        )
        self._schedules = Schedules(deployed, self._bus, timeline, options.region)
        lambda_api = LambdaApi(self._endpoint, deployed, self._functions)
        gateway = Gateway(options, self._endpoint, principals, self._enforcement, timeline)
        for part in (
            principals,
            self._bus,
            self._trails,
            self.lake,
            self.findings,
            self.root,
            self._subscriptions,
            self._config,
            lambda_api,
        ):
            gateway.overlays |= part.overlays()
        for module in (buckets, keys, managed_policies, security_groups):
            gateway.overlays |= module.overlays()
        gateway.pages[CODE_PATH] = lambda_api.code
        gateway.observe = self._observe
        gateway.logs = self._trails.any_logging
        self._server = Server(gateway, options.host_port)
        self.endpoint_url = self._endpoint.url = self._server.url
        self._server.start()
        if options.run_schedules:
            self._schedules.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End functions, threads and server, and forget everything that was made."""
        self._schedules.stop()
        self._bus.close()
        self._functions.close()
        for made in self._clients:
            made.close()
        self._server.stop()
        self._endpoint.close()

    def _observe(self, incoming: Incoming, answer: Answer, logged: bool) -> None:
        """Make a call's record, and an event of it."""
        request = incoming.request
        if not is_management(request):
            return
        entry = record(incoming, answer, region_partition(request.region))
        self._history.add(entry)
        if is_reading(request):
            # Of all that is read, rules are only ever interested in what root reads.
            if logged and not self._losing and incoming.identity.kind == "Root":
                self._put_event(event(entry))
            return
        failed = f": {entry['errorCode']}" if "errorCode" in entry else ""
        who = f"{incoming.identity.role_name or incoming.identity.kind} {incoming.identity.user_name}"
        self.timeline.add(
            "call",
            f"{who} {request.service}:{request.operation} {_brief(request.parameters)} "
            f"in {request.region}{failed}",
            record=entry,
        )
        if logged and not self._losing:
            self._put_event(event(entry))

    def _signed_in(self, entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """Keep the record of a sign-in and, while a trail logs, deliver its event."""
        self._history.add(entry)
        self.timeline.add("call", f"root {entry['eventName']} in {entry['awsRegion']}", record=entry)
        logged = self.options.deliver_without_trail or self._trails.any_logging(str(entry["awsRegion"]))
        if logged and not self._losing:
            self._put_event(content)

    def _put_event(self, content: Mapping[str, Any]) -> None:
        self.timeline.add("event", f"{content['source']} {content['detail-type']}", event=content)
        self._bus.put(content)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use this account: endpoint, keys, region, nothing from elsewhere."""
        return {
            **ADMINISTRATOR,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": self.options.region,
            "AWS_DEFAULT_REGION": self.options.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(
        self, service: str, region: str | None = None, keys: Mapping[str, str] | None = None, **config: Any
    ) -> Any:
        """Give a plain boto3 client; it is closed with the account.

        Parameters
        ----------
        service, region
            As boto3 takes them.
        keys
            ``AccessKeyId``, ``SecretAccessKey`` and perhaps ``SessionToken``, as CreateAccessKey and
            AssumeRole give them; the administrator's when left out.
        config
            Further settings of `botocore.config.Config`.
        """
        signing = keys or {
            "AccessKeyId": ADMINISTRATOR["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": ADMINISTRATOR["AWS_SECRET_ACCESS_KEY"],
        }
        made = clients.make(service, region or self.options.region, self.endpoint_url, signing, config)
        self._clients.append(made)
        return made

    @property
    def messages(self) -> list[Message]:
        """What has been published to topics."""
        return self._subscriptions.messages

    @property
    def calls(self) -> list[FunctionCall]:
        """The calls made with the credentials of functions' roles, allowed and denied."""
        return self._enforcement.calls

    @property
    def invocations(self) -> list[Invocation]:
        """The runs of functions."""
        return self._functions.invocations

    @property
    def events(self) -> list[Mapping[str, Any]]:
        """The events that were put on buses."""
        return self._bus.events

    @property
    def records(self) -> list[Mapping[str, Any]]:
        """CloudTrail's records of management events."""
        return self._history.records

    @property
    def problems(self) -> list[Entry]:
        """What could not be imitated; empty in a run that proves something."""
        return self.timeline.entries("problem")

    def wait_idle(self, timeout_s: float = 30) -> None:
        """Wait until every event has been delivered and every invocation has ended, with its retries."""
        self.timeline.wait_idle(timeout_s)

    def wait_for(self, predicate: Callable[[], bool], timeout_s: float = 30) -> None:
        """Wait until something is true."""
        self.timeline.wait_for(predicate, timeout_s)

    def run_schedule(self, rule: str, region: str | None = None) -> None:
        """Deliver a scheduled rule's event now."""
        self._schedules.run(rule, region)

    def evaluate_config_rules(self, *names: str, region: str | None = None) -> None:
        """Play Config's periodic evaluation of all rules, or of the named ones."""
        with self.timeline.work():
            self._config.evaluate(region or self.options.region, names or None)

    def end_processes(self) -> None:
        """End the functions' processes, as Lambda may at any time: their next runs remember nothing."""
        self._functions.end_processes()

    def put_event(self, content: Mapping[str, Any]) -> None:
        """Put an event of AWS on its region's default bus."""
        self._put_event(content)

    @contextmanager
    def losing_events(self) -> Iterator[None]:
        """Deliver no event of an API call for a while; the history has them all the same.

        The delivery is best effort: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event.html
        """
        self._losing += 1
        try:
            yield
        finally:
            self._losing -= 1

    def confirm_subscription(self, endpoint: str) -> int:
        """Confirm the pending subscriptions of an e-mail address, and give how many there were."""
        return self._subscriptions.confirm(endpoint)

    def set_delivery_error(self, trail_arn: str, error: str | None) -> None:
        """Set a trail's LatestDeliveryError, such as ``AccessDenied``; None takes it away."""
        self._trails.set_delivery_error(trail_arn, error)

    def plant_organization_trail(
        self, trail: ForeignTrail, refusal: str = "NotOrganizationMasterAccountException"
    ) -> None:
        """Make another account's organization trail visible here; changing it is refused with a code."""
        self._trails.plant_organization_trail(trail, refusal)


def _brief(parameters: Mapping[str, Any]) -> str:
    names = [value for key, value in parameters.items() if re.search(r"Name$|^Bucket$|Arn$", key)]
    return str(names[0]) if names else ""
