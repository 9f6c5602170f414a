"""What the set-up found, and the environment that tests, demo and benchmark run in because of it."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.setup.terraform import clean_environment

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
REGION = "eu-central-1"


@dataclass(frozen=True)
class State:
    """Everything that `make setup` has found or made.

    Attributes
    ----------
    fingerprint : str
        Changes when the set-up has to run again.
    pythons : dict of str to str
        From a version to the interpreter of its virtual environment, the main one first.
    terraform, terraform_newer : str
        Paths of the programs.
    provider_mirror : str
        Root of the filesystem mirror with AWS's provider.
    emulator : str or None
        Path of the Lambda runtime interface emulator, where it could be had.
    """

    fingerprint: str
    pythons: dict[str, str]
    terraform: str
    terraform_newer: str
    provider_mirror: str
    emulator: str | None

    @property
    def main_python(self) -> str:
        """The interpreter of the main environment."""
        return next(iter(self.pythons.values()))


def load(tools: Path = TOOLS) -> State | None:
    """Read what the set-up has written; None when it has not run to its end, or for an older checkout."""
    try:
        return State(**json.loads((tools / "setup.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def save(state: State, tools: Path = TOOLS) -> None:
    """Write the state in one step, so that an interrupted set-up leaves none."""
    tools.mkdir(parents=True, exist_ok=True)
    part = tools / "setup.json.part"
    part.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
    part.replace(tools / "setup.json")


def without_real_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """Give an environment in which no call can reach a real account.

    Parameters
    ----------
    environment : mapping of str to str
        The user's environment.

    Returns
    -------
    dict of str to str
        Without its `AWS_*`; with credentials that AWS knows nothing of, a region, and no profile, credentials
        file or instance metadata. Proxies are not used for this machine's own addresses.
    """
    kept = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
    local = "127.0.0.1,localhost,::1"
    return kept | {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": ",".join(filter(None, [kept.get("NO_PROXY"), local])),
        "no_proxy": ",".join(filter(None, [kept.get("no_proxy"), local])),
    }


def environment(state: State, base: Mapping[str, str]) -> dict[str, str]:
    """Give the environment for everything that the Makefile starts.

    Parameters
    ----------
    state : State
        What the set-up found.
    base : mapping of str to str
        The user's environment.

    Returns
    -------
    dict of str to str
        Terraform, provider mirror, emulator and interpreters as `REARM_*` and `TF_*`; no real AWS account; a
        corpus of public sample events beside the checkout, if there is one and `REARM_EVENT_CORPUS` does not
        name another.
    """
    settings = clean_environment(without_real_aws(base))
    settings.pop("TF_CLI_CONFIG_FILE", None)
    settings |= {
        "REARM_TERRAFORM": state.terraform,
        "REARM_TERRAFORM_NEWER": state.terraform_newer,
        "REARM_PYTHONS": ",".join(f"{version}={python}" for version, python in state.pythons.items()),
        # Terraform splits it as a shell does.
        "TF_CLI_ARGS_init": f"-plugin-dir={shlex.quote(state.provider_mirror)}",
        "VIRTUAL_ENV": str(Path(state.main_python).parent.parent),
        "PATH": os.pathsep.join([str(Path(state.main_python).parent), base.get("PATH", os.defpath)]),
    }
    settings.pop("REARM_LAMBDA_RIE", None)
    if state.emulator:
        settings["REARM_LAMBDA_RIE"] = state.emulator
    corpus = ROOT.parent / "shared" / "events"
    if "REARM_EVENT_CORPUS" not in settings and corpus.is_dir():
        settings["REARM_EVENT_CORPUS"] = str(corpus)
    return settings
