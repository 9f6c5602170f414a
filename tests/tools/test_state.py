from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tools import state
from tools.state import State

KNOWN = State(
    fingerprint="f",
    pythons={"3.13": "/venv/bin/python", "3.11": "/oldest/bin/python"},
    terraform="/bin/terraform",
    terraform_newer="/tools/terraform-newer",
    provider_mirror="/mirror",
    emulator="/tools/rie",
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    state.save(KNOWN, tmp_path)

    assert state.load(tmp_path) == KNOWN
    assert [path.name for path in tmp_path.iterdir()] == ["setup.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"fingerprint": "f"}', '{"unknown": 1}'])
def test_a_state_of_another_form_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "setup.json").write_text(text, encoding="utf-8")

    assert state.load(tmp_path) is None


def test_no_real_account_can_be_reached() -> None:
    given = {"AWS_PROFILE": "prod", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_ENDPOINT_URL": "x", "HOME": "h"}

    safe = state.without_real_aws(given)

    assert "AWS_PROFILE" not in safe
    assert "AWS_ENDPOINT_URL" not in safe
    assert safe["AWS_ACCESS_KEY_ID"] == "testing"
    assert safe["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert safe["AWS_EC2_METADATA_DISABLED"] == "true"
    assert safe["HOME"] == "h"


def test_proxies_are_not_used_for_this_machine() -> None:
    safe = state.without_real_aws({"NO_PROXY": "intranet"})

    assert safe["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"


def test_everything_that_was_found_is_in_the_environment() -> None:
    settings = state.environment(KNOWN, {"PATH": "/bin", "TF_CLI_CONFIG_FILE": "x", "TF_VAR_name": "x"})

    assert settings["REARM_TERRAFORM"] == "/bin/terraform"
    assert settings["REARM_TERRAFORM_NEWER"] == "/tools/terraform-newer"
    assert settings["REARM_PYTHONS"] == "3.13=/venv/bin/python,3.11=/oldest/bin/python"
    assert settings["REARM_LAMBDA_RIE"] == "/tools/rie"
    assert settings["TF_CLI_ARGS_init"] == "-plugin-dir=/mirror"
    assert settings["PATH"] == "/venv/bin:/bin"
    assert "TF_CLI_CONFIG_FILE" not in settings
    assert "TF_VAR_name" not in settings


def test_a_mirror_in_a_folder_with_blanks_stays_one_argument() -> None:
    settings = state.environment(replace(KNOWN, provider_mirror="/a b/mirror"), {})

    assert shlex.split(settings["TF_CLI_ARGS_init"]) == ["-plugin-dir=/a b/mirror"]


def test_an_emulator_that_could_not_be_had_is_not_in_the_environment() -> None:
    settings = state.environment(replace(KNOWN, emulator=None), {"REARM_LAMBDA_RIE": "/stale"})

    assert "REARM_LAMBDA_RIE" not in settings


def test_a_corpus_beside_the_checkout_is_used_unless_another_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "ROOT", tmp_path / "checkout")
    assert "REARM_EVENT_CORPUS" not in state.environment(KNOWN, {})

    beside = tmp_path / "shared" / "events"
    beside.mkdir(parents=True)

    assert state.environment(KNOWN, {})["REARM_EVENT_CORPUS"] == str(beside)
    assert state.environment(KNOWN, {"REARM_EVENT_CORPUS": "/mine"})["REARM_EVENT_CORPUS"] == "/mine"


def test_a_command_runs_in_that_environment_and_gives_its_exit_code() -> None:
    code = "import os, sys; sys.exit(0 if os.environ['AWS_ACCESS_KEY_ID'] == 'testing' else 1)"
    command = [sys.executable, "-m", "tools.run", "--", "python", "-c", code]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "AKIA"}
        return subprocess.run(
            arguments, cwd=state.ROOT, env=environment, capture_output=True, text=True, check=False
        )

    assert run(*command).returncode == 0
    assert run(*command[:4], "python", "-c", "raise SystemExit(7)").returncode == 7
    assert run(*command[:3]).returncode == 2
