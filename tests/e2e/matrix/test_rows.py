"""Each row by its event, and by the sweep when the event is lost; AWS itself says whether it is put right."""

from __future__ import annotations

import pytest

from tests.e2e.matrix.conftest import Besieged
from tests.support.matrix import DOORS, ROWS

CASES = {
    door: [pytest.param(row.id, id=row.id, marks=pytest.mark.matrix(row.id, door=door)) for row in ROWS]
    for door in DOORS
}


@pytest.mark.parametrize("row", CASES["event"])
def test_what_somebody_does_is_put_right_when_its_event_comes(besieged: Besieged, row: str) -> None:
    automation = besieged.attack(row)
    besieged.world.aws.wait_idle()
    assert besieged.safeguards.state() == besieged.before
    assert [call for call in besieged.world.calls() if _changes(call.operation)]
    besieged.must_be_told(automation)


@pytest.mark.parametrize("row", CASES["sweep"])
def test_what_no_event_has_told_is_put_right_by_the_sweep(besieged: Besieged, row: str) -> None:
    with besieged.world.account.unseen():
        automation = besieged.attack(row)
    assert besieged.safeguards.state() != besieged.before
    besieged.sweep(automation)
    assert besieged.safeguards.state() == besieged.before
    besieged.must_be_told(automation)


def _changes(operation: str) -> bool:
    return not operation.startswith(("Describe", "Get", "Head", "List", "Lookup", "Query", "Publish", "Scan"))
