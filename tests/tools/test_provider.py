from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.tools.programs import terraform
from tools.setup import provider

TARGET = provider.system()
HOST = "registry.invalid"


def unpacked(root: Path, version: str, target: str = TARGET) -> Path:
    """Make an unpacked mirror and give its root."""
    directory = root / HOST / "hashicorp" / "aws" / version / target
    directory.mkdir(parents=True)
    (directory / f"terraform-provider-aws_v{version}_x5").touch()
    return root


def packed(root: Path, version: str) -> Path:
    """Make a packed mirror and give its root."""
    directory = root / HOST / "hashicorp" / "aws"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"terraform-provider-aws_{version}_{TARGET}.zip").touch()
    return root


def found(start: Path) -> list[Path]:
    return list(provider.search([start], TARGET))


def test_mirrors_are_found_unpacked_and_packed_anywhere_below(tmp_path: Path) -> None:
    first = unpacked(tmp_path / "a" / "deep" / "mirror", "5.100.0")
    second = packed(tmp_path / "b", "5.99.0")

    assert sorted(found(tmp_path)) == [first, second]


def test_a_mirror_for_another_system_or_without_a_provider_is_none(tmp_path: Path) -> None:
    unpacked(tmp_path / "other", "5.100.0", target="plan9_mips")
    (tmp_path / "empty" / HOST / "hashicorp" / "aws" / "5.100.0" / TARGET).mkdir(parents=True)

    assert found(tmp_path) == []


def test_a_working_directory_that_links_to_a_mirror_is_none(tmp_path: Path) -> None:
    real = unpacked(tmp_path / "real", "5.100.0") / HOST / "hashicorp" / "aws" / "5.100.0" / TARGET
    links = tmp_path / "project" / ".terraform" / "providers" / HOST / "hashicorp" / "aws" / "5.100.0"
    links.mkdir(parents=True)
    (links / TARGET).symlink_to(real)

    assert found(tmp_path) == [tmp_path / "real"]


def test_versions_are_sorted_by_number(tmp_path: Path) -> None:
    for version in ("5.100.0", "5.9.0", "6.0.1"):
        packed(tmp_path, version)

    assert provider.versions(tmp_path / HOST / "hashicorp" / "aws", TARGET) == ["5.9.0", "5.100.0", "6.0.1"]


def test_the_tested_version_comes_before_a_newer_one_and_what_can_go_away_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    roots = [
        unpacked(tmp_path / "temporary" / "mirror", provider.WANTED),
        unpacked(tmp_path / "project" / ".terraform" / "providers", provider.WANTED),
        packed(tmp_path / "newer", "6.1.0"),
        packed(tmp_path / "tested", provider.WANTED),
    ]

    ranked = provider.ranked(roots, TARGET)

    assert ranked[:2] == [roots[3], roots[2]]
    assert set(ranked[2:]) == {roots[0], roots[1]}


def test_what_terraform_fetches_itself_comes_first_and_is_kept_and_remembered(tmp_path: Path) -> None:
    inner = f".terraform/providers/{HOST}/hashicorp/aws/{provider.WANTED}/{TARGET}"
    program = terraform(tmp_path / "terraform", "1.11.4", init=f'mkdir -p "{inner}"; exit 0')
    tools = tmp_path / ".tools"

    first = provider.find(program, {}, tmp_path, tools)
    second = provider.find(program, {}, tmp_path, tools)

    assert first == (tools / "providers", "fetched by Terraform")
    assert second == (tools / "providers", "remembered")
    assert (tools / "providers" / HOST / "hashicorp" / "aws").is_dir()


# A Terraform that reaches no registry, but takes the provider from a mirror that is there.
OFFLINE = (
    'for a in "$@"; do case "$a" in -plugin-dir=*) test -d "${a#-plugin-dir=}" && exit 0;; esac; done; exit 1'
)


def test_without_a_registry_the_usual_directories_are_searched_before_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = terraform(tmp_path / "terraform", "1.11.4", init=OFFLINE)
    mirror = unpacked(tmp_path / "home" / ".terraform.d" / "plugins", "5.100.0")
    searched: list[list[Path]] = []
    search = provider.search

    def watched(starts: Iterable[Path], target: str, skip: frozenset[Path]) -> Iterator[Path]:
        searched.append(list(starts))
        return search(searched[-1], target, skip)

    monkeypatch.setattr(provider, "search", watched)

    answer = provider.find(program, {}, tmp_path / "home", tmp_path / ".tools")

    assert answer is not None
    assert answer[0] == mirror
    assert len(searched) == 1
    assert (tmp_path / ".tools" / "provider-mirror").read_text(encoding="utf-8") == f"{mirror}\n"


def test_a_remembered_mirror_that_is_gone_is_searched_again(tmp_path: Path) -> None:
    program = terraform(tmp_path / "terraform", "1.11.4", init=OFFLINE)
    tools = tmp_path / ".tools"
    tools.mkdir()
    (tools / "provider-mirror").write_text(f"{tmp_path / 'gone'}\n", encoding="utf-8")
    cache = unpacked(tmp_path / "cache", "5.100.0")

    answer = provider.find(program, {"TF_PLUGIN_CACHE_DIR": str(cache)}, tmp_path, tools)

    assert answer is not None
    assert answer[0] == cache


def test_with_neither_registry_nor_mirror_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = terraform(tmp_path / "terraform", "1.11.4", init=OFFLINE)
    monkeypatch.setattr(provider, "search", lambda *_: iter(()))

    assert provider.find(program, {}, tmp_path, tmp_path / ".tools") is None
    assert not (tmp_path / ".tools").exists()


def test_the_directories_that_terraform_itself_searches_are_known(tmp_path: Path) -> None:
    environment = {"XDG_DATA_HOME": "/data", "XDG_DATA_DIRS": "/one:/two", "TF_PLUGIN_CACHE_DIR": "/cache"}

    assert provider.implied(environment, tmp_path) == [
        Path("/cache"),
        tmp_path / ".terraform.d" / "plugins",
        tmp_path / ".terraform.d" / "plugin-cache",
        Path("/data/terraform/plugins"),
        Path("/one/terraform/plugins"),
        Path("/two/terraform/plugins"),
    ]
