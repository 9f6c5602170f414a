"""Deployments as Terraform plans them: the environment of the function and the policies of its role.

One plan of the module, in several variants at once, is the only source: no setting, name or IAM statement is
written a second time for the tests that run the Lambda in process.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from moto.server import ThreadedMotoServer

from tests.support.variants import VARIANTS, Variant

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "lambda_src" / "rearm" / "automations"
CACHE = ROOT / ".pytest_cache" / "planned"
ACCOUNT = "123456789012"
# What of a plan is read here.
KEPT = frozenset(
    {
        "aws_cloudwatch_event_rule",
        "aws_config_config_rule",
        "aws_dynamodb_table",
        "aws_iam_policy_document",
        "aws_iam_role_policy",
        "aws_lambda_function",
        "aws_sns_topic",
    }
)

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Deployment:
    """One automation as a plan says it will be deployed.

    Attributes
    ----------
    variant
        Its key in `VARIANTS`.
    automation
        The automation's name.
    region
        Where it is deployed.
    environment
        The function's environment.
    policies
        The documents of the role's policies.
    config_rules
        ARN of each Config rule that the module creates, by the rule's name.
    patterns
        Event pattern of each of the automation's rules, by the rule's name.
    timeout_s
        The function's time, in seconds.
    topic_key
        The customer's KMS key that the notification topic is encrypted with, if it is the module's.
    table, table_keys
        Name of the deployment's table, and of its partition key and sort key.
    """

    variant: str
    automation: str
    region: str
    environment: Mapping[str, str]
    policies: tuple[Policy, ...]
    config_rules: Mapping[str, str]
    patterns: Mapping[str, Mapping[str, Any]]
    timeout_s: int
    topic_key: str | None
    table: str
    table_keys: tuple[str, str]

    @property
    def topic_arn(self) -> str:
        """The topic that notifications go to."""
        return self.environment["REARM_TOPIC_ARN"]

    @property
    def statements(self) -> list[Mapping[str, Any]]:
        """Every statement of every policy of the role."""
        return [statement for policy in self.policies for statement in policy["Statement"]]


@cache
def deployments() -> dict[str, dict[str, Deployment]]:
    """Plan every variant, once for one state of the checkout.

    Returns
    -------
    dict
        From the variant to its automations, and from an automation's name to its deployment.

    Raises
    ------
    AssertionError
        Terraform is missing or does not plan; the message holds what it says.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    kept = CACHE / f"{_fingerprint()}.json"
    # The workers of pytest-xdist ask at the same time; the first one plans.
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for old in CACHE.glob("*.json"):
                old.unlink()
            part = kept.with_suffix(".part")
            part.write_text(json.dumps(_plan()), encoding="utf-8")
            part.replace(kept)
    return _read(json.loads(kept.read_text(encoding="utf-8")))


def manifest(automation: str) -> dict[str, Any]:
    """Read an automation's manifest."""
    text = (MANIFESTS / automation / "automation.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def automations() -> list[str]:
    """Name every automation there is."""
    return sorted(path.parent.name for path in MANIFESTS.glob("*/automation.yaml"))


def _fingerprint() -> str:
    """Change when anything that a plan reads changes."""
    files = [*ROOT.glob("*.tf"), *(ROOT / "modules").rglob("*.tf"), *MANIFESTS.rglob("*.yaml")]
    files += [Path(__file__), Path(__file__).with_name("variants.py")]
    whole = hashlib.sha256(os.environ.get("REARM_TERRAFORM", "").encode())
    for file in sorted(files):
        whole.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return whole.hexdigest()[:32]


def _plan() -> dict[str, Any]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        with tempfile.TemporaryDirectory(prefix="rearm-plan-") as folder:
            return _plan_in(Path(folder).resolve(), f"http://{host}:{port}")
    finally:
        server.stop()


def _plan_in(folder: Path, endpoint: str) -> dict[str, Any]:
    root = {
        "provider": {"aws": [{"region": one.region, **_alias(one)} for one in _providers()]},
        "module": {
            key: {
                "source": os.path.relpath(ROOT, folder),
                "providers": {"aws": f"aws.{one.alias}" if one.alias else "aws"},
                **one.inputs,
            }
            for key, one in VARIANTS.items()
        },
    }
    (folder / "main.tf.json").write_text(json.dumps(root), encoding="utf-8")

    def terraform(*arguments: str) -> str:
        return _terraform(folder, endpoint, *arguments)

    terraform("init", "-input=false", "-no-color")
    version = json.loads(terraform("version", "-json"))
    (folder / "terraform.tfstate").write_text(json.dumps(_made_before(version)), encoding="utf-8")
    terraform("plan", "-refresh=false", "-input=false", "-no-color", "-lock=false", "-out=plan")
    shown: dict[str, Any] = json.loads(terraform("show", "-json", "plan"))
    return {
        "changes": [
            {"address": change["address"], "type": change["type"], "after": change["change"]["after"]}
            for change in shown["resource_changes"]
            if change["type"] in KEPT and change["change"]["after"] is not None
        ]
    }


def _providers() -> list[Variant]:
    return list({one.alias: one for one in VARIANTS.values()}.values())


def _alias(variant: Variant) -> dict[str, str]:
    return {"alias": variant.alias} if variant.alias else {}


def _terraform(folder: Path, endpoint: str, *arguments: str) -> str:
    program = os.environ.get("REARM_TERRAFORM") or "terraform"
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "TF_IN_AUTOMATION": "1",
        "TF_DATA_DIR": str(folder / "data"),
    }
    try:
        done = subprocess.run(
            [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise AssertionError(f"{program} is not installed; make setup brings one") from None
    assert done.returncode == 0, f"terraform {arguments[0]} failed:\n{done.stderr}"
    return done.stdout


def _made_before(version: Mapping[str, Any]) -> dict[str, Any]:
    """Give a state in which what gets its ARN from AWS is made already, so that the plan knows all ARNs.

    Config gives a rule an id of its own; a role's policy that names it, and the function's environment with
    the topic, would otherwise be known after apply only.
    """
    address = next(name for name in version["provider_selections"] if name.endswith("/aws"))
    return {
        "version": 4,
        "terraform_version": version["terraform_version"],
        "serial": 1,
        "lineage": "00000000-0000-0000-0000-000000000000",
        "outputs": {},
        "resources": [
            resource
            for key, variant in VARIANTS.items()
            for resource in _resources_made_before(key, variant, address)
        ],
    }


def _resources_made_before(key: str, variant: Variant, address: str) -> Iterator[dict[str, Any]]:
    provider = f'provider["{address}"]' + (f".{variant.alias}" if variant.alias else "")

    def resource(module: str, kind: str, name: str, instances: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "module": module,
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider": provider,
            "instances": [{"schema_version": 0, **instance} for instance in instances],
        }

    def rule(automation: str, name: str) -> dict[str, Any]:
        full = f"{variant.name}-{name}"
        identity = hashlib.sha256(f"{key} {automation} {name}".encode()).hexdigest()[:6]
        arn = f"arn:{variant.partition}:config:{variant.region}:{ACCOUNT}:config-rule/config-rule-{identity}"
        return {"index_key": name, "attributes": {"id": full, "name": full, "arn": arn}}

    topic = f"{variant.name}-notifications"
    arn = f"arn:{variant.partition}:sns:{variant.region}:{ACCOUNT}:{topic}"
    attributes = {"id": arn, "arn": arn, "name": topic, "fifo_topic": False}
    made = [{"index_key": 0, "attributes": attributes}]
    yield resource(f"module.{key}", "aws_sns_topic", "notifications", made)
    for automation in automations():
        triggers = manifest(automation)["triggers"]
        module = f'module.{key}.module.automation["{automation}"]'
        managed = triggers.get("config_rules", {}).get("managed", {})
        yield resource(
            module, "aws_config_config_rule", "managed", [rule(automation, name) for name in managed]
        )
        if custom := triggers.get("custom_config_rule"):
            yield resource(module, "aws_config_config_rule", "custom", [rule(automation, custom["name"])])


def _read(kept: Mapping[str, Any]) -> dict[str, dict[str, Deployment]]:
    changes: list[dict[str, Any]] = kept["changes"]
    found: dict[str, dict[str, Deployment]] = {}
    for key, variant in VARIANTS.items():
        topics = _after(changes, f"module.{key}.", "aws_sns_topic.notifications")
        keys = [topic["kms_master_key_id"] for topic in topics]
        (table,) = _after(changes, f"module.{key}.", "aws_dynamodb_table.")
        for automation in automations():
            module = f'module.{key}.module.automation["{automation}"].'
            for function in _after(changes, module, "aws_lambda_function"):
                environment = function["environment"][0]
                assert "variables" in environment, f"the plan does not know the environment in {module}"
                rules = _after(changes, module, "aws_config_config_rule")
                found.setdefault(key, {})[automation] = Deployment(
                    variant=key,
                    automation=automation,
                    region=variant.region,
                    environment=environment["variables"],
                    policies=tuple(_policies(changes, module)),
                    config_rules={rule["name"]: rule["arn"] for rule in rules},
                    patterns=_patterns(changes, module),
                    timeout_s=function["timeout"],
                    topic_key=next((one for one in keys if one.startswith("arn:")), None),
                    table=table["name"],
                    table_keys=(table["hash_key"], table["range_key"]),
                )
    return found


def _after(changes: list[dict[str, Any]], module: str, resource: str) -> list[dict[str, Any]]:
    """Give what resources of a module will be."""
    return [change["after"] for change in changes if change["address"].startswith(f"{module}{resource}")]


def _patterns(changes: list[dict[str, Any]], module: str) -> dict[str, dict[str, Any]]:
    rules = _after(changes, module, "aws_cloudwatch_event_rule")
    return {rule["name"]: json.loads(rule["event_pattern"]) for rule in rules if rule["event_pattern"]}


def _policies(changes: list[dict[str, Any]], module: str) -> Iterator[Policy]:
    """Give the documents of a role's policies; one that hangs on a rule's change is still a structure."""
    prefix = f"{module}aws_iam_role_policy."
    for change in changes:
        if not change["address"].startswith(prefix):
            continue
        if text := change["after"].get("policy"):
            yield json.loads(text)
            continue
        name = change["address"].removeprefix(prefix).partition("[")[0]
        for document in _after(changes, module, f"data.aws_iam_policy_document.{name}"):
            yield _document(document)


def _document(after: Mapping[str, Any]) -> Policy:
    """Write a data source's statements as the JSON that the provider makes of them."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": statement["sid"],
                "Effect": statement["effect"] or "Allow",
                "Action": statement["actions"],
                "Resource": statement["resources"],
                **(
                    {
                        "Condition": {
                            one["test"]: {one["variable"]: one["values"]} for one in statement["condition"]
                        }
                    }
                    if statement["condition"]
                    else {}
                ),
            }
            for statement in after["statement"]
        ],
    }
