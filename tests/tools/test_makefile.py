from __future__ import annotations

import re
import subprocess

import pytest

from tools.state import ROOT

TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def pins(name: str) -> dict[str, set[str]]:
    """Read a requirements file: from a package to its versions, one for each Python that needs its own."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        package, _, version = line.partition(" ;")[0].partition("==")
        found.setdefault(package.strip(), set()).add(version.strip())
    return found


def test_make_alone_lists_every_target() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert re.findall(r"^  make ([a-z-]+) ", done.stdout, re.MULTILINE) == TARGETS


@pytest.mark.parametrize(
    "target", ["setup", "package", "check", "test", "demo", "local-aws", "bench", "docs"]
)
def test_what_the_readme_promises_can_be_made(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ("tools.package" if target == "package" else "tools.setup") in done.stdout


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-oldest.txt"])
def test_every_requirement_has_an_exact_version(name: str) -> None:
    assert all(version and "*" not in version for versions in pins(name).values() for version in versions)


def test_the_oldest_python_tests_with_the_same_versions() -> None:
    everything = pins("requirements.txt")

    assert pins("requirements-oldest.txt").items() <= everything.items()
