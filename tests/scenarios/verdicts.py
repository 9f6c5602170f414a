"""What must hold after a scenario, read from AWS's state by an independent client."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.scenarios.account import Account, Told


@dataclass(frozen=True)
class Check:
    """One thing that must hold.

    Attributes
    ----------
    name
        What must hold, in words.
    problem
        Reads the account and says what is wrong, or nothing.
    about
        The trail, or the kind of thing, that it is about.
    """

    name: str
    problem: Callable[[Account], str | None]
    about: str


# What a check is about, if not a trail.
MESSAGE = "the message"
QUIET = "the quiet"
RULES = "the Config rules"
EVALUATIONS = "the custom rule's evaluations"
BASELINES = "the baselines"


def logs(*names: str) -> tuple[Check, ...]:
    """Check that trails log, each for itself."""
    return tuple(_logging(name, wanted=True) for name in names)


def does_not_log(*names: str) -> tuple[Check, ...]:
    """Check that trails were left as they are, each for itself."""
    return tuple(_logging(name, wanted=False) for name in names)


def asked_again(*rules: str) -> Check:
    """Check that exactly these Config rules were asked to evaluate."""

    def problem(account: Account) -> str | None:
        wanted = {account.rule(rule) for rule in rules}
        asked = account.asked_again()
        return None if asked == wanted else f"asked {sorted(asked)}, not {sorted(wanted)}"

    return Check(f"Config is asked again: {', '.join(rules) or 'no rule'}", problem, RULES)


def compliance(rule: str, wanted: dict[str, str]) -> Check:
    """Check what a custom Config rule was told, by the resource's id."""

    def problem(account: Account) -> str | None:
        reported = account.compliance(account.rule(rule))
        return None if reported == wanted else f"{rule} has {reported}, not {wanted}"

    return Check(f"Config has {wanted}", problem, EVALUATIONS)


def told(outcome: str, *words: str) -> Check:
    """Check that one message has an outcome and holds words."""

    def problem(account: Account) -> str | None:
        messages = account.messages()
        found = [message for message in messages if message.attributes.get("outcome") == outcome]
        if not found:
            return f"no message says {outcome}; {_heads(messages)}"
        missing = [word for word in words if not any(word in message.body for message in found)]
        return f"the message does not say {missing}: {found[0].body}" if missing else None

    return Check(f"the team is told: {outcome} {' '.join(words)}".strip(), problem, MESSAGE)


def tells_nothing() -> Check:
    """Check that nobody was bothered."""

    def problem(account: Account) -> str | None:
        messages = account.messages()
        return _heads(messages) if messages else None

    return Check("nobody is bothered", problem, QUIET)


def _logging(name: str, *, wanted: bool) -> Check:
    def problem(account: Account) -> str | None:
        return None if account.logs(account.arn(name)) is wanted else f"it {'does not' if wanted else 'does'}"

    return Check(f"{name} {'logs' if wanted else 'is left as it is'}", problem, name)


def _heads(messages: Iterable[Told]) -> str:
    return f"messages: {[message.body.splitlines()[0] for message in messages]}"
