"""What a target gets of an event: all of it, a part, a constant, or a text made from parts.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']+)'\]")


def shaped(event: Mapping[str, Any], target: Mapping[str, Any], rule_arn: str, rule_name: str) -> str:
    """Give the JSON that a target of a rule gets.

    Parameters
    ----------
    event
        The whole event.
    target
        The target as ListTargetsByRule gives it.
    """
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath") is not None:
        return json.dumps(_at(event, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    found = {name: _at(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    found |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_name,
        "aws.events.event.ingestion-time": event.get("time"),
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": event,
    }
    return _filled(str(transformer["InputTemplate"]), found)


def _at(event: Mapping[str, Any], path: str) -> Any:
    """Give what a JSON path of the kind that EventBridge takes leads to; None where it leads nowhere."""
    if not path.startswith("$"):
        raise ValueError(f"not a path: {path}")
    value: Any = event
    position = 1
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise ValueError(f"not a path: {path}")
        position = step.end()
        name = step[1] or step[3]
        try:
            value = value[name] if name else value[int(step[2])]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _filled(template: str, found: Mapping[str, Any]) -> str:
    """Fill in a template; inside quotes a text comes without its own."""

    def replace(placeholder: re.Match[str]) -> str:
        name = placeholder[1]
        if name not in found:
            return placeholder[0]
        value = found[name]
        before = template[: placeholder.start()]
        quoted = before.replace('\\"', "").count('"') % 2 == 1
        if quoted:
            text = value if isinstance(value, str) else json.dumps(value)
            return json.dumps("" if value is None else text)[1:-1]
        return json.dumps(value)

    return re.sub(r"<([^<>\s]+)>", replace, template)
