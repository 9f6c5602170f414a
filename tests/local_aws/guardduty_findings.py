"""GuardDuty's findings, which moto lacks: whoever tests gives them, and GetFindings shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.local_aws.answers import AwsError
from tests.local_aws.calls import Incoming, Overlay

MOST = 50


class Findings:
    """The findings that there are, by their ids, each as the API gives it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Mapping[str, Any]] = {}

    def keep(self, finding: Mapping[str, Any]) -> None:
        """Let GuardDuty have a finding."""
        self._known[finding["Service"]["DetectorId"], finding["Id"]] = finding

    def overlays(self) -> dict[tuple[str, str], Overlay]:
        """Give the operation that is answered here."""
        return {("guardduty", "GetFindings"): self._get}

    def _get(self, incoming: Incoming) -> Mapping[str, Any]:
        """Source: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html."""
        wanted = incoming.parameters["FindingIds"]
        if len(wanted) > MOST:
            raise AwsError("BadRequestException", f"{len(wanted)} findings are more than {MOST}")
        detector = incoming.parameters["DetectorId"]
        known = (self._known.get((detector, one)) for one in wanted)
        return {"Findings": [finding for finding in known if finding is not None]}
