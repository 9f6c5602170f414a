"""The demo's steps. Each ends in verdicts that are read from AWS's state with plain boto3 clients."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3

from tests.demo.screen import Screen
from tests.demo.watch import Watch
from tests.e2e.account import Account, Person
from tests.e2e.terraform import Summary, Terraform, copy_checkout
from tests.local_aws import LocalAws
from tests.local_aws.subscriptions import Message

ROOT = "examples/basic"
EMAIL = "security@example.com"
TRAIL = "management"
RULE = "rearm-cloudtrail-enabled"
FUNCTION = "rearm-cloudtrail"
CHANGED = {
    ("update", f"{kind}.{name}")
    for kind, name in (
        ("aws_lambda_function", "this"),
        ("aws_ssm_parameter", "deployed"),
        ("aws_ssm_parameter", "parts"),
    )
}
EXCEPTION = """\

  exceptions = {
    patching = {
      match   = { actor = "arn:aws:iam::ACCOUNT:role/patching" }
      reason  = "Patching stops the trail for a moment."
      expires = "2099-12-31"
    }
  }
}
"""
# On this machine; on AWS the delivery of the event comes on top.
SECONDS = 30.0
SETTLED_S = 60.0


class Story:
    """An account, a deployment, and what somebody does to its trail.

    Parameters
    ----------
    aws
        The account.
    screen
        Where everything is shown.
    folder
        For the copy of the checkout.
    """

    def __init__(self, aws: LocalAws, screen: Screen, folder: Path) -> None:
        self._aws = aws
        self._screen = screen
        self._account = Account(aws)
        self._checkout = copy_checkout(folder / "checkout")
        self._terraform = Terraform(self._checkout, aws.environment)
        self._watch = Watch(aws, screen)
        self._messages_before = 0
        self._calls_before = 0
        self.failed: list[str] = []
        self.held = 0

    def tell(self) -> None:
        """Go through all steps; a verdict that does not hold is noted in `failed`, and the rest runs."""
        self._prepare()
        self._deploy()
        self._stop()
        self._delete()
        self._empty_selectors()
        self._config_door()
        self._sweep()
        self._exception()
        self._destroy()

    def _prepare(self) -> None:
        self._screen.step("An AWS account on this machine")
        account = self._account
        account.make_recorder()
        account.make_bucket()
        self._arn = account.sound_trail(TRAIL)
        self._state = account.trail_state(TRAIL)
        self._contractor = replace(account.user("contractor"), user_agent=f"Boto3/{boto3.__version__}")
        self._names = account.names()
        runner = "AWS's interface emulator" if self._aws.options.emulator else "AWS's runtime client"
        self._screen.say(f"{self._aws.endpoint_url}, account {account.id}, region {account.region}.")
        self._screen.say(
            f"moto, and what it lacks: events, IAM, Lambda ({runner}). No real account is touched."
        )
        self._screen.say(f"The account records with AWS Config and has a trail, {TRAIL}, which logs.")
        self._must(account.logs(self._arn), "the trail logs")

    def _deploy(self) -> None:
        self._screen.step(f"terraform apply in {ROOT}, as it is")
        main = (self._checkout / ROOT / "main.tf").read_text(encoding="utf-8")
        self._screen.block(line for line in _block(main) if not line.strip().startswith("#"))
        summary = self._apply("made")
        confirmed = self._aws.confirm_subscription(EMAIL)
        self._screen.say(f"{EMAIL} has confirmed {confirmed} subscriptions, with the links in two mails.")
        self._must(len(summary.changes) > 0, f"{len(summary.changes)} resources are there")

    def _stop(self) -> None:
        self._screen.step("Somebody stops the trail")
        self._screen.say("The user contractor, with access keys of their own, in plain boto3:")
        self._screen.block([f'boto3.client("cloudtrail").stop_logging(Name="{TRAIL}")'])
        self._screen.say("")
        with self._shown():
            self._contractor.cloudtrail().stop_logging(Name=TRAIL)
        mail = self._repaired(self._contractor)
        if mail:
            self._screen.say("")
            self._screen.say(f"The mail that {', '.join(mail.recipients)} gets:")
            self._screen.block([f"Subject: {mail.subject}", "", *mail.body.splitlines()])
        self._must("rearm.response" in _mail(mail), "the mail has the id that finds the line in the journal")

    def _delete(self) -> None:
        self._screen.step("Somebody deletes the trail")
        self._screen.say("The first sweep has recorded what the trail looks like while it was healthy:")
        with self._shown():
            self._aws.run_schedule(f"{FUNCTION}-sweep")
        self._screen.say("Now it is gone:")
        self._screen.block([f'boto3.client("cloudtrail").delete_trail(Name="{TRAIL}")'])
        self._screen.say("")
        with self._shown():
            self._contractor.cloudtrail().delete_trail(Name=TRAIL)
        self._excerpt(self._restored("the trail is there again as it was, and logs"))

    def _empty_selectors(self) -> None:
        self._screen.step("Somebody empties its selectors")
        self._screen.say("The trail goes on logging, but nothing that anybody changes:")
        emptied = {"ReadWriteType": "ReadOnly", "IncludeManagementEvents": False}
        self._screen.block([f"put_event_selectors(TrailName={TRAIL!r}, EventSelectors=[{emptied}])"])
        self._screen.say("")
        with self._shown():
            self._contractor.cloudtrail().put_event_selectors(TrailName=TRAIL, EventSelectors=[emptied])
        self._excerpt(self._restored("the trail selects what it did"))

    def _restored(self, text: str) -> Message | None:
        """Check that the trail is as it was in every attribute, and that it was told."""
        self._must(self._account.trail_state(TRAIL) == self._state, text)
        return self._told(self._contractor)

    def _config_door(self) -> None:
        self._screen.step("The trail is stopped again, and the event is lost")
        self._screen.say("No rule hears of it. Hours later AWS Config notices, when it evaluates its own:")
        self._aws.end_processes()
        with self._shown():
            self._stop_unheard()
            self._aws.evaluate_config_rules(RULE)
        mail = self._repaired(self._contractor)
        self._excerpt(mail)
        self._must("Found in CloudTrail's event history." in _mail(mail), "the history said who it was")
        found = self._account.compliance(RULE)[self._account.id]["ComplianceType"]
        self._must(
            found == "COMPLIANT", f"the rule was asked again and is {found}, so its next change is an event"
        )

    def _stop_unheard(self) -> None:
        with self._aws.losing_events():
            self._contractor.stop(self._arn)
            self._aws.wait_idle()
        self._must(not self._account.logs(self._arn), "nothing has happened yet: the trail is stopped")

    def _sweep(self) -> None:
        self._screen.step("And again, and Config does not notice either")
        self._screen.say("The sweep looks at all trails every 15 minutes; it is due now:")
        with self._shown():
            self._stop_unheard()
            self._aws.run_schedule(f"{FUNCTION}-sweep")
        self._excerpt(self._repaired(self._contractor))

    def _exception(self) -> None:
        self._screen.step("An exception: the role patching may stop trails")
        main = self._checkout / ROOT / "main.tf"
        before = main.read_text(encoding="utf-8")
        after = before.rstrip().removesuffix("}") + EXCEPTION.replace("ACCOUNT", self._account.id)
        main.write_text(after, encoding="utf-8")
        names = ("main.tf", "main.tf")
        self._screen.block(
            line.rstrip("\n") for line in difflib.unified_diff(_lines(before), _lines(after), *names, n=1)
        )
        summary = self._apply("changed")
        changed = {(action, address.rpartition("].")[2]) for address, action in summary.changes.items()}
        self._must(
            changed <= CHANGED and ("update", "aws_lambda_function.this") in changed,
            "nothing but the functions is changed, with their exceptions, and what their guard knows of them",
        )
        patching = self._account.role("patching", "night-shift")
        with self._shown():
            patching.stop(self._arn)
        mail = self._mail()
        self._must(not self._account.logs(self._arn), "the trail stays stopped")
        self._must(self._made("StartLogging") == [], "the function has changed nothing")
        self._must(
            "Excused by the exception 'patching'" in _mail(mail),
            "the mail names the exception and its reason",
        )
        self._excerpt(mail)
        self._account.client("cloudtrail").start_logging(Name=self._arn)
        self._screen.say("Patching is over, the trail logs. The contractor is still not excused:")
        with self._shown():
            self._contractor.stop(self._arn)
        self._repaired(self._contractor)

    def _destroy(self) -> None:
        self._screen.step("terraform destroy")
        progress = _Progress(self._screen, "destroyed")
        with self._aws.losing_events():
            self._terraform.destroy(ROOT, progress)
        left = self._account.names() - self._names - {"list_roles patching"}
        self._must(
            not left, f"left: {left}" if left else f"{progress.done} resources are gone, nothing is left"
        )

    def _apply(self, done: str) -> Summary:
        # Rearm's guard would look at each part that changes, and wait for what is not there yet.
        with self._aws.losing_events():
            return self._terraform.apply(ROOT, _Progress(self._screen, done))

    @contextmanager
    def _shown(self) -> Iterator[None]:
        """Show what happens, until nothing happens any more."""
        self._settle()
        self._messages_before = len(self._aws.messages)
        self._calls_before = len(self._aws.calls)
        self._watch.begin()
        try:
            yield
            self._settle()
        finally:
            self._watch.end()

    def _settle(self) -> None:
        """Wait until everything has been delivered and has ended, with Lambda's retries."""
        try:
            self._aws.wait_idle(SETTLED_S)
        except TimeoutError:
            self._must(False, f"everything has ended within {SETTLED_S:.0f} s")

    def _repaired(self, person: Person) -> Message | None:
        """Check that the trail logs, and that it was told."""
        logs = self._account.logs(self._arn)
        seconds = self._account.outage(self._arn) if logs else 0.0
        self._must(
            logs and 0 < seconds < SECONDS,
            f"the trail logs again after {seconds:.2f} s, by AWS's own times"
            if logs
            else "the trail logs again",
        )
        return self._told(person)

    def _told(self, person: Person) -> Message | None:
        """Check that one mail says it, and that IAM had nothing to refuse."""
        mail = self._mail()
        told = mail is not None and EMAIL in mail.recipients and mail.attributes["outcome"] == "remediated"
        self._must(told and person.arn in _mail(mail), f"one mail tells {EMAIL} that it was {person.name}")
        refused = [call.action for call in self._aws.calls[self._calls_before :] if not call.decision.allowed]
        self._must(
            not refused, "IAM allowed each call of the function" if not refused else f"IAM refused {refused}"
        )
        return mail

    def _mail(self) -> Message | None:
        """Return the only message to the team in this step."""
        new = [one for one in self._aws.messages[self._messages_before :] if EMAIL in one.recipients]
        return new[0] if len(new) == 1 else None

    def _made(self, operation: str) -> list[str]:
        calls = self._aws.calls[self._calls_before :]
        return [call.operation for call in calls if call.operation == operation]

    def _excerpt(self, mail: Message | None) -> None:
        wanted = ("Excused", "Actor:", "Role:", "Session:", "Found in", "Call:", "Without the", "Arrived by:")
        lines = [line for line in _mail(mail).splitlines() if line.startswith(wanted)]
        self._screen.say("From the mail:")
        self._screen.block([f"Subject: {mail.subject}" if mail else "no mail", *lines])

    def _must(self, holds: bool, text: str) -> None:
        self._screen.verdict(holds, text)
        if holds:
            self.held += 1
        else:
            self.failed.append(text)


class _Progress:
    """Shows how many resources Terraform has done, from the lines of its output."""

    def __init__(self, screen: Screen, verb: str) -> None:
        self.done = 0
        self._screen = screen
        self._verb = verb

    def __call__(self, line: Mapping[str, Any]) -> None:
        if line.get("type") not in ("apply_complete", "apply_progress") or line["hook"]["action"] == "read":
            return
        self.done += line["type"] == "apply_complete"
        resource = line["hook"]["resource"]["resource"]
        waits = self._verb == "made" and "sqs_queue" in resource
        hint = ", which takes 25 s to settle" if waits else ""
        self._screen.progress(f"{self.done} resources {self._verb}; {resource}{hint}")


def _mail(mail: Message | None) -> str:
    return mail.body if mail else ""


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _block(text: str) -> Sequence[str]:
    """Return the module's block of a root module."""
    lines = text.splitlines()
    return lines[next(number for number, line in enumerate(lines) if line.startswith("module ")) :]
