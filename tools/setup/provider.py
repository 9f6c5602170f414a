"""Where Terraform gets AWS's provider from: its registry, or a filesystem mirror somewhere on the disk.

A mirror is a directory HOST/hashicorp/aws below its root, either unpacked
(VERSION/OS_ARCH/terraform-provider-aws_…) or packed (terraform-provider-aws_VERSION_OS_ARCH.zip); see
Terraform's documentation of `provider_installation` and of `terraform providers mirror`.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tools.setup.terraform import clean_environment

# The version that the tests were written with. A mirror may have another one, which is then said.
WANTED = "5.100.0"

MISSING = (
    "AWS's Terraform provider cannot be had: Terraform cannot fetch it, and this disk has no filesystem "
    "mirror of hashicorp/aws; connect once, or run `terraform providers mirror DIRECTORY` where there is a "
    "connection and copy DIRECTORY here"
)

_NOT_SEARCHED = frozenset({".git", "node_modules", "__pycache__", "site-packages"})
_NOT_SEARCHED_AT_TOP = frozenset({"/proc", "/sys", "/dev", "/run"})
_DEPTH = 14


def system() -> str:
    """Give this machine in Terraform's words, for example `linux_amd64`."""
    machine = platform.machine().lower()
    names = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    return f"{platform.system().lower()}_{names.get(machine, machine)}"


def versions(package: Path, target: str) -> list[str]:
    """List the versions of the provider that a `HOST/hashicorp/aws` directory has for one system.

    Parameters
    ----------
    package : Path
        The directory named `aws`.
    target : str
        The system, for example `linux_amd64`.

    Returns
    -------
    list of str
        Versions, oldest first; empty when this is no mirror, or not for this system.
    """
    found = set()
    for name in _names(package):
        packed = re.fullmatch(rf"terraform-provider-aws_(\d+\.\d+\.\d+)_{target}\.zip", name)
        if packed:
            found.add(packed.group(1))
        elif re.fullmatch(r"\d+\.\d+\.\d+", name) and _has_provider(package / name / target):
            found.add(name)
    return sorted(found, key=lambda text: tuple(map(int, text.split("."))))


def implied(environment: Mapping[str, str], home: Path) -> list[Path]:
    """Give the directories where Terraform itself looks for mirrors, and its plugin cache."""
    cache = environment.get("TF_PLUGIN_CACHE_DIR")
    data = environment.get("XDG_DATA_HOME") or str(home / ".local" / "share")
    shared = (environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    roots = [Path(cache)] if cache else []
    roots += [home / ".terraform.d" / "plugins", home / ".terraform.d" / "plugin-cache"]
    return roots + [Path(base) / "terraform" / "plugins" for base in (data, *shared) if base]


def search(starts: Iterable[Path], target: str, skip: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Walk through directories and give the root of each mirror that is usable on this system.

    Parameters
    ----------
    starts : iterable of Path
        Where to begin; each walk stays on the file system it began on and follows no links.
    target : str
        The system, for example `linux_amd64`.
    skip : frozenset of Path
        Directories not to enter.

    Yields
    ------
    Path
        Mirror roots, which hold `HOST/hashicorp/aws`.
    """
    for start in starts:
        try:
            device = start.stat().st_dev
        except OSError:
            continue
        waiting = [(start, 0)]
        while waiting:
            directory, depth = waiting.pop()
            for entry in _directories(directory):
                if entry.name == "aws" and directory.name == "hashicorp":
                    if versions(entry, target):
                        yield directory.parent.parent
                elif depth < _DEPTH and entry not in skip and _enter(entry, device):
                    waiting.append((entry, depth + 1))


def _has_provider(directory: Path) -> bool:
    # Terraform fills its working directories with links to a mirror; only the mirror itself counts.
    return not directory.is_symlink() and any(
        name.startswith("terraform-provider-aws_") for name in _names(directory)
    )


def _names(directory: Path) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


def _directories(directory: Path) -> list[Path]:
    try:
        with os.scandir(directory) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _enter(entry: Path, device: int) -> bool:
    if entry.name in _NOT_SEARCHED or str(entry) in _NOT_SEARCHED_AT_TOP:
        return False
    try:
        return entry.stat().st_dev == device
    except OSError:
        return False


def ranked(roots: Iterable[Path], target: str) -> list[Path]:
    """Sort mirrors, the best one first.

    Parameters
    ----------
    roots : iterable of Path
        Mirror roots as `search` gives them.
    target : str
        The system, for example `linux_amd64`.

    Returns
    -------
    list of Path
        First those with the wanted version, then by their newest one. A mirror that can go away any time,
        since it is another project's working directory or a temporary one, comes after all others.
    """
    temporary = Path(tempfile.gettempdir())

    def rank(root: Path) -> tuple[bool, bool, tuple[int, ...]]:
        known = [
            text for name in _names(root) for text in versions(root / name / "hashicorp" / "aws", target)
        ]
        newest = max((tuple(map(int, text.split("."))) for text in known), default=())
        stays = ".terraform" not in root.parts and not root.is_relative_to(temporary)
        return (stays, WANTED in known, newest)

    return sorted(dict.fromkeys(roots), key=rank, reverse=True)


def initialise(
    terraform: Path, environment: Mapping[str, str], arguments: Iterable[str], constraint: str
) -> Path | None:
    """Run `terraform init` on a configuration that needs nothing but the provider.

    Parameters
    ----------
    terraform : Path
        The program.
    environment : mapping of str to str
        The environment; the user's own Terraform configuration counts as it is.
    arguments : iterable of str
        Further arguments, for example `-plugin-dir=…`.
    constraint : str
        A version constraint.

    Returns
    -------
    Path or None
        The temporary directory it ran in, which the caller removes; None when it failed.
    """
    directory = Path(tempfile.mkdtemp(prefix="rearm-provider-"))
    (directory / "main.tf").write_text(
        "terraform {\n  required_providers {\n    aws = {\n"
        f'      source  = "hashicorp/aws"\n      version = "{constraint}"\n'
        "    }\n  }\n}\n",
        encoding="utf-8",
    )
    settings = clean_environment(environment) | {
        "TF_REGISTRY_CLIENT_TIMEOUT": "8",
        "TF_REGISTRY_DISCOVERY_RETRY": "0",
    }
    try:
        done = subprocess.run(
            [str(terraform), "init", "-backend=false", "-input=false", "-no-color", *arguments],
            cwd=directory,
            env=settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            # An unreachable registry fails in seconds; what takes long is the download of 150 MB.
            timeout=900,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        done = None
    if done is None or done.returncode != 0:
        shutil.rmtree(directory, ignore_errors=True)
        return None
    return directory


def fetch(terraform: Path, environment: Mapping[str, str], target: Path) -> Path | None:
    """Have Terraform fetch the provider its own way and keep it as a mirror.

    Parameters
    ----------
    terraform : Path
        The program.
    environment : mapping of str to str
        The user's environment, with the configuration of a mirror of their own if they have one.
    target : Path
        Where to keep it.

    Returns
    -------
    Path or None
        `target`, or None when the provider cannot be had this way.
    """
    directory = initialise(terraform, environment, (), WANTED)
    if directory is None:
        return None
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Links into a plugin cache become copies: the cache may be emptied.
    shutil.copytree(directory / ".terraform" / "providers", target)
    shutil.rmtree(directory, ignore_errors=True)
    return target


def works(terraform: Path, environment: Mapping[str, str], root: Path) -> bool:
    """Tell whether Terraform takes the provider from this mirror."""
    settings = {name: value for name, value in environment.items() if name != "TF_CLI_CONFIG_FILE"}
    directory = initialise(terraform, settings, [f"-plugin-dir={root}"], ">= 5.0")
    if directory is None:
        return False
    shutil.rmtree(directory, ignore_errors=True)
    return True


def find(terraform: Path, environment: Mapping[str, str], home: Path, tools: Path) -> tuple[Path, str] | None:
    """Find the provider: by what is remembered, by the registry, then by one search of the disk.

    Parameters
    ----------
    terraform : Path
        The program.
    environment : mapping of str to str
        The user's environment.
    home : Path
        The user's home directory.
    tools : Path
        The checkout's `.tools`, where the answer is remembered in `provider-mirror`.

    Returns
    -------
    tuple of Path and str, or None
        The mirror's root and how it was found, for people to read; None when there is no provider.
    """
    memory = tools / "provider-mirror"
    if memory.is_file():
        remembered = Path(memory.read_text(encoding="utf-8").strip())
        if works(terraform, environment, remembered):
            return remembered, "remembered"
    found = fetch(terraform, environment, tools / "providers")
    how = "fetched by Terraform"
    if found is None:
        how = "a filesystem mirror on this disk; Terraform could not fetch it"
        target = system()
        # First where Terraform itself looks, then everywhere.
        for starts in (implied(environment, home), [Path("/"), home]):
            roots = ranked(search(starts, target, frozenset({tools})), target)
            found = next((root for root in roots if works(terraform, environment, root)), None)
            if found is not None:
                break
    if found is None:
        return None
    tools.mkdir(parents=True, exist_ok=True)
    memory.write_text(f"{found}\n", encoding="utf-8")
    return found, how
