"""The ways to call the module that must be refused, and all that Terraform must say about each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.plan.harness import MANIFESTS, Expression, Variant
from tests.plan.variants import LONGEST_NAME, LONGEST_RULES, ON_CALL, SIGNING, SOUND, all_in


@dataclass(frozen=True)
class Mistake:
    """A call that must fail the plan, and all that Terraform must say about it."""

    variant: Variant
    messages: tuple[str, ...]


def _mistake(inputs: Mapping[str, Any], *messages: str, source: str = "module") -> Mistake:
    # Without automations there is less to plan; a mistake is found all the same.
    switched_off = {"automations": all_in("off")}
    return Mistake(Variant(switched_off | dict(inputs), source=source), messages)


def _automation(given: Mapping[str, Any], *messages: str) -> Mistake:
    return _mistake({"automations": {**all_in("off"), "cloudtrail": {"mode": "off", **given}}}, *messages)


def _settings(name: str, value: str | None, message: str) -> Mistake:
    return _automation({"settings": {name: value}}, f"automations.cloudtrail.settings{message}")


def _added(name: str, value: str, message: str) -> Mistake:
    automations = {**all_in("off"), "added": {"mode": "off", "settings": {name: value}}}
    return _mistake(
        {"automations": automations}, f"automations.added.settings.{name}{message}", source="extended"
    )


def _exception(given: Mapping[str, Any], *messages: str, name: str = "one", own: bool = False) -> Mistake:
    exceptions = {name: SOUND | dict(given)}
    if own:
        return _automation(
            {"exceptions": exceptions}, *(f"automations.cloudtrail.exceptions.{name}.{m}" for m in messages)
        )
    return _mistake({"exceptions": exceptions}, *(f"exceptions.{name}.{m}" for m in messages))


_RATE = "; it must be rate(VALUE UNIT), as in rate(15 minutes) or rate(1 hour), or cron() with six fields."
_FREQUENCIES = "One_Hour, Three_Hours, Six_Hours, Twelve_Hours, TwentyFour_Hours"
_SETTINGS = ", ".join(sorted(MANIFESTS["cloudtrail"]["settings"]))
_ROLES = (
    "with their paths, arn:PARTITION:iam::ACCOUNT:role/NAME, with * where you need it, but neither sessions "
    "nor"
)
_DATE = "; it must be a date that exists, written YYYY-MM-DD, or never."
_ACTOR = (
    "; it must be an IAM ARN, with * where you need it: arn:PARTITION:iam::ACCOUNT:role/NAME, "
    "arn:PARTITION:iam::ACCOUNT:user/NAME or arn:PARTITION:iam::ACCOUNT:root."
)
_NAME = "; it must be lower-case letters, digits and hyphens, start with a letter and not end with a hyphen."
_SESSION = "arn:aws:sts::111122223333:assumed-role/Admin/someone"
_OBJECTS = "; it must be a map of objects as JSON, written jsonencode({ name = { label = ... } })."
_KEPT_DAYS = (
    "; CloudWatch Logs takes 0 (for ever), 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, "
    "731, 1096, "
    "1827, 2192, 2557, 2922, 3288 or 3653."
)

_COMMON = {
    "too many alarm actions": _mistake(
        {"alarm_actions": [f"{ON_CALL}-{n}" for n in range(5)]},
        "alarm_actions has 5 entries; CloudWatch takes five for an alarm and the alarms topic is one of "
        "them. "
        "Give at most four.",
    ),
    "an alarm action that is no ARN": _mistake(
        {"alarm_actions": [ON_CALL, "on-call"]},
        "alarm_actions takes full ARNs (arn:PARTITION:SERVICE:REGION:ACCOUNT:NAME), which these are "
        'not: "on-call".',
    ),
    "an unknown architecture": _mistake(
        {"architecture": "arm"}, 'architecture is "arm"; it must be arm64 or x86_64.'
    ),
    "a code signing config that is none": _mistake(
        {"code_signing_config_arn": "csc-1", "lambda_package": {"bucket": "packages", "key": "k"}},
        'code_signing_config_arn is "csc-1"; it must be '
        "arn:PARTITION:lambda:REGION:ACCOUNT:code-signing-config:csc-ID.",
    ),
    "an alias for a key": _mistake(
        {"kms_key_arn": "alias/security"},
        'kms_key_arn is "alias/security"; it must be the ARN of a key, not of an alias: '
        "arn:PARTITION:kms:REGION:ACCOUNT:key/ID.",
    ),
    "a URL for a bucket": _mistake(
        {"lambda_package": {"bucket": "s3://packages", "key": "k"}},
        'lambda_package.bucket is "s3://packages"; it must be the name of an S3 bucket, neither an ARN '
        "nor a URL.",
    ),
    "a key that begins with a slash": _mistake(
        {"lambda_package": {"bucket": "packages", "key": "/k.zip"}},
        'lambda_package.key is "/k.zip"; it must be the key of an object, without a leading slash.',
    ),
    "days that CloudWatch does not offer": _mistake(
        {"log_retention_days": 100}, f"log_retention_days is 100{_KEPT_DAYS}"
    ),
    "too little memory": _mistake(
        {"memory_size": 127}, "memory_size is 127; it must be a whole number from 128 to 10240."
    ),
    "too much memory": _mistake(
        {"memory_size": 10241}, "memory_size is 10241; it must be a whole number from 128 to 10240."
    ),
    "half a megabyte": _mistake(
        {"memory_size": 512.5}, "memory_size is 512.5; it must be a whole number from 128 to 10240."
    ),
    "a name in upper case": _mistake({"name": "Rearm"}, f'name is "Rearm"{_NAME}'),
    "a name that ends with a hyphen": _mistake({"name": "rearm-"}, f'name is "rearm-"{_NAME}'),
    "an e-mail address that is none": _mistake(
        {"notification_emails": ["a@example.com", "Security <b@example.com>", "c@example"]},
        "notification_emails takes plain addresses such as security@example.com, which these are not: "
        "Security <b@example.com>, c@example.",
    ),
    "a FIFO topic": _mistake(
        {"notification_topic": {"arn": f"{ON_CALL}.fifo"}},
        f'notification_topic.arn is "{ON_CALL}.fifo"; it must be the ARN of a standard (not a FIFO) topic: '
        "arn:PARTITION:sns:REGION:ACCOUNT:NAME.",
    ),
    "an operator by its session": _mistake(
        {"operator_role_arns": ["arn:aws:iam::123456789012:role/people/operator-*", _SESSION]},
        f'operator_role_arns takes ARNs of roles {_ROLES} all roles, which these are not: "{_SESSION}".',
    ),
    "every role for an operator": _mistake(
        {"operator_role_arns": ["arn:aws:iam::123456789012:role/*"]},
        f"operator_role_arns takes ARNs of roles {_ROLES} all roles, which these are not: "
        '"arn:aws:iam::123456789012:role/*".',
    ),
    "an exemption for everybody": _mistake(
        {
            "protection_exempt_arns": [
                "arn:*:iam::*:role/team/**",
                "arn:*:iam::*:role/*/x",
                "arn:*:iam::*:user/x",
                "*",
            ]
        },
        f"protection_exempt_arns takes ARNs of roles and users {_ROLES} all of them, which these are not: "
        '"*".',
    ),
    "an exemption for all roles": _mistake(
        {"protection_exempt_arns": ["arn:*:iam::*:role/*"]},
        f"protection_exempt_arns takes ARNs of roles and users {_ROLES} all of them, which these are not: "
        '"arn:*:iam::*:role/*".',
    ),
    "a role for a boundary": _mistake(
        {"permissions_boundary_arn": "arn:aws:iam::123456789012:role/boundary"},
        'permissions_boundary_arn is "arn:aws:iam::123456789012:role/boundary"; it must be the ARN of a '
        "managed "
        "policy: arn:PARTITION:iam::ACCOUNT:policy/NAME.",
    ),
    "a concurrency that switches off": _mistake(
        {"reserved_concurrency": 0},
        "reserved_concurrency is 0; it must be a whole number of at least 1, since 0 would switch the "
        "functions "
        'off. Use mode = "off" for that.',
    ),
    "a path without its slashes": _mistake(
        {"role_path": "security"},
        'role_path is "security"; it must begin and end with a slash, as in /security/.',
    ),
    "a runtime that is too old": _mistake(
        {"runtime": "python3.10"},
        'runtime is "python3.10"; it must be python3.11, python3.12 or python3.13.',
    ),
    "a tag that belongs to AWS": _mistake(
        {"tags": {"aws:owner": "me"}},
        'tags: a key has 1 to 128 characters and does not start with aws:, which "aws:owner" does not '
        "keep to.",
    ),
    "a tag without a value": _mistake(
        {"tags": {"owner": None}},
        "tags: a value has at most 256 characters and is not null, which the value of owner does not "
        "keep to.",
    ),
    "too little time": _mistake(
        {"timeout": 29}, "timeout is 29; it must be a whole number of seconds from 30 to 900."
    ),
    "more time than Lambda gives": _mistake(
        {"timeout": 901}, "timeout is 901; it must be a whole number of seconds from 30 to 900."
    ),
}

_AUTOMATIONS = {
    "an unknown automation": _mistake(
        {"automations": {"cloudtrial": {"mode": "notify"}}},
        'automations: there is no automation called "cloudtrial". The known ones are '
        f"{', '.join(MANIFESTS)}.",
    ),
    "an automation that is null": _mistake(
        {"automations": {**all_in("off"), "cloudtrail": None}},
        "automations: cloudtrail is null. Leave the automation out to have its defaults, or give at "
        "least its mode.",
        "automations.cloudtrail.mode is null; it must be off, notify or remediate.",
    ),
    "an unknown mode": _automation(
        {"mode": "remidiate"},
        'automations.cloudtrail.mode is "remidiate"; it must be off, notify or remediate.',
    ),
    "a rate in the wrong number": _automation(
        {"sweep_rate": "rate(1 hours)"}, f'automations.cloudtrail.sweep_rate is "rate(1 hours)"{_RATE}'
    ),
    "a rate of nothing": _automation(
        {"sweep_rate": "rate(0 minutes)"}, f'automations.cloudtrail.sweep_rate is "rate(0 minutes)"{_RATE}'
    ),
    "a cron with five fields": _automation(
        {"sweep_rate": "cron(0 6 * * ?)"}, f'automations.cloudtrail.sweep_rate is "cron(0 6 * * ?)"{_RATE}'
    ),
}

_TOGETHER = {
    "a name that leaves no room for the rules": _mistake(
        {"name": f"{LONGEST_NAME}n", "security_hub": True, "automations": {}},
        f'name is "{LONGEST_NAME}n", {len(LONGEST_NAME) + 1} characters; an EventBridge rule\'s name has at '
        f"most 64, and Rearm adds {' or '.join(LONGEST_RULES)}. "
        f"Give a name of at most {len(LONGEST_NAME)} characters.",
    ),
    "two exceptions of the same name": _mistake(
        {
            "exceptions": {"twin": {"match": {"resource": "x"}, "reason": "A.", "expires": "never"}},
            "automations": {
                **all_in("off"),
                "cloudtrail": {
                    "mode": "off",
                    "exceptions": {"twin": {"match": {"resource": "y"}, "reason": "B.", "expires": "never"}},
                },
            },
        },
        "automations.cloudtrail.exceptions and exceptions both have twin. Rename one: messages and the "
        "journal "
        "refer to an exception by its name.",
    ),
    "code signing with the committed package": _mistake(
        {"code_signing_config_arn": SIGNING},
        "code_signing_config_arn needs lambda_package: Lambda accepts only a signed package from S3 "
        "then, and the "
        "committed one is not signed.",
    ),
}

_SETTINGS_CASES = {
    "an unknown setting": _settings(
        "config_rules", "x", f': there is no setting called "config_rules". The known ones are {_SETTINGS}.'
    ),
    "a setting that is null": _settings(
        "config_rule", None, ": config_rule is null. Leave the setting out to have its default."
    ),
    "a truth that is none": _settings(
        "custom_config_rule", "yes", '.custom_config_rule is "yes"; it must be true or false.'
    ),
    "a text for a list": _settings(
        "existing_config_rules",
        "ct-enabled",
        '.existing_config_rules is "ct-enabled"; it must be a list of strings as JSON, written '
        'jsonencode(["first", "second"]).',
    ),
    "a list of numbers": _settings(
        "existing_config_rules",
        "[1]",
        '.existing_config_rules is "[1]"; it must be a list of strings as JSON, written '
        'jsonencode(["first", "second"]).',
    ),
    "a value that is not allowed": _settings(
        "config_frequency", "Hourly", f'.config_frequency: "Hourly" is not one of {_FREQUENCIES}.'
    ),
    "an element that looks wrong": _settings(
        "existing_config_rules",
        json.dumps(["good", "not good"]),
        '.existing_config_rules: "not good" does not look like ^[A-Za-z0-9_-]{1,128}$.',
    ),
    "a number that is none": _added("limit", "five", ' is "five"; it must be a number.'),
    "a number that is too small": _added("limit", "0", " is 0; it must be at least 1 and at most 10."),
    "a number that is too great": _added("limit", "11", " is 11; it must be at least 1 and at most 10."),
    "a number below its only bound": _added("ratio", "-0.1", " is -0.1; it must be at least 0."),
    "an element that is not allowed": _added(
        "colours", json.dumps(["red", "pink"]), ': "pink" is not one of red, green, blue.'
    ),
    "a text for objects": _added("kinds", "x", f' is "x"{_OBJECTS}'),
    "a list for objects": _added("kinds", "[]", f' is "[]"{_OBJECTS}'),
    "objects in half a JSON": _added("kinds", "{", f' is "{{"{_OBJECTS}'),
    "an entry that is no object": _added(
        "kinds",
        json.dumps({"good": {"label": "x"}, "bad": ["label"]}),
        ': "bad" is ["label"]; it must be an object with some of label, loud, parts, weight.',
    ),
    "an entry that is null": _added(
        "kinds",
        json.dumps({"gone": None}),
        ': "gone" is null; it must be an object with some of label, loud, parts, weight.',
    ),
    "a misspelt attribute": _added(
        "kinds",
        json.dumps({"good": {"label": "x", "parts": [1, "y", {}]}, "bad": {"lable": "x"}}),
        ': "bad" has "lable", which is none of its attributes: label, loud, parts, weight.',
    ),
    "a number for a text": _added(
        "kinds", json.dumps({"bad": {"label": 5}}), ': label of "bad" is 5; it must be a text in quotes.'
    ),
    "a text for a truth": _added(
        "kinds", json.dumps({"bad": {"loud": "true"}}), ': loud of "bad" is "true"; it must be true or false.'
    ),
    "an object for a list": _added(
        "kinds", json.dumps({"bad": {"parts": {"a": 1}}}), ': parts of "bad" is {"a":1}; it must be a list.'
    ),
    "a text for a number": _added(
        "kinds", json.dumps({"bad": {"weight": "1"}}), ': weight of "bad" is "1"; it must be a number.'
    ),
    "a word that looks wrong": _added("word", "Two words", ': "Two words" does not look like ^[a-z0-9]+$.'),
}

_EXCEPTIONS = {
    "an exception that is null": _mistake(
        {"exceptions": {"nothing": None}},
        "exceptions: nothing is null. Leave the exception out, or give match, reason and expires.",
        "exceptions.nothing.reason must say in one line of text why this is excused.",
        f"exceptions.nothing.expires is null{_DATE}",
        "exceptions.nothing: match is empty, which excuses nothing. Give at least one of resource, "
        "account, actor "
        "and tag:KEY.",
    ),
    "an exception with a strange name": _mistake(
        {"exceptions": {"not good": {"match": {"resource": "x"}, "reason": "A.", "expires": "never"}}},
        'exceptions: "not good" cannot be a name; it must be at most 64 letters, digits, hyphens, dots and '
        "underscores, and start with a letter or a digit.",
    ),
    "no reason": _exception(
        {"reason": " "}, "reason must say in one line of text why this is excused.", name="quick"
    ),
    "a reason of two lines": _exception(
        {"reason": "One.\nTwo."}, "reason must say in one line of text why this is excused.", name="lines"
    ),
    "a date that does not exist": _exception(
        {"expires": "2027-02-29"}, f'expires is "2027-02-29"{_DATE}', name="leap"
    ),
    "a date in another form": _exception(
        {"expires": "31.12.2027"}, f'expires is "31.12.2027"{_DATE}', name="form"
    ),
    "a misspelt never": _exception({"expires": "Never"}, f'expires is "Never"{_DATE}', own=True),
    "a match without criteria": _mistake(
        {"exceptions": {"open": {"match": {}, "reason": "A.", "expires": "never"}}},
        "exceptions.open: match is empty, which excuses nothing. Give at least one of resource, "
        "account, actor and "
        "tag:KEY.",
    ),
    "a misspelt criterion": _exception(
        {"match": {"recource": "x"}},
        'match: "recource" is not something that can be matched; it must be resource, account, actor or '
        "tag:KEY.",
        own=True,
    ),
    "a tag without its key": _exception(
        {"match": {"resource": "x", "tag": "x"}},
        'match: "tag" is not something that can be matched; it must be resource, account, actor or tag:KEY.',
        name="tag",
    ),
    "a pattern that matches everything": _exception(
        {"match": {"resource": "**"}},
        'match.resource is "**", which would match everything or nothing; it needs some text besides *.',
        name="wide",
    ),
    "a pattern that matches nothing": _exception(
        {"match": {"account": ""}},
        'match.account is "", which would match everything or nothing; it needs some text besides *.',
        name="empty",
    ),
    "an account with its zeros lost": _exception(
        {"match": {"account": "12345678901"}},
        'match.account is "12345678901"; it must be the 12 digits of an account, in quotes.',
        name="zeros",
    ),
    "an actor by name": _exception({"match": {"actor": "someone"}}, f'match.actor is "someone"{_ACTOR}'),
    "an actor of a service": _exception(
        {"match": {"actor": "arn:aws:s3:::bucket"}}, f'match.actor is "arn:aws:s3:::bucket"{_ACTOR}', own=True
    ),
    "an actor that is a session": _exception(
        {"match": {"actor": _SESSION}},
        f'match.actor is "{_SESSION}", a session, whose name is chosen by whoever assumes the role. Give the '
        "role's own ARN, with its path: arn:PARTITION:iam::ACCOUNT:role/NAME.",
        name="session",
    ),
    "a tag for an automation that tags never excuse": _exception(
        {"match": {"tag:rearm": "ignore"}},
        "match has tag:rearm, but tags never excuse anything from this automation: whoever can tag "
        "could switch it "
        "off. Match the resource or the actor.",
        name="tagged",
        own=True,
    ),
    "a mistake beside a value to come": _exception(
        {"match": {"actor": Expression("terraform_data.later.output"), "acount": "111122223333"}},
        'match: "acount" is not something that can be matched; it must be resource, account, actor or '
        "tag:KEY.",
        name="to-come",
    ),
}


def _named(cases: Mapping[str, Mistake]) -> dict[str, Mistake]:
    return {key.replace(" ", "_").replace("-", "_"): case for key, case in cases.items()}


# Terraform validates inputs on their own first; what needs more than one of them, or a manifest, only when
# nothing was wrong so far: hence two plans.
REFUSED: Mapping[str, Mapping[str, Mistake]] = {
    "inputs": _named(_COMMON | _AUTOMATIONS),
    "contents": _named(_TOGETHER | _SETTINGS_CASES | _EXCEPTIONS),
}


def _without(attribute: str) -> Variant:
    return Variant({"exceptions": {"one": {key: value for key, value in SOUND.items() if key != attribute}}})


# What Terraform itself refuses, since the type of the input says so, with the telling part of its message.
INCOMPLETE: Mapping[str, tuple[Variant, str]] = {
    "a misspelt mode": (
        Variant({"automations": {"cloudtrail": {"mod": "notify"}}}),
        'element "cloudtrail": attribute "mode" is required',
    ),
    "a misspelt match": (_without("match"), 'element "one": attribute "match" is required'),
    "a misspelt reason": (_without("reason"), 'element "one": attribute "reason" is required'),
    "a misspelt expires": (_without("expires"), 'element "one": attribute "expires" is required'),
    "a list that is not JSON": (
        Variant(
            {"automations": {"cloudtrail": {"mode": "off", "settings": {"existing_config_rules": ["x"]}}}}
        ),
        'element "cloudtrail": attribute "settings": element "existing_config_rules": string required',
    ),
}
