"""``make local-aws``: keep the account up, show what happens, run schedules by the clock."""

from __future__ import annotations

import argparse
import signal
import sys
import textwrap
import threading

from tests.local_aws.local import LocalAws
from tests.local_aws.options import Options
from tests.local_aws.subscriptions import Message
from tests.local_aws.timeline import Entry


def _show(entry: Entry) -> None:
    sys.stdout.write(f"{entry.at:%H:%M:%S} {entry.kind:<13} {entry.text}\n")
    message = entry.detail.get("message")
    if isinstance(message, Message):
        sys.stdout.write(textwrap.indent(message.body, "         | ", lambda _: True) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.local_aws", description=__doc__)
    parser.add_argument("--port", type=int, default=4566, help="TCP port on 127.0.0.1, 0 for a free one")
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--no-recorder", action="store_true", help="leave AWS Config without a recorder")
    arguments = parser.parse_args()
    options = Options(
        region=arguments.region, host_port=arguments.port, run_schedules=True, evaluate_new_rules=True
    )
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with LocalAws(options) as aws:
        if not arguments.no_recorder:
            path = "role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
            role = f"arn:aws:iam::{aws.account}:{path}"
            aws.client("config").put_configuration_recorder(
                ConfigurationRecorder={"name": "default", "roleARN": role}
            )
        aws.timeline.listen(_show)
        exports = "\n".join(f"export {name}={value}" for name, value in aws.environment.items())
        sys.stdout.write(f"AWS on this machine, until Ctrl-C. In another terminal:\n\n{exports}\n\n")
        sys.stdout.flush()
        stopped.wait()


if __name__ == "__main__":
    main()
