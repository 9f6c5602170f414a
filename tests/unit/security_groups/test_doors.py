"""Every door leads to the same assessment; what is not of this region leads nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import api_event, config_change, envelope
from tests.events.identities import ACCOUNT
from tests.unit.security_groups.network import ADMIN, WORLD, Network
from tests.unit.world import ago, stamp


def test_a_rule_that_is_changed_to_the_world_is_revoked(network: Network) -> None:
    group = network.group()
    (rule,) = network.allow(group, "192.0.2.0/24")
    asked: Any = [
        {
            "SecurityGroupRuleId": rule["SecurityGroupRuleId"],
            "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": WORLD},
        }
    ]
    network.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=asked)
    # What moto loses: the ports of a changed rule are texts there.
    (changed,) = network.rules(group)

    run = network.handle(network.modified([changed]))

    assert network.rules(group) == []
    assert run.outcomes == ["remediated"]
    assert run.line["rearm"]["attribution"] == "event"


def test_the_actor_is_the_one_whose_call_has_made_just_this_rule(network: Network) -> None:
    """A harmless call on the same group does not make its caller the culprit."""
    group = network.group()
    (bad,) = network.allow(group)
    harmless = network.allow(group, port=443)

    run = network.handle(network.authorized(harmless))

    assert run.outcomes == ["remediated"]
    assert run.line["rearm"]["attribution"] == "unanswered"
    assert network.rules(group)[0]["FromPort"] == 443
    assert bad["SecurityGroupRuleId"] in run.message.body


def test_a_sweep_finds_in_the_history_who_made_the_rule(network: Network) -> None:
    group = network.group()
    rules = network.allow(group)
    network.world.history.add(network.authorized(rules))

    run = network.sweep()

    assert run.line["rearm"]["attribution"] == "lookup"
    assert run.line["rearm"]["actor"]["arn"] == ADMIN["arn"]


@pytest.mark.parametrize("answered", [True, False], ids=["with its answer", "without its answer"])
def test_a_group_that_a_call_names_by_its_name_is_found(network: Network, answered: bool) -> None:
    group = network.group("bastion")
    rules = network.allow(group)
    event = network.authorized(rules, by_name="bastion", **({} if answered else {"response": None}))

    run = network.handle(event)

    assert network.rules(group) == []
    assert run.outcomes == ["remediated"]


@pytest.mark.parametrize("parameters", [None, {}, "null"], ids=str)
def test_a_call_that_names_nothing_leads_to_all_groups(network: Network, parameters: object) -> None:
    group = network.group()
    network.allow(group)
    event = api_event(
        "AuthorizeSecurityGroupIngress", service="ec2", parameters=parameters, time=stamp(ago(42))
    )

    run = network.handle(event)

    assert network.rules(group) == []
    assert run.outcomes == ["remediated"]


def test_a_group_by_its_id_alone_is_enough(network: Network) -> None:
    group, other = network.group(), network.group("other")
    network.allow(group)
    network.allow(other)

    run = network.handle(network.authorized(network.rules(group), response=None))

    assert network.rules(group) == []
    assert network.rules(other)
    assert run.outcomes == ["remediated"]


@pytest.mark.parametrize("rule", ["rearm-restricted-ssh", "rearm-restricted-common-ports"])
def test_configs_verdict_on_a_group_closes_it_and_config_is_asked_again(network: Network, rule: str) -> None:
    group, other = network.group(), network.group("other")
    network.allow(group)
    network.allow(other)

    run = network.handle(config_change(rule, resource_type="AWS::EC2::SecurityGroup", resource_id=group))

    assert network.rules(group) == []
    assert network.rules(other)
    assert run.outcomes == ["remediated"]
    assert rule in network.world.config.asked


def test_configs_verdict_on_a_port_that_is_not_sensitive_here_changes_nothing(network: Network) -> None:
    """The rule's FTP is not among the ports of the setting."""
    group = network.group()
    network.allow(group, port=21)

    run = network.handle(
        config_change(
            "rearm-restricted-common-ports", resource_type="AWS::EC2::SecurityGroup", resource_id=group
        )
    )

    assert len(network.rules(group)) == 1
    assert run.outcomes == ["compliant"]
    assert not run.changes


def security_hub(arn: str, *, region: str = "us-east-1", sample: bool = False) -> dict[str, Any]:
    finding = {
        "Id": f"arn:aws:securityhub:{region}:{ACCOUNT}:security-control/EC2.13/finding/1",
        "AwsAccountId": ACCOUNT,
        "Region": region,
        "UpdatedAt": stamp(ago(42)),
        "Title": "Security groups should not allow ingress from 0.0.0.0/0 to port 22",
        "Compliance": {"SecurityControlId": "EC2.13", "Status": "FAILED"},
        "Resources": [{"Type": "AwsEc2SecurityGroup", "Id": arn}],
        "Sample": sample,
    }
    return envelope("aws.securityhub", "Security Hub Findings - Imported", {"findings": [finding]})


def listening(network: Network) -> None:
    """Deploy it with the rule that `security_hub` of the module makes."""
    network.world.deploy(automation="security_groups", sources=["aws.ec2", "aws.securityhub"])


def test_a_finding_of_security_hub_closes_the_group_that_it_names(network: Network) -> None:
    listening(network)
    group, other = network.group(), network.group("other")
    network.allow(group)
    network.allow(other)

    run = network.handle(security_hub(f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/{group}"))

    assert network.rules(group) == []
    assert network.rules(other)
    assert run.outcomes == ["remediated"]


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:ec2:us-east-1:210987654321:security-group/{group}",
        "arn:aws:ec2:eu-west-1:123456789012:security-group/{group}",
        "arn:aws-cn:ec2:us-east-1:123456789012:security-group/{group}",
        "arn:aws:ec2:us-east-1:123456789012:vpc/{group}",
    ],
)
def test_a_finding_about_something_elsewhere_changes_nothing(network: Network, arn: str) -> None:
    listening(network)
    group = network.group()
    network.allow(group)

    run = network.handle(security_hub(arn.format(group=group)))

    assert len(network.rules(group)) == 1
    assert not run.looks


def test_a_sample_finding_is_told_and_never_acted_upon(network: Network) -> None:
    listening(network)
    group = network.group()
    network.allow(group)

    run = network.handle(security_hub(f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/{group}", sample=True))

    assert len(network.rules(group)) == 1
    assert run.outcomes == ["notified"]


def test_a_call_in_another_region_is_left_to_the_deployment_there(network: Network) -> None:
    group = network.group()
    rules = network.allow(group)

    run = network.handle(network.authorized(rules, region="eu-west-1"))

    assert len(network.rules(group)) == 1
    assert not run.looks


def test_a_denied_call_is_told_and_changes_nothing(network: Network) -> None:
    group = network.group()
    rules = network.allow(group)

    run = network.handle(network.authorized(rules, error="Client.UnauthorizedOperation"))

    assert len(network.rules(group)) == 1
    assert run.findings == ["denied-call"]
    assert run.outcomes == ["notified"]


def test_a_call_of_another_service_of_the_same_name_is_none(network: Network) -> None:
    group = network.group()
    rules = network.allow(group)
    event = network.authorized(rules)
    event["detail"]["eventSource"] = "rds.amazonaws.com"

    run = network.handle(event)

    assert len(network.rules(group)) == 1
    assert not run.changes


@pytest.mark.parametrize("gone", ["rule", "group"])
def test_what_is_gone_before_anybody_looks_is_told_to_nobody(network: Network, gone: str) -> None:
    group = network.group()
    rules = network.allow(group)
    event = network.authorized(rules)
    if gone == "group":
        network.ec2.delete_security_group(GroupId=group)
    else:
        network.ec2.revoke_security_group_ingress(
            GroupId=group, SecurityGroupRuleIds=[rules[0]["SecurityGroupRuleId"]]
        )

    run = network.handle(event)

    assert run.outcomes == ["compliant"]
    assert not run.messages
    assert not run.changes


def test_a_rule_that_aws_does_not_show_yet_is_found_at_the_second_look(network: Network) -> None:
    group = network.group()
    rules = network.allow(group)
    hidden = [1]

    def lag(_: object, answer: dict[str, Any]) -> None:
        if hidden[0]:
            hidden[0] -= 1
            answer["SecurityGroups"] = []

    network.world.endpoint.edit("ec2:DescribeSecurityGroups", lag)

    run = network.handle(network.authorized(rules))

    assert run.sleeps == [2.0]
    assert network.rules(group) == []
    assert run.outcomes == ["remediated"]


def test_the_event_that_a_repair_leads_to_is_none_of_the_automations(network: Network) -> None:
    """An event that comes twice finds nothing to do."""
    group = network.group()
    event = network.authorized(network.allow(group))
    network.handle(event)

    run = network.handle(event)

    assert not run.changes
    assert not run.messages
