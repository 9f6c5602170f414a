"""What came in: one alarm in one normal form, whatever door it came through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

# Nothing compares or prints the data classes that a cold start makes: leaving that out, here and in the
# modules beside this one, saves a fifth of the import of the handler.


class Door(StrEnum):
    """How an alarm arrived."""

    API = "api"
    CONFIG = "config"
    CUSTOM_RULE = "custom-config-rule"
    SWEEP = "sweep"
    SIGN_IN = "sign-in"
    GUARDDUTY = "guardduty"
    SECURITY_HUB = "security-hub"
    CLOUDWATCH = "cloudwatch-alarm"
    NOTICE = "notice"


@dataclass(frozen=True, eq=False, repr=False)
class Actor:
    """Who made a call, from CloudTrail's ``userIdentity``.

    `arn` is absent for some kinds of identity (an AWS service, another account). For an assumed role
    `role_arn` is the role and `session_name` what the caller chose to be called, which proves nothing.
    `mfa` is None where CloudTrail does not say.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """

    type: str
    arn: str | None = None
    account: str | None = None
    user_name: str | None = None
    role_arn: str | None = None
    session_name: str | None = None
    principal_id: str | None = None
    access_key_id: str | None = None
    mfa: bool | None = None
    invoked_by: str | None = None
    source_ip: str | None = None
    user_agent: str | None = None

    @property
    def identity_arn(self) -> str | None:
        """The ARN that an exception may name: the role of a session, never the session itself."""
        session = self.session_name or self.type in ("AssumedRole", "FederatedUser")
        if session or self.type in ("WebIdentityUser", "SAMLUser"):
            return self.role_arn
        return self.arn


@dataclass(frozen=True, eq=False, repr=False)
class Call:
    """One AWS API call or sign-in as CloudTrail recorded it. A call with an `error_code` changed nothing.

    `kind` is CloudTrail's ``eventType``, `answer` the ``responseElements``, `more` the
    ``additionalEventData``, `reads` its ``readOnly``; None where it does not say.
    """

    source: str
    name: str
    id: str
    time: datetime | None
    parameters: Mapping[str, object] = field(default_factory=dict)
    error_code: str | None = None
    kind: str = "AwsApiCall"
    answer: Mapping[str, object] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)
    reads: bool | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Signal:
    """What another service of AWS's has noticed, or says of its own work.

    `source` is the service: ``guardduty``, ``securityhub``, ``cloudwatch``, or that of a notice, such as
    ``health`` and ``rds``. `type` is the finding's type, the control's id, the alarm's name, or the code of
    the notice. `severity` is GuardDuty's, from 0 to 10. A `sample` is somebody's test. `detail` is the
    event's, as AWS gives it.
    """

    source: str
    type: str
    id: str
    severity: float | None = None
    sample: bool = False
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class ConfigRule:
    """The Config rule an alarm came from; `result_token` only when this function is the rule."""

    name: str
    result_token: str | None = None
    evaluated_at: datetime | None = None
    deleted_resource: tuple[str, str] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Alarm:
    """One incoming event in normal form.

    `resources` are names or ARNs as the event gives them; none means: look at all of them. `time` is AWS's
    own time of what happened. The event only says where to look and who did it; the state of AWS decides.
    `about` is the rule of the one finding that is looked for again, to verify its repair, and `named_by` what
    that finding was named by beside its resource's ARN.
    """

    id: str
    door: Door
    title: str
    account: str
    region: str
    time: datetime | None = None
    call: Call | None = None
    actor: Actor | None = None
    resources: tuple[str, ...] = ()
    rule: ConfigRule | None = None
    about: str | None = None
    signal: Signal | None = None
    named_by: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What stays the same when the same call or event is delivered again, by whatever rule or region."""
        return self.call.id if self.call and self.call.id else self.id

    @property
    def sample(self) -> bool:
        """Whether the alarm is somebody's test of the way from AWS to people: it is never acted upon."""
        return self.signal is not None and self.signal.sample

    @property
    def denied(self) -> bool:
        """Whether the alarm is a call that AWS refused."""
        return self.call is not None and self.call.error_code is not None
