from __future__ import annotations

from pathlib import Path

import pytest

from tools import check_text
from tools.state import ROOT

# Put together here, since this file is checked as well.
SLASH = "/"
HOST = "registry" + ".example" + ".io"


def problems(tmp_path: Path, name: str, content: str | bytes) -> list[str]:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(check_text.check_file(name, tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Read /usr/bin/python3, /tmp/x, /etc/hosts and /dev/null.\n",
        "arn:aws-cn:iam::123456789012:role/home/x\n",
        "path = ${HOME}/home/x, ./home/x, tests/home/x, a/home/b\n",
        "the registry and its host\n",
    ],
)
def test_what_holds_on_any_machine_is_not_complained_about(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, "a.txt", text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"x = {SLASH}home/somebody/x\n", "home/somebody is a path of one machine"),
        (f'"{SLASH}root/x"\n', "root/x is a path of one machine"),
        (f"{SLASH}Users/somebody/x\n", "Users/somebody is a path of one machine"),
        (f"cd {SLASH}workspace/x\n", "workspace/x is a path of one machine"),
        (f"source = {HOST}/x\n", f"{HOST} is a registry's host"),
        ("https://py" + "pi.org/simple\n", "is a registry's host"),
        ("x \n", "line 1: blanks or a carriage return at the end"),
        ("a\nx\r\n", "line 2: blanks or a carriage return at the end"),
        ("x", "no line end at the end of the file"),
    ],
)
def test_what_should_not_be_there_is_named(tmp_path: Path, text: str, message: str) -> None:
    found = problems(tmp_path, "docs/a.md", text)

    assert any(message in problem and problem.startswith("docs/a.md: ") for problem in found), found


def test_links_to_files_must_lead_somewhere(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").touch()
    text = "[a](../LICENSE#x) [b](https://example.com/x) [c](#here) [d](mailto:a@example.com) [e](gone.md)\n"

    assert problems(tmp_path, "docs/a.md", text) == ["docs/a.md: the link to gone.md leads nowhere"]


def test_a_file_about_too_many_things_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path, "a.py", "x = 1\n" * check_text.LINES) == []
    assert "too many for one file" in problems(tmp_path, "a.py", "x = 1\n" * (check_text.LINES + 1))[0]
    assert problems(tmp_path, "CHANGELOG.md", "x\n" * 2000) == []


def test_only_known_kinds_of_files_may_be_binary(tmp_path: Path) -> None:
    assert problems(tmp_path, "a.py", b"\xff\xfe") == ["a.py: is not text in UTF-8"]
    assert problems(tmp_path, "a.zip", b"\xff\xfe") == []


def test_new_files_are_checked_before_they_are_committed_and_ignored_ones_are_not() -> None:
    names = check_text.tracked(ROOT)

    assert "Makefile" in names
    assert not any(name.startswith((".tools/", ".venv/")) for name in names)


def test_the_texts_of_this_project_are_tidy() -> None:
    assert [
        problem for name in check_text.tracked(ROOT) for problem in check_text.check_file(name, ROOT)
    ] == []
