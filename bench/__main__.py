"""`make bench`: measure, print a table, write bench/results.json, and fail where a target is missed."""

from __future__ import annotations

import json
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.cost import monthly
from bench.cost import table as cost_table
from bench.processes import HANDLERS, cold, compile_libraries, import_ms, unpacked, warm
from bench.sweeps import ELSEWHERE, TRAILS_A_REGION, Sweep, measure_rebuilds, measure_sweeps
from bench.world import ROOT, World, world

RESULTS = ROOT / "bench" / "results.json"
COLD_RUNS = 15
COLD_TRAILS = 5
# A region has at most five trails, those that are seen from other regions counted.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
WARM_TRAILS = (1, 5)
WARM_RUNS = 30
BURST = 1000
IMPORT_RUNS = 9


@dataclass(frozen=True)
class Row:
    """One figure: of Rearm, of the comparison handler where it has one, and the target."""

    what: str
    rearm: float
    comparison: float | None
    unit: str
    target: str
    met: bool


@dataclass(frozen=True)
class Run:
    """One cold start: seconds until the trail logs, until the end, of the processor; peak memory in MiB."""

    logging_s: float
    wall_s: float
    cpu_s: float
    peak_mib: float


def main() -> int:
    """Measure everything."""
    rows: list[Row] = []
    compile_libraries()
    with unpacked() as code:
        print(f"cold starts: {COLD_RUNS} of each, in turn, {COLD_TRAILS} trails", file=sys.stderr)
        with world(COLD_TRAILS) as account:
            runs = _cold_runs(account, code)
        rows += _cold_rows(runs)
        for trails in WARM_TRAILS:
            print(f"warm: {WARM_RUNS} alarms of each, {trails} trails", file=sys.stderr)
            with world(trails) as account:
                rows += _warm_rows(account, code)
        imports = [import_ms(code, "import rearm.handler") for _ in range(IMPORT_RUNS)]
        beyond = statistics.median(imports)
        rows.append(Row("import of the handler beyond boto3", beyond, None, "ms", "< 30", beyond < 30))
        print(f"burst: {BURST} alarms through one warm process", file=sys.stderr)
        with world(COLD_TRAILS) as account:
            rows += _burst_rows(account, code)
        with world(TRAILS_A_REGION, ELSEWHERE) as account:
            print(f"sweeps: {len(ELSEWHERE) + 1} regions with {TRAILS_A_REGION} trails each", file=sys.stderr)
            sweeps = measure_sweeps(account, code)
        rows += _sweep_rows(sweeps)
        with world(1) as account:
            print("sweeps and rebuilds: one trail", file=sys.stderr)
            usual = measure_sweeps(account, code)
            rebuilt = measure_rebuilds(account, code)
        rows.append(
            Row("rebuild of a deleted trail, warm, until it logs", rebuilt * 1000, None, "ms", "", True)
        )
    _write(rows)
    print(table(rows))
    print(f"\n{cost_table(monthly(usual))}")
    missed = [row for row in rows if not row.met]
    for row in missed:
        print(f"missed: {row.what}: {row.rearm:.3g} {row.unit}, wanted {row.target}", file=sys.stderr)
    return 1 if missed else 0


def _cold_runs(account: World, code: Path) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {name: [] for name in HANDLERS}
    trail = account.trails[len(account.trails) // 2]
    for number in range(COLD_RUNS + 1):
        for name in HANDLERS:
            event = account.stop(trail)
            began = datetime.now(UTC)
            wall_s, cpu_s, peak_mib = cold(name, event, code, account.environment())
            logging_s = (account.started_at(trail, began) - began).total_seconds()
            if number:  # the first of each warms the disk
                runs[name].append(Run(logging_s, wall_s, cpu_s, peak_mib))
    return runs


def _cold_rows(runs: dict[str, list[Run]]) -> list[Row]:
    ours, theirs = runs["rearm"], runs["comparison"]
    # In turn and pair by pair, so that a machine that gets slower slows both.
    until = statistics.median(a.logging_s / b.logging_s for a, b in zip(ours, theirs, strict=True))
    wall = statistics.median(a.wall_s / b.wall_s for a, b in zip(ours, theirs, strict=True))
    cpu = statistics.median(a.cpu_s / b.cpu_s for a, b in zip(ours, theirs, strict=True))
    peak = [statistics.median(run.peak_mib for run in some) for some in (ours, theirs)]
    logging = [statistics.median(run.logging_s for run in some) for some in (ours, theirs)]
    seconds = [statistics.median(run.wall_s for run in some) for some in (ours, theirs)]
    return [
        Row("cold, until the trail logs", logging[0] * 1000, logging[1] * 1000, "ms", "", True),
        Row("cold, until the trail logs, ratio", until, 1.0, "x", "<= 1.15", until <= 1.15),
        Row("cold, until it is verified and told", seconds[0] * 1000, seconds[1] * 1000, "ms", "", True),
        Row("cold, until it is told, ratio", wall, 1.0, "x", "", True),
        Row("cold, ratio of processor time", cpu, 1.0, "x", "", True),
        Row("peak memory of the process", peak[0], peak[1], "MiB", "", True),
    ]


def _warm_rows(account: World, code: Path) -> list[Row]:
    seconds: dict[str, list[float]] = {name: [] for name in HANDLERS}
    logging: dict[str, list[float]] = {name: [] for name in HANDLERS}
    calls: dict[str, set[int]] = {name: set() for name in HANDLERS}
    trail = account.trails[-1]
    given = account.environment()
    with warm("rearm", code, given) as ours, warm("comparison", code, given) as theirs:
        for number in range(WARM_RUNS + 2):
            for name, process in (("rearm", ours), ("comparison", theirs)):
                event = account.stop(trail)
                before, began = account.cloudtrail_calls(), datetime.now(UTC)
                took = process.handle(event)
                made = account.cloudtrail_calls() - before
                until = (account.started_at(trail, began) - began).total_seconds()
                if number > 1:
                    seconds[name].append(took)
                    logging[name].append(until)
                    calls[name].add(made)
    count = len(account.trails)
    ours_s, theirs_s = (statistics.median(logging[name]) for name in HANDLERS)
    told_s, ended_s = (statistics.median(seconds[name]) for name in HANDLERS)
    most, theirs_most = max(calls["rearm"]), max(calls["comparison"])
    faster = count < 5 or ours_s < theirs_s
    wanted = "faster" if count >= 5 else ""
    trails = f"{count} trail{'s' if count > 1 else ''}"
    return [
        Row(f"warm, {trails}, until it logs", ours_s * 1000, theirs_s * 1000, "ms", wanted, faster),
        Row(f"warm, {trails}, until it is told", told_s * 1000, ended_s * 1000, "ms", "", True),
        Row(f"CloudTrail calls, {trails}", most, theirs_most, "calls", "<= 5", most <= 5),
    ]


def _burst_rows(account: World, code: Path) -> list[Row]:
    with warm("rearm", code, account.environment()) as process:
        trails = (account.trails[number % len(account.trails)] for number in range(BURST))
        seconds = [process.handle(account.stop(trail)) for trail in trails]
    lost = sum(not account.logs(trail) for trail in account.trails)
    told = len(account.aws.messages)
    return [
        Row(f"burst of {BURST}, an alarm", statistics.median(seconds) * 1000, None, "ms", "", True),
        Row(f"burst of {BURST}, the slowest", max(seconds) * 1000, None, "ms", "", True),
        Row(f"burst of {BURST}, messages", told, None, "", f"{BURST}", told == BURST),
        Row(f"burst of {BURST}, trails left stopped", lost, None, "", "0", lost == 0),
    ]


def _sweep_rows(sweeps: Sequence[Sweep]) -> list[Row]:
    regions = len(ELSEWHERE) + 1
    rows = []
    for sweep in sweeps:
        what = f"sweep of {sweep.automation}, {TRAILS_A_REGION} trails in each of {regions} regions"
        rows += [
            Row(what, sweep.seconds * 1000, None, "ms", "", True),
            Row(f"{what}, calls", sweep.calls.total(), None, "calls", "", True),
        ]
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| figure | Rearm | comparison | unit | target | met |", "|---|---:|---:|---|---|---|"]
    for row in rows:
        other = "" if row.comparison is None else _figure(row.comparison)
        met = "" if not row.target else "yes" if row.met else "NO"
        lines.append(f"| {row.what} | {_figure(row.rearm)} | {other} | {row.unit} | {row.target} | {met} |")
    return "\n".join(lines)


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def _write(rows: Sequence[Row]) -> None:
    content = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "rows": [row.__dict__ for row in rows],
    }
    RESULTS.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
