"""GuardDuty's detectors and findings, as far as automations ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.events.iam_user_anomaly import DETECTOR
from tests.local_aws.answers import AwsError


@dataclass
class GuardDuty:
    """GuardDuty as far as it is asked: its detectors and findings, which moto lacks."""

    detectors: tuple[str, ...] = (DETECTOR,)
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)

    def ListDetectors(self, _parameters: Mapping[str, Any], _region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListDetectors.html."""
        return {"DetectorIds": list(self.detectors)}

    def GetFindings(self, parameters: Mapping[str, Any], _region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html."""
        if parameters["DetectorId"] not in self.detectors:
            raise AwsError("BadRequestException", "The request is rejected: the detectorId is not owned.")
        wanted = parameters["FindingIds"]
        return {"Findings": [self.findings[one] for one in wanted if one in self.findings]}
