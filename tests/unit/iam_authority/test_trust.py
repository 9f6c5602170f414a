"""Who may assume a role: what is open to other accounts and to everyone, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rearm.automations.iam_authority.trust import EVERYONE, opening, openings
from tests.unit.iam_authority.directory import FOREIGN, document, trusting

ACCOUNT = "123456789012"
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.example.com"


def web_identity(condition: Any = None) -> dict[str, Any]:
    """Return a trust policy for whom a provider signs in."""
    more = {"Condition": condition} if condition else {}
    return trusting({"Federated": PROVIDER}, Action="sts:AssumeRoleWithWebIdentity", **more)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (trusting("*"), {EVERYONE}),
        (trusting({"AWS": "*"}), {EVERYONE}),
        (trusting({"AWS": [f"arn:aws:iam::{ACCOUNT}:root", "*"]}), {EVERYONE}),
        (trusting({"AWS": "*"}, Condition={"StringEquals": {"sts:ExternalId": "secret"}}), {EVERYONE}),
        (trusting({"AWS": "*"}, Condition={"StringLike": {"aws:PrincipalOrgID": "*"}}), {EVERYONE}),
        (
            trusting({"AWS": "*"}, Condition={"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}),
            {EVERYONE},
        ),
        (trusting("*", Condition={"StringNotEquals": {"aws:PrincipalAccount": FOREIGN}}), {EVERYONE}),
        (trusting("*", Condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}), {EVERYONE}),
        (
            trusting("*", Condition={"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-1/*"}}),
            {EVERYONE},
        ),
        (document({"Effect": "Allow", "NotPrincipal": {"AWS": FOREIGN}, "Action": "sts:*"}), {EVERYONE}),
        (trusting({"AWS": FOREIGN}), {FOREIGN}),
        (trusting({"AWS": f"arn:aws:iam::{FOREIGN}:root"}), {FOREIGN}),
        (trusting({"AWS": f"arn:aws:iam::{FOREIGN}:user/x"}, Condition={"Bool": {"a:b": "true"}}), {FOREIGN}),
        (trusting({"AWS": [FOREIGN, "210987654321"]}), {FOREIGN, "210987654321"}),
        (trusting("*", Condition={"StringEquals": {"aws:PrincipalAccount": [ACCOUNT, FOREIGN]}}), {FOREIGN}),
        (trusting({"AWS": FOREIGN}, Action="sts:*"), {FOREIGN}),
        (trusting({"AWS": FOREIGN}, Action=["sts:TagSession", "STS:AssumeRole"]), {FOREIGN}),
        (document({"Effect": "Allow", "Principal": "*", "NotAction": "s3:*"}), {EVERYONE}),
        (web_identity(), {"everyone whom token.example.com signs in"}),
        (
            web_identity({"StringEquals": {"token.example.com:aud": "sts.amazonaws.com"}}),
            {"everyone whom token.example.com signs in"},
        ),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_openings_are_found(policy: dict[str, Any], expected: set[str]) -> None:
    assert openings(policy, ACCOUNT, frozenset()) == expected
    assert opening(policy, ACCOUNT, frozenset()) == (1,)


@pytest.mark.parametrize(
    "policy",
    [
        document(),
        trusting({"Service": "lambda.amazonaws.com"}),
        trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        trusting({"AWS": ACCOUNT}),
        trusting({"AWS": "AROAIDPPEZS35WEXAMPLE"}),
        trusting("*", Condition=ORGANIZATION),
        trusting({"AWS": "*"}, Condition={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}),
        trusting("*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
        trusting("*", Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}}),
        trusting({"AWS": FOREIGN}, Effect="Deny"),
        trusting({"AWS": FOREIGN}, Action="sts:TagSession"),
        document(*trusting("*")["Statement"], *trusting("*", Effect="Deny", Action="sts:*")["Statement"]),
        trusting({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"}, Action="sts:AssumeRoleWithSAML"),
        web_identity({"StringLike": {"token.example.com:sub": "repo:example/app:*"}}),
    ],
    ids=json.dumps,
)
def test_what_stays_in_the_account_or_names_who_is_meant_is_no_opening(policy: dict[str, Any]) -> None:
    assert openings(policy, ACCOUNT, frozenset()) == set()


def test_accounts_that_may_be_trusted_are_no_opening_and_everyone_stays_one() -> None:
    accepted = frozenset({FOREIGN})

    assert openings(trusting({"AWS": FOREIGN}), ACCOUNT, accepted) == set()
    assert openings(trusting({"AWS": [FOREIGN, "*"]}), ACCOUNT, accepted) == {EVERYONE}


def test_the_statements_that_open_a_role_are_counted() -> None:
    kept = trusting({"Service": "lambda.amazonaws.com"})["Statement"]
    opened = document(*kept, *trusting({"AWS": FOREIGN})["Statement"], *trusting("*")["Statement"])

    assert opening(opened, ACCOUNT, frozenset()) == (2, 3)
    assert opening(opened, ACCOUNT, frozenset({FOREIGN})) == (3,)
