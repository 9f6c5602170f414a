"""The function's configuration: read as the module writes it, or refused by the variable's name."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import Any

import pytest

from rearm.model import Mode
from rearm.settings import ConfigurationError, from_environment
from tests.events.envelopes import scheduled
from tests.unit.deployment import TOPIC, configuration, environment, exception, pack
from tests.unit.world import World

WITHOUT = object()


def test_the_manifests_values_arrive_with_their_types() -> None:
    settings = from_environment(environment(configuration(settings={"existing_config_rules": ["a", "b"]})))

    assert settings.automation == "cloudtrail"
    assert settings.mode is Mode.REMEDIATE
    assert settings.values["custom_config_rule"] is True
    assert settings.values["existing_config_rules"] == ["a", "b"]
    assert settings.existing_config_rules == ("a", "b")
    assert settings.config_rules == ()
    assert settings.custom_config_rule == "rearm-cloudtrail-logging"
    assert settings.controls["CIS AWS Foundations Benchmark 3.0.0"] == ("3.1",)
    assert settings.topic_arn == TOPIC


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_account_and_partition_are_those_of_the_role(partition: str) -> None:
    role = f"arn:{partition}:iam::210987654321:role/security/rearm-cloudtrail"

    settings = from_environment(environment(configuration(role_arn=role)))

    assert (settings.partition, settings.account) == (partition, "210987654321")


@pytest.mark.parametrize("variable", ["REARM_CONFIG", "REARM_TOPIC_ARN", "AWS_REGION"])
def test_a_missing_variable_is_named(variable: str) -> None:
    variables = environment(configuration())
    del variables[variable]

    with pytest.raises(ConfigurationError, match=variable):
        from_environment(variables)


def spoilt() -> dict[str, str]:
    """Give packed values that the module never writes."""
    packed = gzip.compress(json.dumps(configuration()).encode())
    broken = bytearray(packed)
    broken[len(broken) // 2] ^= 0xFF
    return {
        "empty": "",
        "not base64": "%%%",
        "not gzip": base64.b64encode(b"plain").decode(),
        "cut off": base64.b64encode(packed[:-20]).decode(),
        "wrong bits": base64.b64encode(bytes(broken)).decode(),
        "wrong checksum": base64.b64encode(packed[:-8] + b"\0" * 8).decode(),
        "not utf-8": base64.b64encode(gzip.compress(b"\xff\xfe")).decode(),
        "not json": base64.b64encode(gzip.compress(b"{")).decode(),
        "zlib": base64.b64encode(zlib.compress(b"{}")).decode(),
        "null": pack(None),
        "list": pack([]),
        "text": pack("text"),
        "empty object": pack({}),
    }


@pytest.mark.parametrize("packed", spoilt().values(), ids=spoilt().keys())
def test_a_configuration_that_cannot_be_read_is_raised_with_what_to_do(packed: str) -> None:
    variables = environment(configuration()) | {"REARM_CONFIG": packed}

    with pytest.raises(ConfigurationError, match=r"REARM_CONFIG cannot be read .* run terraform apply again"):
        from_environment(variables)


@pytest.mark.parametrize("key", sorted(set(configuration()) - {"version", "exceptions"}))
def test_a_configuration_that_lacks_a_key_is_refused(key: str) -> None:
    raw = configuration()
    del raw[key]

    with pytest.raises(ConfigurationError, match=key):
        from_environment(environment(raw))


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "off"},
        {"mode": "Remediate"},
        {"mode": None},
        {"role_arn": None},
        {"role_arn": "rearm-cloudtrail"},
        {"role_arn": ""},
        {"controls": []},
        {"controls": {"CIS": None}},
        {"config_rules": None},
        {"resource_parameters": 3},
    ],
    ids=str,
)
def test_a_value_that_the_module_never_writes_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        from_environment(environment(configuration() | change))


def test_a_wrong_environment_is_raised_by_the_handler(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not pass for a response: Lambda's error metric and the failure queue have to see it."""
    monkeypatch.setenv("REARM_CONFIG", "")

    run = world.handle(scheduled())

    assert isinstance(run.error, ConfigurationError)
    assert not run.calls


@pytest.mark.parametrize("exceptions", [None, {}])
def test_without_exceptions_there_are_none(exceptions: object) -> None:
    settings = from_environment(environment(configuration() | {"exceptions": exceptions}))

    assert settings.exceptions == ()
    assert settings.unreadable_exceptions == ()


def test_exceptions_are_read_in_the_order_of_their_names() -> None:
    raw = {name: exception(resource="*-old") for name in ("zulu", "alpha", "mike")}

    settings = from_environment(environment(configuration(exceptions=raw)))

    assert [entry.name for entry in settings.exceptions] == ["alpha", "mike", "zulu"]


@pytest.mark.parametrize(
    "exceptions", [[], "none", 3, ["planned"], [exception(resource="management")]], ids=str
)
def test_a_list_of_exceptions_that_cannot_be_read_does_not_stop_a_repair_and_is_said(
    world: World, exceptions: object
) -> None:
    """Fail towards safety: no exception applies, the safeguard is repaired, and the message says so."""
    world.deploy(exceptions=exceptions)
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(scheduled())

    assert world.logs(arn)
    if exceptions:
        assert "cannot be read and does not apply" in run.message.body
