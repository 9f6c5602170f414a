"""The alarm on sweeps that no longer come, for every rate at which they may.

What CloudWatch takes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plan import harness
from tests.plan.harness import OFF, ON, Variant
from tests.plan.planning import Plan, Terraform, once
from tests.plan.variants import LONGEST_NAME, all_in

DAY = 24 * 60 * 60
# From the rate to period and number of periods of its alarm, and to the seconds between two sweeps at most.
WATCHED = {
    "rate(1 minute)": (300, 3, 60),
    "rate(15 minutes)": (300, 8, 15 * 60),
    "rate(1 hour)": (300, 26, 60 * 60),
    "rate(11 hours)": (300, 266, 11 * 60 * 60),
    # The last one whose sweeps fit into a day of short periods, and the first one whose do not.
    "rate(715 minutes)": (300, 288, 715 * 60),
    "rate(716 minutes)": (3600, 25, 716 * 60),
    "rate(12 hours)": (3600, 25, 12 * 60 * 60),
    "rate(1 day)": (3600, 49, DAY),
    "rate(3 days)": (3600, 145, 3 * DAY),
    "cron(0/5 * * * ? *)": (300, 26, 60 * 60),
    "cron(0 * ? * * *)": (300, 26, 60 * 60),
    "cron(0 6 * * ? *)": (3600, 49, DAY),
    "cron(30 0/4 ? * * *)": (3600, 49, DAY),
}
UNWATCHED = [
    "rate(84 hours)",
    "rate(4 days)",
    "cron(0 6 ? * MON *)",
    "cron(0 * 1 * ? *)",
    "cron(0 6 * 1 ? *)",
    "cron(0 6 * * ? 2030)",
]


def _name(rate: str) -> str:
    return "".join(
        letter if letter.isalnum() else "_" for letter in rate.replace("*", "all").replace("?", "any")
    )


def _calls(rates: list[str]) -> dict[str, Variant]:
    return {
        _name(rate): Variant(
            {"automations": {**all_in("off"), "cloudtrail": {"mode": "notify", "sweep_rate": rate}}}
        )
        for rate in rates
    }


@pytest.fixture(scope="module")
def rates(terraform: Terraform, checkout: Path, shared: Path) -> Plan:
    """Plan a deployment for every rate at once."""
    calls = _calls([*WATCHED, *UNWATCHED])
    root = once(shared / "rates", lambda part: harness.write_root(part, {"module": checkout}, calls, {}))
    plan = terraform.plan(root)
    assert plan.errors == ()
    return plan


@pytest.mark.parametrize("rate", WATCHED)
def test_two_sweeps_may_be_missing_before_the_alarm(rates: Plan, rate: str) -> None:
    alarm = rates.module(_name(rate)).of("aws_cloudwatch_metric_alarm")["rearm-cloudtrail-no-sweep"].values
    period, periods, interval = WATCHED[rate]

    assert (alarm["period"], alarm["evaluation_periods"]) == (period, periods)
    assert alarm["datapoints_to_alarm"] == periods
    # What CloudWatch takes.
    assert period % 60 == 0
    assert period * periods <= (DAY if period < 3600 else 7 * DAY)
    assert 2 * interval + 600 <= period * periods < 2 * interval + 600 + period
    assert f"for {period * periods // 60} minutes" in alarm["alarm_description"]
    assert rate in alarm["alarm_description"]


@pytest.mark.parametrize("rate", UNWATCHED)
def test_a_rate_that_no_alarm_can_watch_is_pointed_out(rates: Plan, rate: str) -> None:
    plan = rates.module(_name(rate))
    sweep = plan.of("aws_cloudwatch_event_rule")["rearm-cloudtrail-sweep"].values

    assert sweep["schedule_expression"] == rate
    assert "rearm-cloudtrail-no-sweep" not in plan.of("aws_cloudwatch_metric_alarm")
    assert (
        f'automations.cloudtrail.sweep_rate is "{rate}": no alarm can notice that sweeps no longer come, '
        "since CloudWatch looks back for a week at most. Give at least one sweep every three days, with "
        "rate(), or with a cron() of every day."
    ) in rates.warnings


def test_nothing_else_is_pointed_out(rates: Plan) -> None:
    about_sweeps = [warning for warning in rates.warnings if "sweep" in warning]

    assert len(about_sweeps) == len(UNWATCHED)


@pytest.mark.parametrize(
    ("variant", "name", "automation"),
    [
        *(("defaults", "rearm", automation) for automation in ON),
        *(("everything", LONGEST_NAME, automation) for automation in ON),
        *(("others", "rearm", automation) for automation in OFF),
    ],
)
def test_every_automation_has_an_alarm_on_the_absence_of_its_sweeps(
    variants: Plan, automation: str, variant: str, name: str
) -> None:
    alarm = variants.module(variant).of("aws_cloudwatch_metric_alarm")[f"{name}-{automation}-no-sweep"].values

    assert (alarm["namespace"], alarm["metric_name"]) == ("Rearm", "Sweeps")
    assert alarm["dimensions"] == {"deployment": name, "automation": automation}
    assert (alarm["statistic"], alarm["comparison_operator"], alarm["threshold"]) == (
        "Sum",
        "LessThanThreshold",
        1,
    )
    # Nothing at all is what a dead function sends.
    assert alarm["treat_missing_data"] == "breaching"
