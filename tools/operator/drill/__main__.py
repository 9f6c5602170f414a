"""`python -m tools.operator.drill`, or `make drill`.

Exit code 0 when every row that was run ended well, 1 when one did not or something is left, 2 when the
operator has to change something, 130 after an interrupt.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from rearm.model import Mode
from tools.operator.access import Access, OperatorError, add_arguments, open_access
from tools.operator.drill import learning
from tools.operator.drill.own import Own, new_names
from tools.operator.drill.run import Drill, Wish, chosen, clean

LIMIT_S = 300.0
PAUSE_S = 20.0
# A bucket's name has at most 63 characters: what the drill adds to the deployment's name is this long.
LONGEST_NAME = 63 - len("-drill-01234567-other")


def main(arguments: Sequence[str]) -> int:
    """Run the drill, or remove what an earlier one has left, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make drill", description="Rehearse the attacks on a trail.")
    add_arguments(parser)
    parser.add_argument("--limit", type=_limit, default=LIMIT_S, help="seconds for one repair (LIMIT)")
    parser.add_argument("--pause", type=_pause, default=PAUSE_S, help="seconds between rows (PAUSE)")
    parser.add_argument("--rows", default="", help="only these rows, such as trail,bucket.policy (ROWS)")
    parser.add_argument("--foreign", default="", type=_account, help="a foreign account's id (FOREIGN)")
    parser.add_argument("--key", action="store_true", help="with a KMS key, which costs money (KEY=1)")
    parser.add_argument("--wait", action="store_true", help="wait for the next sweeps (WAIT=1)")
    parser.add_argument("--yes", action="store_true", help="do not ask (YES=1)")
    parser.add_argument("--clean", action="store_true", help="remove what a drill has left (CLEAN=1)")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        access = open_access(options.name, options.region)
        if options.clean:
            return _ended(clean(access, _say))
        rows = tuple(one.strip() for one in options.rows.split(",") if one.strip())
        chosen(rows)
        if len(access.name) > LONGEST_NAME:
            raise OperatorError(f"NAME is longer than {LONGEST_NAME} characters: no bucket can be called so.")
        if options.foreign == access.account:
            raise OperatorError("FOREIGN is your own account; it must be another one.")
        modes = learning.modes(access)
        own = Own(access, new_names(access.name), with_key=options.key, foreign=options.foreign)
        _announce(access, own, modes)
        if not options.yes and not _agreed():
            _say("Nothing was made.")
            return 1
        return _drill(Drill(own, Wish(rows, options.limit, options.pause, options.wait), modes, _say))
    except OperatorError as error:
        print(f"drill: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        _say("Interrupted.")
        return 130


def _drill(drill: Drill) -> int:
    """Run it and, whatever happens, remove what it has made."""
    code = 1
    try:
        drill.run()
        failed = [result for result in drill.results if result.verdict == "failed"]
        ok = [result for result in drill.results if result.verdict == "ok"]
        _say(f"\n{len(ok)} ok, {len(failed)} failed, {len(drill.results) - len(ok) - len(failed)} not run.")
        code = 1 if failed or not ok else 0
    except OperatorError as error:
        print(f"drill: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        _say("\nInterrupted.")
        code = 130
    finally:
        _uninterrupted()
        _say("Removing what was made.")
        left = _ended(drill.remove())
    return code or left


def _ended(problems: Sequence[str]) -> int:
    for problem in problems:
        print(f"not removed: {problem}", file=sys.stderr)
    if problems:
        print("Run `make drill CLEAN=1` in some minutes.", file=sys.stderr)
        return 1
    _say("Nothing is left.")
    return 0


def _announce(access: Access, own: Own, modes: dict[str, Mode]) -> None:
    _say(f"A drill of {access.name} in account {access.account}, {access.region}, as {access.caller}.")
    _say(
        f"It makes a trail, a topic and two buckets called {own.names.drill}, attacks these and nothing "
        "else, and removes them."
    )
    _say("Rearm tells of each attack: let those know who get its messages.")
    for automation, mode in modes.items():
        if mode is not Mode.REMEDIATE:
            _say(f"{automation} is in mode {mode}: its rows are expected to be told, and not to be repaired.")
    if own.with_key:
        _say("It makes a KMS key, which is deleted 7 days after the drill.")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise OperatorError("this is no terminal, so nobody can agree: give YES=1. Nothing was made.")
    return input("Begin? [yes/no] ").strip().lower() in ("y", "yes")


def _say(text: str) -> None:
    """Print a line at once, also to a pipe: what was attacked must be known if the drill is killed."""
    print(text, flush=True)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _uninterrupted() -> None:
    """Let nothing but a kill keep the drill from removing what it made."""

    def wait(_: int, __: FrameType | None) -> None:
        _say("Still removing what was made; please wait.")

    handler: Callable[[int, FrameType | None], None] = wait
    signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGTERM, handler)


def _limit(text: str) -> float:
    if not text.isdecimal() or not 5 <= int(text) <= 86_400:
        raise argparse.ArgumentTypeError(f"LIMIT is {text!r}; it must be seconds, from 5 to 86400")
    return float(text)


def _pause(text: str) -> float:
    if not text.isdecimal() or int(text) > 3_600:
        raise argparse.ArgumentTypeError(f"PAUSE is {text!r}; it must be seconds, up to 3600")
    return float(text)


def _account(text: str) -> str:
    if text and not re.fullmatch(r"\d{12}", text):
        raise argparse.ArgumentTypeError(f"FOREIGN is {text!r}; it must be an account's id, 12 digits")
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
