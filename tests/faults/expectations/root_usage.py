"""What faults of the calls about the root user may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import Known
from tests.scenarios.verdicts import MESSAGE

LOST: Mapping[str, frozenset[str]] = {
    # Nobody can say what the root user has: that it cannot be said is told.
    "iam:GetAccountSummary": frozenset({MESSAGE}),
}

KNOWN: tuple[Known, ...] = ()
