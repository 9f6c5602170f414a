"""Check every text file: nothing of one machine, no registry's host, tidy lines, links that work."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tools.state import ROOT

# Paths that exist on one machine only; /usr/bin, /tmp, /etc, /dev and /var stand for any machine.
_MACHINE_PATH = re.compile(
    r"(?<![\w.}$~/-])(/(home|root|Users|work|workspace|mnt|media)/[\w.-]+|[A-Z]:\\Users\\)"
)
_REGISTRY = re.compile(
    r"\b(registry\.[a-z]+\.[a-z]+|pypi\.org|files\.pythonhosted\.org|proxy\.golang\.org|crates\.io|"
    r"(ghcr|quay|gcr)\.io|docker\.io|releases\.hashicorp\.com|public\.ecr\.aws)\b"
)
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)")
# Longer than this a file is about more than one thing.
LINES = 450
_MAY_BE_LONG = frozenset({"LICENSE", "CHANGELOG.md", "README.md"})


def tracked(root: Path) -> list[str]:
    """List the files that git knows or would take, without those that it ignores.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    list of str
        Paths from the root, sorted.
    """
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
    return sorted(name for name in listed.split("\0") if name and (root / name).is_file())


def check_lines(text: str) -> Iterator[str]:
    """Check one file's text, whatever kind of file it is.

    Parameters
    ----------
    text : str
        The whole text.

    Yields
    ------
    str
        `line N: what is wrong`.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if found := _MACHINE_PATH.search(line):
            yield f"line {number}: {found.group()} is a path of one machine"
        if found := _REGISTRY.search(line):
            yield f"line {number}: {found.group()} is a registry's host"
        if line != line.rstrip():
            yield f"line {number}: blanks or a carriage return at the end"
    if text and not text.endswith("\n"):
        yield "no line end at the end of the file"


def check_links(name: str, text: str, root: Path) -> Iterator[str]:
    """Check that the links of a Markdown file to other files lead somewhere.

    Parameters
    ----------
    name : str
        The file's path from the root.
    text : str
        Its text.
    root : Path
        The checkout.

    Yields
    ------
    str
        What is wrong.
    """
    for link in _LINK.finditer(text):
        target = (root / PurePosixPath(name).parent / link.group(1)).resolve()
        if not target.exists():
            yield f"the link to {link.group(1)} leads nowhere"


def check_file(name: str, root: Path) -> Iterator[str]:
    """Check one file; binary files and samples of other people's data only for what they are.

    Parameters
    ----------
    name : str
        The file's path from the root.
    root : Path
        The checkout.

    Yields
    ------
    str
        `file: what is wrong`.
    """
    path = root / name
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        if path.suffix not in (".zip", ".png"):
            yield f"{name}: is not text in UTF-8"
        return
    if path.suffix == ".zip":
        return
    for problem in check_lines(text):
        yield f"{name}: {problem}"
    if path.suffix == ".md":
        for problem in check_links(name, text, root):
            yield f"{name}: {problem}"
    if path.suffix in (".py", ".tf", ".md") and path.name not in _MAY_BE_LONG and text.count("\n") > LINES:
        yield f"{name}: {text.count(chr(10))} lines are too many for one file; split it by what it is about"


def main() -> int:
    """Check this checkout and print what is wrong.

    Returns
    -------
    int
        0, or 1 when something is wrong.
    """
    problems = [problem for name in tracked(ROOT) for problem in check_file(name, ROOT)]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
