"""What table, sweeps and functions cost a month: a sum that can be followed, from calls that were counted.

List prices of us-east-1 without any free tier, in US dollars. Sources: https://aws.amazon.com/lambda/pricing/,
https://aws.amazon.com/dynamodb/pricing/on-demand/, https://aws.amazon.com/sns/pricing/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.sweeps import Sweep

GIGABYTE_SECOND = 0.0000133334  # arm64
MILLION_REQUESTS = 0.20
MILLION_READS = 0.125
MILLION_WRITES = 0.625
GIGABYTE_OF_TABLE = 0.25
GIGABYTE_OF_RECOVERY = 0.20
SWEEPS = 30 * 24 * 4
MEMORY_GB = 0.5
# What is assumed of AWS, on the high side: each sweep finds a process that has been stopped since the last
# one, and every call takes as long as one to a distant region.
COLD_START_S = 1.0
CALL_S = 0.1
# Alarms a month that lead to a response, and what each of them reads and writes in the table.
RESPONSES = 30
READS_A_RESPONSE = 4
WRITES_A_RESPONSE = 5
# What a year of responses and a handful of baselines take, in gigabytes.
TABLE_GB = 0.01
READS = frozenset({"dynamodb:Query", "dynamodb:GetItem"})
# Strongly consistent reads of up to 4 KB are one unit; an automation's baselines may be some more.
UNITS_A_READ = 2


@dataclass(frozen=True)
class Line:
    """One part of the sum: how it comes about, and US dollars a month."""

    part: str
    sum: str
    dollars: float


def monthly(sweeps: Sequence[Sweep]) -> list[Line]:
    """Return the parts of a month's sum for an account in which hardly anything happens."""
    lines = []
    for sweep in sweeps:
        calls = sweep.calls.total()
        seconds = COLD_START_S + calls * CALL_S
        lines.append(
            Line(
                f"Sweeps of `{sweep.automation}`",
                f"{SWEEPS:,} x ({COLD_START_S:g} s + {calls} calls x {CALL_S:g} s) x {MEMORY_GB:g} GB x "
                f"${GIGABYTE_SECOND:.10f} + {SWEEPS:,} x ${MILLION_REQUESTS:.2f} / 1,000,000",
                SWEEPS * (seconds * MEMORY_GB * GIGABYTE_SECOND + MILLION_REQUESTS / 1e6),
            )
        )
    asked = sum(count for sweep in sweeps for call, count in sweep.calls.items() if call in READS)
    reads = SWEEPS * asked * UNITS_A_READ + RESPONSES * READS_A_RESPONSE * UNITS_A_READ
    writes = RESPONSES * WRITES_A_RESPONSE
    lines += [
        Line(
            "Table, reads",
            f"({SWEEPS:,} x {asked} queries + {RESPONSES} responses x {READS_A_RESPONSE}) x "
            f"{UNITS_A_READ} units x ${MILLION_READS:.3f} / 1,000,000",
            reads * MILLION_READS / 1e6,
        ),
        Line(
            "Table, writes",
            f"{RESPONSES} responses x {WRITES_A_RESPONSE} units x ${MILLION_WRITES:.3f} / 1,000,000",
            writes * MILLION_WRITES / 1e6,
        ),
        Line(
            "Table, storage and recovery",
            f"{TABLE_GB:g} GB x (${GIGABYTE_OF_TABLE:.2f} + ${GIGABYTE_OF_RECOVERY:.2f})",
            TABLE_GB * (GIGABYTE_OF_TABLE + GIGABYTE_OF_RECOVERY),
        ),
    ]
    return lines


def table(lines: Sequence[Line]) -> str:
    """Return the sum as a Markdown table."""
    rows = ["| part | sum | US$ a month |", "|---|---|---:|"]
    rows += [f"| {line.part} | {line.sum} | {line.dollars:.3f} |" for line in lines]
    return "\n".join([*rows, f"| **Sum** | | **{sum(line.dollars for line in lines):.2f}** |"])
