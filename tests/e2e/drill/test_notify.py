"""In mode notify the drill expects to be told of, and puts the state back itself."""

from __future__ import annotations

from tests.e2e.drill import left
from tests.e2e.drill.operator import Operator, rows
from tests.e2e.world import World


def test_what_is_only_told_is_put_back_by_the_drill(notifying: World, operator: Operator) -> None:
    operator.may("drill")
    wanted = "trail.stop-logging,trail.prefix,bucket.versioning"
    code, said = operator.run("drill", "--yes", "--limit", "90", "--pause", "1", "--rows", wanted)
    found = rows(said)
    assert code == 0, said
    assert "cloudtrail is in mode notify" in said
    assert {name: row.verdict for name, row in found.items()} == dict.fromkeys(wanted.split(","), "ok")
    assert found["trail.prefix"].said.startswith("told")
    assert found["trail.prefix"].repaired is None
    assert found["bucket.versioning"].repaired is not None
    notifying.aws.wait_idle(120)
    assert left.resources(notifying) == set()
