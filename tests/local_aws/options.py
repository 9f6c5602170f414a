"""What can be set about AWS on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


def _emulator() -> Path | None:
    named = os.environ.get("REARM_LAMBDA_RIE")
    return Path(named) if named else None


def _pythons() -> dict[str, Path]:
    listed = os.environ.get("REARM_PYTHONS", "")
    pairs = (entry.partition("=") for entry in listed.split(",") if "=" in entry)
    return {version.strip(): Path(path.strip()) for version, _, path in pairs}


@dataclass(frozen=True)
class Options:
    """How faithful and how quick it is.

    Attributes
    ----------
    region
        The region that `LocalAws` itself works in unless told otherwise; all regions are there.
    host_port
        TCP port on 127.0.0.1; 0 takes a free one.
    deliver_without_trail
        Whether API calls become events while no trail logs. AWS needs one; it usually still delivers the
        call that stops the last one.
    lookup_lag_s
        Seconds until a call can be found in CloudTrail's event history; minutes on AWS.
    lookups_per_second
        Rate above which LookupEvents throttles; 2 on AWS, None is no limit.
    retry_delays_s
        Waits before the retries of an asynchronous invocation; 60 and 120 seconds on AWS.
    evaluation_interval_s
        How long a Config rule cannot be asked again for an evaluation; 60 on AWS, 0 switches it off.
    evaluate_new_rules
        Whether a Config rule is evaluated when it is put, as on AWS.
    enforce_for_all
        Whether IAM is enforced for IAM users and assumed roles too, not only for functions.
    run_schedules
        Whether rate() rules run by the clock.
    emulator
        AWS's Lambda runtime interface emulator; None runs functions on an own Runtime API.
        `REARM_LAMBDA_RIE` names it.
    pythons
        Interpreters that have boto3 and awslambdaric, by version. `REARM_PYTHONS` lists them.
    """

    region: str = "eu-central-1"
    host_port: int = 0
    deliver_without_trail: bool = True
    lookup_lag_s: float = 0.0
    lookups_per_second: int | None = None
    retry_delays_s: tuple[float, ...] = (0.05, 0.1)
    evaluation_interval_s: float = 60.0
    evaluate_new_rules: bool = False
    enforce_for_all: bool = False
    run_schedules: bool = False
    emulator: Path | None = field(default_factory=_emulator)
    pythons: Mapping[str, Path] = field(default_factory=_pythons)
