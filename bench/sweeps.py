"""What a sweep takes in an account with as many trails as AWS allows, and what a rebuild takes."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.processes import warm
from bench.world import World, automations, sweep

# AWS lets an account have so many trails in a region.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
TRAILS_A_REGION = 5
# Those that every account has without opting in, but for the one that Rearm is deployed in.
ELSEWHERE = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
RUNS = 5


@dataclass(frozen=True)
class Sweep:
    """One automation's sweep when all is well: seconds on this machine, calls by service and operation."""

    automation: str
    seconds: float
    calls: Counter[str]


def measure_sweeps(account: World, code: Path) -> list[Sweep]:
    """Sweep with every automation, after a first sweep in which it has learned the baselines."""
    found = []
    for automation in automations():
        with warm("rearm", code, account.environment(automation), "counted") as process:
            process.count(sweep())
            runs = [process.count(sweep()) for _ in range(RUNS)]
        found.append(Sweep(automation, statistics.median(run[0] for run in runs), Counter(runs[-1][1])))
    return found


def measure_rebuilds(account: World, code: Path) -> float:
    """Return the median seconds from a deletion's event until the trail logs again, in a warm process."""
    trail, took = account.trails[0], []
    with warm("rearm", code, account.environment(), "counted") as process:
        process.count(sweep())
        for _ in range(RUNS):
            event, began = account.delete(trail), datetime.now(UTC)
            process.count(event)
            took.append((account.started_at(trail, began) - began).total_seconds())
    return statistics.median(took)
