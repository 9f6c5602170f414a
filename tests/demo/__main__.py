"""`python -m tests.demo`: exit code 0 only if everything ended as it must, 130 after Ctrl-C."""

from __future__ import annotations

import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.demo.screen import Screen
from tests.demo.story import Story
from tests.e2e.terraform import TerraformError
from tests.local_aws import LocalAws, Options
from tools import state

LOG = state.TOOLS / "results" / "demo.log"


def main() -> int:
    """Tell the story, and say how it ended."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    screen = Screen()
    screen.say(
        "Rearm: a trail that somebody stops logs again within seconds, and the team is told.", indent=0
    )
    try:
        with (
            tempfile.TemporaryDirectory(prefix="rearm-demo-") as folder,
            LocalAws(Options(enforce_for_all=True, evaluation_interval_s=0)) as aws,
        ):
            try:
                story = _told(aws, screen, Path(folder))
                return ended(story.held, story.failed, screen)
            finally:
                _keep(aws)
    except KeyboardInterrupt:
        screen.say("")
        screen.say("Interrupted; everything that was started has been ended.", indent=0)
        return 130
    except TerraformError as error:
        return _broken(screen, str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, people get one clear line and a place to look
        with LOG.open("a", encoding="utf-8") as log:
            log.write(traceback.format_exc())
        return _broken(screen, f"{type(error).__name__}: {error}")


def _told(aws: LocalAws, screen: Screen, folder: Path) -> Story:
    story = Story(aws, screen, folder)
    story.tell()
    story.failed += [f"beyond this imitation of AWS: {entry.text}" for entry in aws.problems]
    return story


def ended(held: int, failed: Sequence[str], screen: Screen) -> int:
    """Say how the verdicts are, and return the exit code.

    Parameters
    ----------
    held
        The number of verdicts that hold.
    failed
        The others.
    screen
        Where to say it.
    """
    screen.say("")
    if not failed:
        text = f"All {held} verdicts hold, read from AWS's state. {screen.seconds:.0f} s."
        screen.say(text, indent=0, style="good")
        return 0
    screen.say(f"{len(failed)} of {held + len(failed)} verdicts do not hold:", indent=0, style="bad")
    for text in failed:
        screen.say(f"- {text}")
    screen.say(f"Everything that happened is in {LOG}", indent=0)
    return 1


def _broken(screen: Screen, text: str) -> int:
    screen.say("")
    first, *rest = text.splitlines() or [""]
    screen.say(f"The demo cannot go on: {first}", indent=0, style="bad")
    for line in rest:
        screen.say(line, indent=0)
    screen.say(f"Everything that happened is in {LOG}", indent=0)
    return 1


def _keep(aws: LocalAws) -> None:
    """Write down everything that happened, and the functions' logs."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{entry.at:%H:%M:%S.%f} {entry.kind:<13} {entry.text}" for entry in aws.timeline.entries()]
    for run in aws.invocations:
        lines += ["", f"{run.at:%H:%M:%S.%f} {run.function} {run.request_id}", *run.lines]
    LOG.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
