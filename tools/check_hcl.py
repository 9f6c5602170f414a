"""Check what Terraform itself does not: the rules of this project for its HCL.

Variables and outputs are alphabetical and described in one sentence; types are exact; the module works in
every partition and region, with one provider and nothing built at plan time.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import hcl2

from tools.state import ROOT

Blocks = list[Mapping[str, Any]]

_REGION = re.compile(
    r"\b(us|eu|ap|sa|ca|me|af|il|mx|cn)(-gov|-iso[a-z]?)?-(north|south|east|west|central)+-\d\b"
)
_PROVIDERS_REGION = re.compile(r'  region += "[a-z0-9-]+"')
# A partition's own region, in a map that has all of them.
_PARTITIONS_REGION = re.compile(r'\s+aws(-[a-z-]+)? += "[a-z0-9-]+"')
_LITERAL_ARN = re.compile(r"\barn:aws(-cn|-us-gov|-iso[a-z-]*)?:")
# They run something, or read or write files, while planning.
_FORBIDDEN = frozenset({"archive_file", "external", "local_file", "local_sensitive_file", "null_resource"})


def modules(root: Path) -> list[Path]:
    """List the directories with HCL: the root module, the inner modules and the examples.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    list of Path
        The root first.
    """
    inner = [path for kind in ("modules", "examples") for path in sorted((root / kind).glob("*/"))]
    return [path for path in (root, *inner) if any(path.glob("*.tf"))]


def plain(value: object) -> str:
    """Give a string of the parsed HCL without its quotes, or an expression without its `${}`."""
    text = str(value)
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('\\"', '"')
    return text[2:-1] if text.startswith("${") and text.endswith("}") else text


def blocks(parsed: Mapping[str, Any], kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    """List the blocks of one kind with a label, in the order of the file.

    Parameters
    ----------
    parsed : mapping
        One parsed file.
    kind : str
        For example `variable`.

    Returns
    -------
    list of tuple of str and mapping
        The first label and what is in the block.
    """
    return [(plain(label), body) for block in parsed.get(kind, []) for label, body in _labelled(block)]


def _labelled(block: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    return ((label, body) for label, body in block.items() if isinstance(body, Mapping))


def is_sentence(text: str) -> bool:
    """Tell whether a text is one sentence, which begins in upper case or with code and has one full stop."""
    # A full stop in code ends no sentence.
    bare = re.sub(r"`[^`]*`", "x", text)
    return (
        re.match(r"[A-Z0-9`]", text) is not None
        and bare.endswith(".")
        and re.search(r"[.!?]\s+[A-Z]", bare) is None
        and "\n" not in text
    )


def check_described(kind: str, found: list[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Check order and descriptions of variables or outputs.

    Parameters
    ----------
    kind : str
        `variable` or `output`, for the messages.
    found : list of tuple of str and mapping
        As `blocks` gives them.

    Returns
    -------
    list of str
        One message for each thing that is wrong.
    """
    names = [name for name, _ in found]
    wrong = [
        f"{kind} {name} stands before {after}; they are alphabetical"
        for name, after in zip(names[1:], names, strict=False)
        if name < after
    ]
    for name, body in found:
        description = plain(body.get("description", ""))
        if not description:
            wrong.append(f"{kind} {name} has no description")
        elif not is_sentence(description):
            wrong.append(f"{kind} {name}: its description is not one sentence that ends with a full stop")
    return wrong


def check_variable(name: str, body: Mapping[str, Any]) -> list[str]:
    """Check type and nullability of a variable.

    Parameters
    ----------
    name : str
        Its name.
    body : mapping
        What is in the block.

    Returns
    -------
    list of str
        One message for each thing that is wrong.
    """
    wrong = []
    if "type" not in body:
        wrong.append(f"variable {name} has no type")
    elif re.search(r"\bany\b", plain(body["type"])):
        wrong.append(f"variable {name} has `any` in its type")
    null = "default" in body and body["default"] in (None, "null")
    if null and body.get("nullable") is False:
        wrong.append(f"variable {name} cannot be null, but null is its default")
    if not null and body.get("nullable") is not False:
        wrong.append(f"variable {name} needs `nullable = false`, or null as its default")
    return wrong


def check_versions(parsed: Mapping[str, Any]) -> list[str]:
    """Check that only AWS's provider is required, and that versions have a floor and no ceiling."""
    wrong = []
    for terraform in parsed.get("terraform", []):
        if "required_version" in terraform:
            wrong += _floor("Terraform", plain(terraform["required_version"]))
        for providers in terraform.get("required_providers", []):
            for name, body in providers.items():
                if not isinstance(body, Mapping):
                    continue
                source = {plain(key): plain(value) for key, value in body.items()}
                if source.get("source") != "hashicorp/aws":
                    wrong.append(f"provider {name}: only hashicorp/aws may be required")
                wrong += _floor(f"provider {name}", source.get("version", ""))
    return wrong


def _floor(what: str, constraint: str) -> list[str]:
    if re.fullmatch(r">= \d+(\.\d+){0,2}", constraint):
        return []
    return [f"{what}: `{constraint}` is not a floor such as `>= 5.80`"]


def check_text(text: str, example: bool = False) -> list[str]:
    """Check that nothing is written for one partition or region; comments may name them.

    Parameters
    ----------
    text : str
        The file's content.
    example : bool
        Whether it is in an example, whose providers may be for a region.
    """
    wrong = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith(("#", "//")):
            continue
        if _LITERAL_ARN.search(line):
            wrong.append(f"line {number}: an ARN names its partition")
        if _PARTITIONS_REGION.fullmatch(line) or (example and _PROVIDERS_REGION.fullmatch(line)):
            continue
        if region := _REGION.search(line):
            wrong.append(f"line {number}: the region {region.group()} is written out")
    return wrong


def check_file(path: Path, example: bool) -> list[str]:
    """Check one file.

    Parameters
    ----------
    path : Path
        A `.tf` file.
    example : bool
        Whether it is in an example, which is a root module and may configure a provider.

    Returns
    -------
    list of str
        One message for each thing that is wrong.
    """
    text = path.read_text(encoding="utf-8")
    try:
        parsed: Mapping[str, Any] = hcl2.loads(text)
    except Exception as error:  # noqa: BLE001 (the parser raises whatever its own parser does)
        return [f"cannot be read: {str(error).splitlines()[0]}"]
    variables = blocks(parsed, "variable")
    wrong = check_text(text, example) + check_described("variable", variables)
    wrong += check_described("output", blocks(parsed, "output")) + check_versions(parsed)
    wrong += [problem for name, body in variables for problem in check_variable(name, body)]
    if not example:
        wrong += [f"provider {name} is configured in a module" for name, _ in blocks(parsed, "provider")]
    used = [name for kind in ("resource", "data") for name, _ in blocks(parsed, kind)]
    return wrong + [f"{name} does something while planning" for name in used if name in _FORBIDDEN]


def check(root: Path) -> list[str]:
    """Check all HCL of a checkout.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    list of str
        `file: what is wrong`.
    """
    return [
        f"{path.relative_to(root).as_posix()}: {problem}"
        for module in modules(root)
        for path in sorted(module.glob("*.tf"))
        for problem in check_file(path, module.parent.name == "examples")
    ]


def main() -> int:
    """Check this checkout and print what is wrong.

    Returns
    -------
    int
        0, or 1 when something is wrong or there is no HCL at all.
    """
    if not modules(ROOT):
        print("check_hcl: there is no HCL to check", file=sys.stderr)
        return 1
    problems = check(ROOT)
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
