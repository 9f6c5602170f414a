"""Write the tables of the documentation that say what the code says, or check that they still do.

A table stands between `<!-- BEGIN name -->` and `<!-- END name -->`. `python -m tools.docs` writes all, with
`--check` it only tells whether they are out of date.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import hcl2

from tools import check_hcl, check_manifests
from tools.permissions import is_deny
from tools.state import ROOT

COMPLIANCE = Path("docs") / "compliance.md"
README = Path("README.md")
# The frameworks that have a column of their own, in the order in which people ask for them.
FRAMEWORKS = (
    "CIS AWS Foundations Benchmark 3.0.0",
    "AWS Foundational Security Best Practices",
    "NIST SP 800-53 Rev. 5",
)
# So many calls of an event are named; a table is no place for all.
NAMED_CALLS = 6


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a Markdown table.

    Parameters
    ----------
    header : sequence of str
        The columns' names.
    rows : iterable of sequence of str
        The cells; a `|` in them is escaped.

    Returns
    -------
    str
        Lines without a last line end.
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def short_type(text: str) -> str:
    """Give a type as a reader wants to see it: what is in an object is folded away, to be seen on hovering.

    Parameters
    ----------
    text : str
        A type expression on one line.

    Returns
    -------
    str
        Markdown.
    """
    begin = text.find("object({")
    if begin < 0:
        return f"`{text}`"
    folded = text[:begin] + "object({…})" + ")" * text[:begin].count("(")
    return f'<code title="{html.escape(text)}">{html.escape(folded)}</code>'


def _files(root: Path) -> list[Mapping[str, Any]]:
    return [hcl2.loads(path.read_text(encoding="utf-8")) for path in sorted(root.glob("*.tf"))]


def _value(value: object) -> str:
    """Give a default as HCL has it."""
    if isinstance(value, str):
        # hcl2 gives strings with their quotes, and expressions in `${}`.
        return value if value.startswith('"') else check_hcl.plain(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)


def inputs(root: Path = ROOT) -> str:
    """Give the table of the root module's variables."""
    rows = []
    for parsed in _files(root):
        for name, body in check_hcl.blocks(parsed, "variable"):
            default = f"`{_value(body['default'])}`" if "default" in body else "required"
            description = check_hcl.plain(body["description"])
            rows.append((f"`{name}`", description, short_type(check_hcl.plain(body["type"])), default))
    return table(("Name", "Description", "Type", "Default"), sorted(rows))


def outputs(root: Path = ROOT) -> str:
    """Give the table of the root module's outputs."""
    found = [output for parsed in _files(root) for output in check_hcl.blocks(parsed, "output")]
    rows = [(f"`{name}`", check_hcl.plain(body["description"])) for name, body in found]
    return table(("Name", "Description"), sorted(rows))


def _manifests(root: Path) -> dict[str, Mapping[str, Any]]:
    folder = root / "lambda_src" / "rearm" / "automations"
    return {name: check_manifests.load(path) for name, path in check_manifests.find(folder).items()}


def _watches(manifest: Mapping[str, Any]) -> list[str]:
    triggers = manifest["triggers"]
    watched = []
    for event in triggers["events"].values():
        names = [
            name for name in event["pattern"].get("detail", {}).get("eventName", []) if isinstance(name, str)
        ]
        shown = ", ".join(f"`{name}`" for name in names[:NAMED_CALLS])
        more = f" and {len(names) - NAMED_CALLS} more" if len(names) > NAMED_CALLS else ""
        detail = f" ({shown}{more})" if names else ""
        watched.append(event["description"].rstrip(".") + detail)
    managed = triggers.get("config_rules", {}).get("managed", {})
    watched += [f"Config rule `{name}`: {rule['description']}" for name, rule in managed.items()]
    if "custom_config_rule" in triggers:
        custom = triggers["custom_config_rule"]
        watched.append(f"Custom Config rule `{custom['name']}`: {custom['description']}")
    return [*watched, f"Sweep: `{manifest['default_sweep_rate']}`"]


def automations(root: Path = ROOT) -> str:
    """Give the table of what each automation watches and does."""
    rows = []
    for name, manifest in _manifests(root).items():
        writes = [
            f"`{action}`"
            for statement in manifest["permissions"]
            if statement.get("mode") == "remediate" and not is_deny(statement)
            for action in statement["actions"]
        ]
        rows.append(
            (
                f"`{name}`",
                f"{manifest['title']}, {manifest['kind']}",
                "<br>".join(_watches(manifest)),
                manifest["summary"],
                ", ".join(writes) or "none",
                f"`{manifest['default_mode']}`{', recommended' if manifest.get('recommended') else ''}",
            )
        )
    header = (
        "Automation",
        "What it keeps",
        "What it watches",
        "What it does",
        "Calls that change",
        "Default mode",
    )
    return table(header, rows)


def settings(root: Path = ROOT) -> str:
    """Give the table of the automations' settings."""
    rows = []
    for name, manifest in _manifests(root).items():
        for key, setting in manifest["settings"].items():
            allowed = ", ".join(f"`{value}`" for value in setting.get("allowed", []))
            default = setting["default"]
            text = default if isinstance(default, str) else json.dumps(default)
            row = (f"`{name}`", f"`{key}`", setting["description"], setting["type"], f"`{text}`", allowed)
            rows.append(row)
    return table(("Automation", "Setting", "Description", "Type", "Default", "Allowed"), rows)


def controls(root: Path = ROOT) -> str:
    """Give the table of the compliance controls that the automations serve."""
    rows = [
        (framework, ", ".join(ids), f"`{name}`")
        for name, manifest in _manifests(root).items()
        for framework, ids in manifest["controls"].items()
    ]
    return table(("Framework", "Controls", "Automation"), sorted(rows))


def compliance(root: Path = ROOT) -> str:
    """Give the table of every automation against the frameworks."""
    rows = [
        (
            f"`{name}`",
            manifest["kind"],
            *(", ".join(manifest["controls"].get(framework, ())) for framework in FRAMEWORKS),
        )
        for name, manifest in _manifests(root).items()
    ]
    return table(("Automation", "Kind", *FRAMEWORKS), rows)


def served_controls(root: Path = ROOT) -> str:
    """Give the table of every control with the automations that serve it, for who reads from that side."""
    serving: dict[tuple[str, str], list[str]] = {}
    for name, manifest in _manifests(root).items():
        for framework, ids in manifest["controls"].items():
            for control in ids:
                serving.setdefault((framework, control), []).append(f"`{name}`")
    rows = [
        (framework, control, ", ".join(names))
        for (framework, control), names in sorted(serving.items(), key=lambda one: _in_order(*one[0]))
    ]
    return table(("Framework", "Control", "Automations"), rows)


def _in_order(framework: str, control: str) -> tuple[int, str, list[tuple[bool, int, str]]]:
    """Sort frameworks as the columns are, and 1.10 behind 1.9."""
    place = FRAMEWORKS.index(framework) if framework in FRAMEWORKS else len(FRAMEWORKS)
    parts = [part for part in re.split(r"([0-9]+)", control) if part]
    numbered = [(not one.isdigit(), int(one) if one.isdigit() else 0, one) for one in parts]
    return place, framework, numbered


FILES: Mapping[Path, Mapping[str, Callable[[Path], str]]] = {
    README: {
        "automations": automations,
        "controls": controls,
        "inputs": inputs,
        "outputs": outputs,
        "settings": settings,
    },
    COMPLIANCE: {"compliance": compliance, "served controls": served_controls},
}


def fill(text: str, tables: Mapping[str, str]) -> tuple[str, list[str]]:
    """Put tables between their markers.

    Parameters
    ----------
    text : str
        A Markdown file.
    tables : mapping of str to str
        From a marker's name to its table.

    Returns
    -------
    tuple of str and list of str
        The new text, and the names whose markers are missing or come more than once.
    """
    missing = []
    for name, content in tables.items():
        begin, end = f"<!-- BEGIN {name} -->", f"<!-- END {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
            missing.append(name)
            continue
        head, tail = text.partition(begin)[0], text.partition(end)[2]
        text = f"{head}{begin}\n{content}\n{end}{tail}"
    return text, missing


def main(arguments: Sequence[str]) -> int:
    """Write or check the tables.

    Parameters
    ----------
    arguments : sequence of str
        Nothing, or `--check`.

    Returns
    -------
    int
        0, or 1 when a marker is missing or `--check` finds a difference.
    """
    parser = argparse.ArgumentParser(description="Write the generated tables of the documentation.")
    parser.add_argument("--check", action="store_true", help="only tell whether they are up to date")
    options = parser.parse_args(arguments)
    wrong = False
    for file, tables in FILES.items():
        path = ROOT / file
        before = path.read_text(encoding="utf-8")
        after, missing = fill(before, {name: make(ROOT) for name, make in tables.items()})
        for name in missing:
            print(f"docs: {file} has no place between <!-- BEGIN {name} --> and <!-- END {name} -->")
        if options.check and before != after:
            print(f"docs: the tables of {file} are out of date; run `make docs`")
        elif before != after and not missing:
            path.write_text(after, encoding="utf-8")
        wrong = wrong or bool(missing) or (options.check and before != after)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
