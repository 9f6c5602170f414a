"""The ways to call the module that must work, planned all at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.plan.harness import MANIFESTS, OFF, ON, Expression, Variant, rules_of

KEY = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
BOUNDARY = "arn:aws:iam::123456789012:policy/security/boundary"
TOPIC = "arn:aws:sns:eu-west-1:210987654321:security_Team-1"
SIGNING = "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0123456789abcdef0"
ON_CALL = "arn:aws:sns:eu-central-1:123456789012:on-call"
EMAILS = ["a@example.com", "b.c+d@mail.example.com"]
TAGS = {"owner": "security", "service": "rearm"}

KINDS = {
    "first": {"label": "true", "loud": False, "parts": [{"deep": [1]}, "x", 2], "weight": -1.5},
    "second/*": {"label": None},
    "third": {},
}

OPERATOR = "arn:aws:iam::123456789012:role/people/operator"
PIPELINE = "arn:aws:iam::*:role/pipeline-*"

# The rules with the longest names decide how long a deployment's name may be.
_RULES = [f"-{name}-{key}" for name in ON for key in rules_of(name, security_hub=True)]
LONGEST_RULES = [rule for rule in _RULES if len(rule) == max(map(len, _RULES))]
LONGEST_NAME = "long-" + "n" * (64 - len(LONGEST_RULES[0]) - len("long-"))

# The region of each further provider: one in each of the other public partitions, and the global one of this.
PARTITIONS = {"gov": "us-gov-west-1", "china": "cn-north-1"}
PROVIDERS = {**PARTITIONS, "virginia": "us-east-1"}

# Where GuardDuty is, and whether it looks or is suspended.
DETECTORS = {"us-east-1": True, "us-gov-west-1": False}

EVERYTHING: Mapping[str, Any] = {
    "alarm_actions": [ON_CALL],
    "architecture": "x86_64",
    "automations": {
        "cloudtrail": {
            "mode": "remediate",
            "sweep_rate": "cron(0/5 * * * ? *)",
            "settings": {"config_frequency": "One_Hour", "config_rule": "multi-region-cloudtrail-enabled"},
            "exceptions": {
                "own": {
                    "match": {"resource": "legacy-*", "account": "111122223333"},
                    "reason": "Só até à mudança.",
                    "expires": "2024-02-29",
                    "quiet": True,
                },
            },
        },
    },
    "code_signing_config_arn": SIGNING,
    "config": True,
    "exceptions": {
        "tagged.for_all-1": {
            "match": {"tag:rearm": "ignore"},
            "reason": "Tags count elsewhere.",
            "expires": "never",
        },
        "people": {
            "match": {"actor": "arn:*:iam::*:role/team/*"},
            "reason": "They know.",
            "expires": "2099-12-31",
        },
    },
    "kms_key_arn": KEY,
    "lambda_package": {"bucket": "packages", "key": "rearm/signed.zip", "object_version": "v3"},
    "log_retention_days": 0,
    "memory_size": 1024,
    "name": LONGEST_NAME,
    "notification_emails": EMAILS,
    "operator_role_arns": [OPERATOR],
    "permissions_boundary_arn": BOUNDARY,
    "protection_exempt_arns": [PIPELINE],
    "reserved_concurrency": 1,
    "response_retention_days": 30,
    "role_path": "/security/rearm/",
    "security_hub": True,
    "runtime": "python3.11",
    "table_deletion_protection": True,
    "tags": TAGS,
    "timeout": 900,
    "tracing": True,
}


def all_in(mode: str) -> dict[str, Any]:
    """Write the input `automations` for all of them in one mode."""
    return {name: {"mode": mode} for name in MANIFESTS}


def cloudtrail(mode: str = "remediate", **settings: str) -> dict[str, Any]:
    """Write the input `automations` for one automation, the others switched off."""
    return {**all_in("off"), "cloudtrail": {"mode": mode, "settings": settings}}


def deployed(automation: str) -> str:
    """Name the variant in which an automation acts, in a deployment of the default name."""
    return "defaults" if automation in ON else "others"


SOUND = {"match": {"resource": "x"}, "reason": "Because.", "expires": "never"}

VARIANTS: Mapping[str, Variant] = {
    "defaults": Variant(),
    "everything": Variant(EVERYTHING),
    "others": Variant(
        {"automations": {name: {"mode": "remediate" if name in OFF else "off"} for name in MANIFESTS}}
    ),
    "recommended": Variant(
        {
            "name": "advice",
            "recommended": True,
            "automations": {"s3_encryption": {"mode": "remediate"}, "iam_authority": {"mode": "off"}},
        }
    ),
    "security_hub": Variant({"name": "hub", "security_hub": True, "automations": all_in("notify")}),
    "virginia": Variant({"name": "global", "automations": all_in("notify")}, provider="virginia"),
    "forwarded": Variant(
        {"name": "forwarded", "global_events_forwarded": True, "automations": all_in("notify")}
    ),
    "without_config_rules": Variant(
        {"name": "blind", "config": False, "automations": {**all_in("off"), "added": {"mode": "notify"}}},
        source="extended",
    ),
    "notify": Variant({"name": "notify", "automations": all_in("notify")}),
    "off": Variant({"name": "off", "automations": all_in("off")}),
    "own_topic": Variant(
        {
            "name": "own",
            "notification_topic": {"arn": TOPIC},
            "notification_emails": EMAILS,
            "kms_key_arn": KEY,
            "protection_exempt_arns": [PIPELINE],
        }
    ),
    "topic_to_come": Variant(
        {
            "name": "later",
            "notification_topic": {"arn": Expression("terraform_data.later.output")},
            "alarm_actions": [Expression("terraform_data.later.output")],
            "kms_key_arn": Expression("terraform_data.later.output"),
            "permissions_boundary_arn": Expression("terraform_data.later.output"),
            "operator_role_arns": [Expression("terraform_data.later.output")],
            "protection_exempt_arns": [Expression("terraform_data.later.output")],
            "automations": {
                "cloudtrail": {
                    "mode": "remediate",
                    "settings": {
                        "trails": Expression(
                            "jsonencode({ main = { sns_topic_name = terraform_data.later.output } })"
                        ),
                    },
                },
            },
            "exceptions": {
                "later": {
                    "match": {"actor": Expression("terraform_data.later.output"), "resource": "legacy"},
                    "reason": "Made here.",
                    "expires": "2020-01-01",
                },
            },
        }
    ),
    "existing": Variant(
        {
            "name": "existing",
            "automations": cloudtrail(existing_config_rules=json.dumps(["ct-enabled", "ct_all"])),
        }
    ),
    "existing_notify": Variant(
        {
            "name": "existing-notify",
            "automations": cloudtrail("notify", existing_config_rules=json.dumps(["ct-enabled"])),
        }
    ),
    "existing_only": Variant(
        {
            "name": "existing-only",
            "config": False,
            "automations": cloudtrail(existing_config_rules=json.dumps(["ct-enabled"])),
        }
    ),
    "without_config": Variant({"name": "no-config", "config": False, "automations": cloudtrail()}),
    "without_custom_rule": Variant(
        {"name": "no-custom", "automations": cloudtrail(custom_config_rule="false")}
    ),
    "two": Variant(
        {
            "name": "two",
            "exceptions": {"all": {"match": {"resource": "x"}, "reason": "Both.", "expires": "never"}},
            "automations": {
                "cloudtrail": {
                    "mode": "notify",
                    "exceptions": {
                        "own": {"match": {"resource": "y"}, "reason": "One.", "expires": "never"},
                    },
                },
                "added": {
                    "mode": "remediate",
                    "settings": {
                        "colours": json.dumps(["blue"]),
                        "kinds": json.dumps(KINDS),
                        "limit": "10",
                        "ratio": "12.5",
                    },
                    "exceptions": {
                        "own": {"match": {"tag:why": "z"}, "reason": "Other.", "expires": "never"},
                    },
                },
            },
        },
        source="extended",
    ),
    "two_defaults": Variant({"name": "two-defaults"}, source="extended"),
    # What Terraform drops from an object without a word may not widen anything.
    "dropped": Variant(
        {
            "name": "dropped",
            "automations": {
                "cloudtrail": {
                    "mode": "notify",
                    "exeptions": {"mine": SOUND},
                    "sweep_rte": "rate(1 day)",
                    "setings": {"custom_config_rule": "false"},
                },
            },
            "exceptions": {"loud": {**SOUND, "quite": True}},
        }
    ),
    "gov": Variant(
        {
            "name": "gov",
            "tracing": True,
            "protection_exempt_arns": ["arn:*:iam::*:role/pipeline"],
            "automations": {"iam_user_anomaly": {"mode": "notify"}},
        },
        provider="gov",
    ),
    "china": Variant(
        {
            "name": "china",
            "kms_key_arn": KEY.replace("aws", "aws-cn").replace("eu-central-1", "cn-north-1"),
            "automations": cloudtrail(existing_config_rules=json.dumps(["ct-enabled"])),
        },
        provider="china",
    ),
}
