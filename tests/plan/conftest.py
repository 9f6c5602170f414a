"""Terraform, in both versions, and AWS's answers to the few questions that a plan asks."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.plan import harness
from tests.plan.mistakes import REFUSED
from tests.plan.planning import Plan, Terraform, once
from tests.plan.variants import DETECTORS, PROVIDERS, VARIANTS


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """Give the address of a moto server of this process."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    for region, looks in DETECTORS.items():
        boto3.client(
            "guardduty",
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        ).create_detector(Enable=looks)
    yield endpoint
    server.stop()


def _program(version: str) -> str:
    if version == "newer":
        found = os.environ.get("REARM_TERRAFORM_NEWER")
        advice = "set REARM_TERRAFORM_NEWER to the newer Terraform, as `make test` does"
    else:
        found = os.environ.get("REARM_TERRAFORM") or shutil.which("terraform")
        advice = "put Terraform on PATH, or set REARM_TERRAFORM, as `make test` does"
    if not found or shutil.which(found) is None:
        pytest.fail(f"there is no Terraform to plan with: {advice}")
    return found


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that all processes of this test run share: what one has planned, the others read."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"


@pytest.fixture(scope="session", params=["on PATH", "newer"])
def terraform(request: pytest.FixtureRequest, aws_endpoint: str, shared: Path) -> Terraform:
    """Give the Terraform on PATH, then the newer one."""
    return Terraform(_program(request.param), aws_endpoint, shared / request.param.replace(" ", "-"))


@pytest.fixture(scope="session")
def checkout(shared: Path) -> Path:
    """Give a copy of what people get, so that Terraform leaves nothing in the checkout."""
    return once(shared / "checkout", harness.copy_module)


@pytest.fixture(scope="session")
def extended_checkout(shared: Path) -> Path:
    """Give the same with one more folder with a manifest, and no other change."""
    return once(shared / "extended", lambda part: harness.add_automation(harness.copy_module(part)))


@pytest.fixture(scope="session")
def variants_root(checkout: Path, extended_checkout: Path, shared: Path) -> Path:
    """Give a root module that calls the module once for every variant."""
    sources = {"module": checkout, "extended": extended_checkout}
    return once(shared / "variants", lambda part: harness.write_root(part, sources, VARIANTS, PROVIDERS))


@pytest.fixture(scope="session")
def variants(terraform: Terraform, variants_root: Path) -> Plan:
    """Plan all variants at once."""
    plan = terraform.plan(variants_root)
    assert plan.errors == ()
    return plan


@pytest.fixture(scope="session")
def refused_roots(checkout: Path, extended_checkout: Path, shared: Path) -> dict[str, Path]:
    """Give root modules that call the module once for every mistake."""
    sources = {"module": checkout, "extended": extended_checkout}

    def root(group: str) -> Path:
        calls = {name: case.variant for name, case in REFUSED[group].items()}
        return once(shared / group, lambda part: harness.write_root(part, sources, calls, {}))

    return {group: root(group) for group in REFUSED}


@pytest.fixture(scope="session")
def refused(terraform: Terraform, refused_roots: dict[str, Path]) -> dict[str, Plan]:
    """Plan all mistakes, each group of them at once."""
    return {group: terraform.plan(root) for group, root in refused_roots.items()}
