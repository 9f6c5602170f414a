"""Check the manifests of the automations: their form, and what Terraform, tests and readers rely on.

The form is `manifest.schema.json`, in which every object is closed: a misspelt key is an error. What a schema
cannot say is checked here; what concerns permissions, in `permissions`. docs/manifest.md describes both for
people.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from tools import permissions
from tools.state import ROOT

Manifest = Mapping[str, Any]

SCHEMA = ROOT / "tools" / "manifest.schema.json"
AUTOMATIONS = ROOT / "lambda_src" / "rearm" / "automations"

# How much a containment may take away within an hour, without which nothing bounds a mistake.
LIMIT = "containments_per_hour"
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
PATTERN_LIMIT = 2048
# https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html, MaximumExecutionFrequency
FREQUENCIES = frozenset({"One_Hour", "Three_Hours", "Six_Hours", "Twelve_Hours", "TwentyFour_Hours"})
# The operators that the tests' own matcher knows; it passes every known vector for each of them.
OPERATORS = frozenset(
    {"anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard"}
)

# What the values of an attribute are in YAML, by the type that the manifest gives it.
ATTRIBUTE_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "bool": bool,
    "list": list,
    "number": (int, float),
    "string": str,
}


class UniqueKeyLoader(yaml.SafeLoader):
    """A YAML loader that takes a key that is given twice for the mistake that it is."""


def _mapping(loader: UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    names = [loader.construct_object(key) for key, _ in node.value]
    for name in names:
        if names.count(name) > 1:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {name} is given twice", node.start_mark
            )
    return loader.construct_mapping(node, deep=True)


UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def find(root: Path = AUTOMATIONS) -> dict[str, Path]:
    """Find the manifests.

    Parameters
    ----------
    root : Path
        The folder with one folder for each automation.

    Returns
    -------
    dict of str to Path
        From the automation's name to its manifest, sorted.
    """
    return {path.parent.name: path for path in sorted(root.glob("*/automation.yaml"))}


def load(path: Path) -> Manifest:
    """Read one manifest.

    Raises
    ------
    yaml.YAMLError
        When it is no YAML, or has a key twice.
    """
    loaded: Manifest = yaml.load(path.read_text(encoding="utf-8"), Loader=UniqueKeyLoader)  # noqa: S506 (a SafeLoader)
    return loaded


def check_schema(manifest: Manifest) -> list[str]:
    """Check the form of a manifest.

    Parameters
    ----------
    manifest : mapping
        As `load` gives it.

    Returns
    -------
    list of str
        `where: what is wrong`, sorted by place.
    """
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    found = []
    for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest):
        where = ".".join(map(str, error.absolute_path)) or "manifest"
        excluded = error.validator == "not" and error.validator_value == {}
        found.append(f"{where}: {'does not belong here' if excluded else error.message}")
    return sorted(found)


def check_settings(manifest: Manifest) -> list[str]:
    """Check that defaults are allowed, and that Terraform and Python understand the patterns alike."""
    wrong = []
    settings = manifest["settings"]
    if list(settings) != sorted(settings):
        wrong.append("settings: they are alphabetical")
    for name, setting in settings.items():
        where = f"settings.{name}"
        default = setting["default"]
        values = default if isinstance(default, list) else [default]
        outside = [value for value in values if value not in setting.get("allowed", values)]
        wrong += [f"{where}: the default {value} is not allowed" for value in outside]
        if not setting.get("minimum", float("-inf")) <= (default if setting["type"] == "number" else 0):
            wrong.append(f"{where}: the default {default} is below the minimum")
        if not setting.get("maximum", float("inf")) >= (default if setting["type"] == "number" else 0):
            wrong.append(f"{where}: the default {default} is above the maximum")
        wrong += [f"{where}: {problem}" for problem in _check_objects(setting)]
        if "pattern" in setting:
            wrong += [f"{where}: {problem}" for problem in _check_regex(setting["pattern"], values)]
    return wrong


def _check_objects(setting: Mapping[str, Any]) -> Iterator[str]:
    attributes = setting.get("attributes", {})
    if list(attributes) != sorted(attributes):
        yield "the attributes are alphabetical"
    for name, entry in setting["default"].items() if attributes else ():
        for attribute, value in entry.items():
            if attribute not in attributes:
                yield f"the default has {attribute} in {name}, which is no attribute"
            elif not isinstance(value, ATTRIBUTE_TYPES[attributes[attribute]]) or (
                isinstance(value, bool) and attributes[attribute] == "number"
            ):
                yield f"{attribute} in the default {name} is no {attributes[attribute]}"


def _check_regex(pattern: str, values: list[Any]) -> Iterator[str]:
    # Terraform's regular expressions are RE2, which has neither look-around nor back references.
    if re.search(r"\(\?[=!<]|\\[1-9]", pattern):
        yield "Terraform knows neither look-around nor back references in a pattern"
        return
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        yield f"the pattern is no regular expression: {error}"
        return
    for value in values:
        if not compiled.search(str(value)):
            yield f"the default {value} does not match the pattern"


def check_when(manifest: Manifest) -> list[str]:
    """Check that each `when` asks for a value that its setting can have."""
    triggers = manifest["triggers"]
    asking = [(f"permissions.{statement['sid']}", statement) for statement in manifest["permissions"]]
    asking += [(f"config_rules.{name}", rule) for name, rule in _managed(manifest).items()]
    if "custom_config_rule" in triggers:
        asking.append(("custom_config_rule", triggers["custom_config_rule"]))
    wrong = []
    for where, block in asking:
        for name, value in block.get("when", {}).items():
            setting = manifest["settings"].get(name)
            if setting is None:
                wrong.append(f"{where}.when: there is no setting {name}")
                continue
            possible = ["true", "false"] if setting["type"] == "bool" else setting.get("allowed", [value])
            if setting["type"] in ("list", "number", "objects") or value not in possible:
                wrong.append(f"{where}.when: {name} is never {value}")
    return wrong


def _managed(manifest: Manifest) -> Mapping[str, Any]:
    managed: Mapping[str, Any] = manifest["triggers"].get("config_rules", {}).get("managed", {})
    return managed


def check_triggers(manifest: Manifest) -> list[str]:
    """Check event patterns, and that Config rules name settings of the right kind."""
    wrong = []
    triggers = manifest["triggers"]
    for key, event in triggers["events"].items():
        where = f"triggers.events.{key}"
        length = len(json.dumps(event["pattern"], separators=(",", ":")))
        if length > PATTERN_LIMIT:
            wrong.append(f"{where}: the pattern has {length} characters, EventBridge takes {PATTERN_LIMIT}")
        wrong += [f"{where}.{problem}" for problem in _check_pattern(event["pattern"], "pattern")]
    for place in ("config_rules", "custom_config_rule"):
        # A managed rule that is evaluated at every change has none.
        if "frequency" in triggers.get(place, {}):
            setting = manifest["settings"].get(triggers[place]["frequency"], {})
            if not setting.get("allowed") or not set(setting["allowed"]) <= FREQUENCIES:
                wrong.append(
                    f"triggers.{place}.frequency: names no setting whose allowed values are Config's"
                )
    if "config_rules" in triggers:
        setting = manifest["settings"].get(triggers["config_rules"]["existing"], {})
        if setting.get("type") != "list":
            wrong.append("triggers.config_rules.existing: names no setting of type list")
    return wrong


def _check_pattern(pattern: object, where: str) -> Iterator[str]:
    if isinstance(pattern, Mapping):
        for key, inner in pattern.items():
            if key == "$or" and isinstance(inner, list):
                for index, alternative in enumerate(inner):
                    yield from _check_pattern(alternative, f"{where}.$or.{index}")
            else:
                yield from _check_pattern(inner, f"{where}.{key}")
    elif not isinstance(pattern, list) or not pattern:
        yield f"{where}: a value is a list that is not empty"
    else:
        for test in pattern:
            if isinstance(test, Mapping) and (len(test) != 1 or not set(test) <= OPERATORS):
                yield f"{where}: {' and '.join(map(str, test))} is not an operator that the tests can match"


def check_kind(manifest: Manifest) -> list[str]:
    """Check that what an automation may do by default, and within an hour, suits what it is."""
    kind, mode = manifest["kind"], manifest["default_mode"]
    wrong = []
    if kind == "containment":
        if mode == "remediate":
            wrong.append("default_mode: a containment does not act unless somebody asks for it")
        limit = manifest["settings"].get(LIMIT, {})
        if limit.get("type") != "number" or limit.get("minimum") != 1:
            wrong.append(f"settings: a containment has {LIMIT}, a number with the minimum 1")
    if kind == "detection":
        if mode == "remediate":
            wrong.append("default_mode: a detection has nothing to repair; it notifies")
        wrong += [
            f"permissions.{statement['sid']}: a detection changes nothing, so it has no mode"
            for statement in manifest["permissions"]
            if "mode" in statement
        ]
    if manifest.get("recommended") and mode != "off":
        wrong.append("recommended: it is on without being asked for")
    return wrong


def check(manifest: Manifest) -> list[str]:
    """Check one manifest.

    Parameters
    ----------
    manifest : mapping
        As `load` gives it.

    Returns
    -------
    list of str
        `where: what is wrong`; only what concerns the form while that is wrong.
    """
    wrong = check_schema(manifest)
    if wrong:
        return wrong
    checks = (check_kind, check_settings, check_when, check_triggers, permissions.check)
    return [problem for one in checks for problem in one(manifest)]


def main() -> int:
    """Check the manifests of this checkout and print what is wrong.

    Returns
    -------
    int
        0, or 1 when something is wrong or there is no manifest at all.
    """
    found = find()
    if not found:
        print("check_manifests: there is no manifest to check", file=sys.stderr)
        return 1
    problems = []
    for name, path in found.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name):
            problems.append(f"{name}: the name of an automation is lower case, digits and _")
        try:
            manifest = load(path)
        except yaml.YAMLError as error:
            problems.append(f"{name}: {error}")
            continue
        problems += [f"{name}: {problem}" for problem in check(manifest)]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
