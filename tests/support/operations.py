"""The policies that docs/operator.md tells operators to give themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tools.state import ROOT

TEXT = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")


def policies(values: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Return the policies by the last word of their heading, with what has to be replaced.

    Parameters
    ----------
    values
        From ``ACCOUNT``, ``NAME``, ``PARTITION`` and ``REGION`` to what they stand for.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for part in TEXT.split("\n### For the ")[1:]:
        name = part.split("\n", 1)[0].strip()
        for block in re.findall(r"```json\n(.*?)```", part, re.DOTALL):
            filled = re.sub(r"\b(ACCOUNT|NAME|PARTITION|REGION)\b", lambda match: values[match[1]], block)
            found.setdefault(name, []).append(json.loads(filled))
    return found
