"""How much is taken away, from whom it is not, and how it comes back."""

from __future__ import annotations

from typing import Any

import botocore.session
import jmespath  # type: ignore[import-untyped]
import pytest

from tests.events.envelopes import scheduled
from tests.unit.deployment import exception, manifest
from tests.unit.endpoint import ApiError, Made
from tests.unit.security_groups.network import ADMIN, WORLD, Network, opened
from tests.unit.world import client

PIPELINE = "arn:aws:iam::123456789012:role/admin"
TYPES = botocore.session.get_session().get_service_model("ec2")


def undo_of(network: Network) -> dict[str, Any]:
    """Return the one undo that the table keeps."""
    (response,) = [
        content for group in ("security_groups#response",) for content in network.world.items(group).values()
    ]
    (ending,) = response["findings"]
    (action,) = ending["actions"]
    undo: dict[str, Any] = action["undo"]
    return undo


def call(undo: dict[str, Any]) -> Any:
    """Make an undo's call with a client of its own."""
    return client("ec2")._make_api_call(undo["operation"], undo["parameters"])


@pytest.mark.parametrize(
    "given",
    [
        {"description": "quick fix", "tags": {"owner": "ops", "ticket": ""}},
        {"port": (20, 25), "protocol": "tcp"},
        {"protocol": "-1", "description": "everything"},
        {"port": 3389, "protocol": "udp", "tags": {"owner": "ops"}},
    ],
    ids=["description and tags", "a range", "all traffic", "UDP"],
)
@pytest.mark.parametrize("source", ["0.0.0.0/0", "::/0"])
def test_an_undo_makes_the_same_rule_again(network: Network, source: str, given: dict[str, Any]) -> None:
    group = network.group()
    network.allow(group, source, **given)
    before = network.rules(group)
    network.sweep()
    assert network.rules(group) == []

    undo = undo_of(network)
    call(undo)

    def but_id(rules: list[Any]) -> list[Any]:
        return [{key: value for key, value in rule.items() if key != "SecurityGroupRuleId"} for rule in rules]

    assert but_id(network.rules(group)) == but_id(before)


def test_tags_that_aws_keeps_to_itself_are_left_out_of_an_undo(network: Network) -> None:
    group = network.group()
    network.allow(group, tags={"aws:cloudformation:stack-name": "network", "owner": "ops"})

    network.sweep()

    assert undo_of(network)["parameters"]["TagSpecifications"][0]["Tags"] == [
        {"Key": "owner", "Value": "ops"}
    ]


def test_an_undo_is_checked_to_overwrite_nothing(network: Network) -> None:
    group = network.group()
    network.allow(group)
    network.allow(group, "10.0.0.0/8")
    network.allow(group, port=443)
    network.sweep()
    check = undo_of(network)["check"]

    def now() -> object:
        answer = client("ec2").describe_security_group_rules(**check["parameters"])
        return jmespath.search(check["path"], answer)

    assert check["value"] is None
    assert now() is None
    network.allow(group)
    assert now() is not None


def test_an_exception_for_the_finding_holds_for_the_same_rule_made_again(network: Network) -> None:
    """An operator's undo gives an exception for the ARN first, and the rule has another id afterwards."""
    group = network.group()
    network.allow(group)
    arn = network.sweep().line["rearm"]["resource"]["arn"]
    network.world.give("undo", exception(resource=arn, expires="2099-12-31"))
    call(undo_of(network))

    run = network.sweep()

    assert run.outcomes == ["excepted"]
    assert len(network.rules(group)) == 1


@pytest.mark.parametrize("match", ["{group}/*", "{group}/tcp/22/*", "*:security-group/{group}/*"])
def test_an_exception_may_be_for_a_whole_group(match: str) -> None:
    with opened() as network:
        group, other = network.group(), network.group("other")
        excuses = {"bastion": exception(resource=match.format(group=group))}
        network.world.deploy(automation="security_groups", exceptions=excuses)
        network.allow(group)
        network.allow(other)

        run = network.sweep()

        assert len(network.rules(group)) == 1
        assert network.rules(other) == []
        assert sorted(run.outcomes) == ["excepted", "remediated"]


def test_an_excepted_actor_is_left_alone() -> None:
    with opened(exceptions={"pipeline": exception(actor=PIPELINE)}) as network:
        group = network.group()
        rules = network.allow(group)

        run = network.handle(network.authorized(rules, identity=ADMIN))

        assert run.outcomes == ["excepted"]
        assert len(network.rules(group)) == 1


def test_a_tag_excuses_nothing(network: Network) -> None:
    assert manifest("security_groups")["tags_excuse"] is False
    network.world.deploy(automation="security_groups", exceptions={"t": exception({"tag:public": "true"})})
    group = network.group()
    network.allow(group, tags={"public": "true"})
    network.ec2.create_tags(Resources=[group], Tags=[{"Key": "public", "Value": "true"}])

    network.sweep()

    assert network.rules(group) == []


def test_notify_says_the_same_call_and_makes_none() -> None:
    with opened(mode="notify") as network:
        group = network.group()
        rules = network.allow(group)

        run = network.handle(network.authorized(rules))

        assert run.outcomes == ["notified"]
        assert not run.changes
        assert len(network.rules(group)) == 1
        assert "revoke-security-group-ingress" in run.message.body


def test_beyond_the_limit_of_an_hour_a_rule_stays_and_is_told() -> None:
    with opened(settings={"containments_per_hour": 2}) as network:
        groups = [network.group(f"web-{number}") for number in range(4)]
        for group in groups:
            network.allow(group)

        run = network.sweep()

        assert sorted(run.outcomes) == ["refused", "refused", "remediated", "remediated"]
        assert sum(len(network.rules(group)) for group in groups) == 2
        assert "containments_per_hour" in " ".join(message.body for message in run.messages)


def test_without_the_exceptions_of_the_table_nothing_is_taken_away(network: Network) -> None:
    group = network.group()
    rules = network.allow(group)

    def of_exceptions(made: Made) -> bool:
        values = made.parameters.get("ExpressionAttributeValues", {})
        return bool(values.get(":g", {}).get("S") == "exception")

    network.world.endpoint.fail("dynamodb:Query", "ResourceNotFoundException", when=of_exceptions)

    run = network.handle(network.authorized(rules))

    assert run.outcomes == ["refused"]
    assert len(network.rules(group)) == 1


@pytest.mark.parametrize("call_name", ["dynamodb:Query", "dynamodb:PutItem"])
def test_where_nobody_knows_how_much_was_taken_away_nothing_more_is(network: Network, call_name: str) -> None:
    group = network.group()
    rules = network.allow(group)
    network.world.endpoint.fail(call_name, "AccessDeniedException", when=lambda made: "#limit" in str(made))

    run = network.handle(network.authorized(rules))

    assert run.outcomes == ["refused"]
    assert len(network.rules(group)) == 1
    assert "cannot be read" in run.message.body
    assert "AccessDeniedException" in str(run.error)
    assert run.line["log"]["level"] == "error"


def test_a_group_of_another_account_is_told_with_the_account_that_must_act(network: Network) -> None:
    group = network.group()
    network.allow(group)

    def shared(_: Made, answer: dict[str, Any]) -> None:
        for rule in answer["SecurityGroupRules"]:
            rule["GroupOwnerId"] = "210987654321"

    network.world.endpoint.edit("ec2:DescribeSecurityGroupRules", shared)

    run = network.sweep()

    assert run.outcomes == ["notified"]
    assert "belongs to account 210987654321" in run.message.body
    assert len(network.rules(group)) == 1


@pytest.mark.parametrize(
    "call_name",
    ["ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules", "ec2:RevokeSecurityGroupIngress"],
)
@pytest.mark.parametrize("code", ["UnauthorizedOperation", "RequestLimitExceeded", "InternalError"])
@pytest.mark.parametrize("door", ["event", "sweep"])
def test_a_call_that_fails_is_told_and_raised(network: Network, call_name: str, code: str, door: str) -> None:
    group = network.group()
    rules = network.allow(group)
    network.world.endpoint.fail(call_name, code)

    run = network.handle(network.authorized(rules)) if door == "event" else network.sweep()

    assert run.outcomes == ["failed"]
    assert run.error is not None
    assert code in run.message.body
    assert len(network.rules(group)) == 1


def test_where_aws_refuses_the_revocation_the_command_is_for_an_administrator(network: Network) -> None:
    group = network.group()
    (rule,) = network.allow(group)
    network.world.endpoint.fail("ec2:RevokeSecurityGroupIngress", "UnauthorizedOperation")

    run = network.sweep()

    assert run.message.attributes["severity"] == "CRITICAL"
    assert f"--security-group-rule-ids {rule['SecurityGroupRuleId']}" in run.message.body
    assert "service control policies" in run.message.body


@pytest.mark.parametrize(
    "code", ["InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", "InvalidGroup.NotFound"]
)
def test_a_rule_that_goes_meanwhile_is_closed_all_the_same(network: Network, code: str) -> None:
    group = network.group()
    (rule,) = network.allow(group)

    def goes(_: Made) -> None:
        network.ec2.revoke_security_group_ingress(
            GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
        )
        raise ApiError(code)

    network.world.endpoint.answer("ec2:RevokeSecurityGroupIngress", goes)

    run = network.sweep()

    assert run.outcomes == ["remediated"]
    assert run.error is None


def test_a_rule_that_is_there_again_at_once_has_not_been_closed(network: Network) -> None:
    """Whatever keeps the group may be quicker than the look that follows; the other id does not hide it."""
    group = network.group()
    network.allow(group)

    def made_again(made: Made, _: dict[str, Any]) -> None:
        network.allow(group)

    network.world.endpoint.edit("ec2:RevokeSecurityGroupIngress", made_again)

    run = network.sweep()

    assert run.outcomes == ["failed"]
    assert run.line["error"]["code"] == "StillThere"


def test_one_list_that_cannot_be_read_does_not_hide_other_findings(network: Network) -> None:
    group, other = network.group(), network.group("other")
    network.allow(group, network.prefix_list("192.0.2.0/24"))
    network.allow(other)
    network.world.endpoint.fail("ec2:GetManagedPrefixListEntries", "UnauthorizedOperation")

    run = network.sweep()

    assert sorted(run.outcomes) == ["failed", "remediated"]
    assert network.rules(other) == []
    assert len(network.rules(group)) == 1
    assert run.error is not None


@pytest.mark.parametrize("spoilt", [{"CidrIpv4": "everywhere"}, {"FromPort": "ssh"}, {"IpProtocol": None}])
def test_a_rule_that_cannot_be_read_is_told_and_not_acted_upon(
    network: Network, spoilt: dict[str, Any]
) -> None:
    group = network.group()
    network.allow(group)

    def spoil(_: Made, answer: dict[str, Any]) -> None:
        for rule in answer["SecurityGroupRules"]:
            if not rule["IsEgress"]:
                rule.update(spoilt)

    network.world.endpoint.edit("ec2:DescribeSecurityGroupRules", spoil)

    run = network.sweep()

    assert run.outcomes == ["failed"]
    assert not run.changes


@pytest.mark.parametrize("ports", [["22-21"], ["70000"], ["ssh"], ["1-99999"]], ids=str)
def test_a_setting_that_names_no_ports_is_a_failure_and_not_silence(ports: list[str]) -> None:
    with opened(settings={"sensitive_ports": ports}) as network:
        network.allow(network.group())

        run = network.handle(scheduled("rearm-security_groups-sweep"))

        assert run.outcomes == ["failed"]
        assert "sensitive_ports" in run.message.body


def test_the_setting_says_which_ports_are_sensitive() -> None:
    with opened(settings={"sensitive_ports": ["8000-8100", "53/udp"]}) as network:
        group = network.group()
        network.allow(group)
        network.allow(group, port=8050)
        network.allow(group, port=53)
        network.allow(group, port=53, protocol="udp")

        network.sweep()

        left = {(rule["IpProtocol"], rule["FromPort"]) for rule in network.rules(group)}
        assert left == {("tcp", 22), ("tcp", 53)}


def test_without_any_sensitive_port_all_traffic_is_still_one_thing_too_many() -> None:
    with opened(settings={"sensitive_ports": []}) as network:
        group = network.group()
        network.allow(group)
        network.allow(group, WORLD, protocol="-1")

        run = network.sweep()

        assert run.findings == ["all-traffic-open"]
        assert [rule["FromPort"] for rule in network.rules(group)] == [22]
