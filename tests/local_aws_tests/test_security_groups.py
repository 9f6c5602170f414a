"""Security groups behave as EC2's do, and calls on them are recorded as CloudTrail does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws_tests.deploy import Deploy

SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}


def group(aws: LocalAws, name: str = "web") -> str:
    ec2 = aws.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    return str(ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"])


def allow(aws: LocalAws, identity: str, **more: Any) -> list[dict[str, Any]]:
    ranges = [{"CidrIp": "0.0.0.0/0", "Description": "everybody"}, {"CidrIp": "10.0.0.0/8"}]
    made = aws.client("ec2").authorize_security_group_ingress(
        GroupId=identity, IpPermissions=[{**SSH, "IpRanges": ranges}], **more
    )
    return list(made["SecurityGroupRules"])


def detail(aws: LocalAws, name: str) -> dict[str, Any]:
    (found,) = [event["detail"] for event in aws.events if event["detail"].get("eventName") == name]
    return dict(found)


def test_an_authorization_is_recorded_with_the_rules_that_it_has_made(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    identity = group(aws)
    rules = allow(aws, identity)

    told = detail(aws, "AuthorizeSecurityGroupIngress")

    assert told["eventSource"] == "ec2.amazonaws.com"
    assert told["requestParameters"] == {
        "groupId": identity,
        "ipPermissions": {
            "items": [
                {
                    "ipProtocol": "tcp",
                    "fromPort": 22,
                    "toPort": 22,
                    "groups": {},
                    "ipRanges": {
                        "items": [
                            {"cidrIp": "0.0.0.0/0", "description": "everybody"},
                            {"cidrIp": "10.0.0.0/8"},
                        ]
                    },
                    "ipv6Ranges": {},
                    "prefixListIds": {},
                }
            ]
        },
    }
    answer = told["responseElements"]
    assert answer["_return"] is True
    items = answer["securityGroupRuleSet"]["items"]
    assert [item["securityGroupRuleId"] for item in items] == [rule["SecurityGroupRuleId"] for rule in rules]
    assert items[0]["groupId"] == identity
    assert (items[0]["fromPort"], items[0]["isEgress"], items[0]["cidrIpv4"]) == (22, False, "0.0.0.0/0")


def test_a_change_is_recorded_as_the_query_that_it_was(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    identity = group(aws)
    rule = allow(aws, identity)[1]["SecurityGroupRuleId"]
    change = {**SSH, "CidrIpv4": "192.0.2.0/24"}
    aws.client("ec2").modify_security_group_rules(
        GroupId=identity, SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": change}]
    )

    told = detail(aws, "ModifySecurityGroupRules")["requestParameters"]["ModifySecurityGroupRulesRequest"]

    assert told["GroupId"] == identity
    assert told["SecurityGroupRule"]["SecurityGroupRuleId"] == rule
    assert told["SecurityGroupRule"]["SecurityGroupRule"] == change


def test_a_refused_call_is_recorded_without_an_answer(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    identity = group(aws)
    allow(aws, identity)
    with pytest.raises(ClientError, match=r"InvalidPermission\.Duplicate"):
        allow(aws, identity)

    told = [event["detail"] for event in aws.events if "errorCode" in event["detail"]]

    assert [one["errorCode"] for one in told] == ["InvalidPermission.Duplicate"]
    assert told[0]["responseElements"] is None


def test_groups_and_rules_come_in_pages(aws: LocalAws) -> None:
    ec2 = aws.client("ec2")
    wanted = {group(aws, f"web-{number}") for number in range(12)}
    for identity in wanted:
        allow(aws, identity)

    pages = list(ec2.get_paginator("describe_security_groups").paginate(PaginationConfig={"PageSize": 5}))
    rules = list(
        ec2.get_paginator("describe_security_group_rules").paginate(PaginationConfig={"PageSize": 10})
    )

    assert [len(page["SecurityGroups"]) for page in pages][:-1] == [5] * (len(pages) - 1)
    assert wanted <= {one["GroupId"] for page in pages for one in page["SecurityGroups"]}
    found = [rule for page in rules for rule in page["SecurityGroupRules"]]
    assert len({rule["SecurityGroupRuleId"] for rule in found}) == len(found)
    assert {rule["GroupOwnerId"] for rule in found} == {aws.account}
    assert sum(rule.get("Description") == "everybody" for rule in found) == 12


def test_a_page_has_bounds(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        aws.client("ec2").describe_security_groups(MaxResults=1001)


def test_a_place_that_nobody_has_given_is_refused(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="InvalidPaginationToken"):
        aws.client("ec2").describe_security_groups(MaxResults=5, NextToken="elsewhere")


def test_ids_cannot_be_asked_for_in_pages(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        aws.client("ec2").describe_security_groups(MaxResults=5, GroupIds=[group(aws)])


def test_a_filter_takes_200_values(aws: LocalAws) -> None:
    names = [f"web-{number}" for number in range(201)]
    with pytest.raises(ClientError, match="FilterLimitExceeded"):
        aws.client("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": names}])


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"GroupIds": ["sg-00000000000000000"]}, "InvalidGroup.NotFound"),
        ({"GroupNames": ["nobodys"]}, "InvalidGroup.NotFound"),
    ],
)
def test_a_group_that_is_not_there_is_an_error(aws: LocalAws, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as raised:
        aws.client("ec2").describe_security_groups(**asked)
    assert raised.value.response["Error"]["Code"] == code


def test_a_rule_that_is_not_there_is_an_error_by_its_id_and_none_by_a_filter(aws: LocalAws) -> None:
    ec2 = aws.client("ec2")
    with pytest.raises(ClientError, match=r"InvalidSecurityGroupRuleId\.NotFound"):
        ec2.describe_security_group_rules(SecurityGroupRuleIds=["sgr-00000000000000000"])
    wanted: Any = [{"Name": "security-group-rule-id", "Values": ["sgr-00000000000000000"]}]
    assert ec2.describe_security_group_rules(Filters=wanted)["SecurityGroupRules"] == []


def test_tags_of_awss_own_cannot_be_given(aws: LocalAws) -> None:
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "network"}]
    with pytest.raises(ClientError, match="reserved"):
        allow(
            aws,
            group(aws),
            TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": tags}],
        )
