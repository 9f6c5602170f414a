"""An operator takes a revocation back: the rule is there again, and stays for as long as the exception."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.events.envelopes import REGION
from tests.operator.clients import new
from tests.unit.deployment import NAME
from tests.unit.security_groups.network import Network
from tools.operator import undo
from tools.operator.access import open_access


def undone(network: Network, response: str) -> tuple[int, str]:
    """Undo a response as an operator does, and return the exit code and what was said."""
    said: list[str] = []
    access = open_access(NAME, REGION, new())
    code = undo.undo(access, response, 1, lambda: True, said.append, datetime.now(UTC))
    return code, "\n".join(said)


def test_a_rule_that_an_operator_brings_back_stays_although_it_has_another_id(network: Network) -> None:
    group = network.group()
    network.allow(group, description="bastion", tags={"owner": "ops"})
    (before,) = network.rules(group)
    response = network.sweep().line["rearm"]["response"]

    code, said = undone(network, response)

    assert code == 0, said
    assert "1 undone, 0 left alone, 0 failed." in said
    (after,) = network.rules(group)
    assert after["SecurityGroupRuleId"] != before["SecurityGroupRuleId"]
    assert after | {"SecurityGroupRuleId": ""} == before | {"SecurityGroupRuleId": ""}
    assert network.sweep().outcomes == ["excepted"]
    assert len(network.rules(group)) == 1


def test_a_rule_that_somebody_has_made_again_is_not_made_twice(network: Network) -> None:
    group = network.group()
    network.allow(group)
    response = network.sweep().line["rearm"]["response"]
    network.allow(group)
    before = network.rules(group)

    _, said = undone(network, response)

    assert "Nothing is left to undo, and no exception was given." in said
    assert network.rules(group) == before
