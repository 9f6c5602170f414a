"""Declared baselines: what the setting ``trails`` says, in the form in which AWS gives a trail's state.

The names are those of Terraform's ``aws_cloudtrail``, so that the same values can be given to both.

Source: the page of ``aws_cloudtrail`` in the documentation of Terraform's AWS provider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rearm.automations.cloudtrail.selectors import normal
from rearm.automations.cloudtrail.trails import is_trail_arn
from rearm.model import Failure

SETTING = "trails"
UNREADABLE = "DeclarationUnreadable"


class DeclaredTrails:
    """What is declared, trail by trail; what cannot be read of it is left out and said in `problems`."""

    def __init__(self, declared: object) -> None:
        self.problems: list[Failure] = []
        self._states: dict[str, tuple[dict[str, object], str | None]] = {}
        if declared is None:
            return
        if not isinstance(declared, Mapping):
            self._complain("", "it is no map of trails")
            return
        for name, given in declared.items():
            if isinstance(given, Mapping):
                self._states[str(name)] = self._read(str(name), given)
            else:
                self._complain(str(name), "it is no object of attributes")

    @property
    def names(self) -> tuple[str, ...]:
        """The names or ARNs under which something is declared."""
        return tuple(self._states)

    def of(self, arn: str) -> dict[str, object]:
        """Return the declared part of a trail's state; under its ARN it goes before that under its name."""
        name = arn.partition(":trail/")[2]
        state, topic = self._states.get(arn) or self._states.get(name) or ({}, None)
        if topic is None:
            return dict(state)
        _, partition, _, region, account, _ = arn.split(":", 5)
        whole = topic if topic.startswith("arn:") else f"arn:{partition}:sns:{region}:{account}:{topic}"
        return {**state, "SnsTopicARN": whole if topic else None}

    def _read(self, name: str, given: Mapping[str, Any]) -> tuple[dict[str, object], str | None]:
        state: dict[str, object] = {}
        topic: str | None = None
        for attribute, value in given.items():
            if value is None:
                continue
            try:
                if attribute == "sns_topic_name":
                    topic = _text(value)
                else:
                    key, reading = ATTRIBUTES[attribute]
                    state[key] = reading(value)
            except KeyError as error:
                what = "is no attribute of a trail" if attribute not in ATTRIBUTES else f"lacks {error}"
                self._complain(name, f"{attribute} {what}")
            except (TypeError, ValueError) as error:
                self._complain(name, f"{attribute}: {error}")
        if state.get("EventSelectors") and state.get("AdvancedEventSelectors"):
            self._complain(name, "a trail has event_selector or advanced_event_selector, not both")
            del state["EventSelectors"], state["AdvancedEventSelectors"]
        for one, other in (EITHER, EITHER[::-1]):
            if state.get(one):
                state[other] = None
        return state, topic

    def _complain(self, name: str, problem: str) -> None:
        where = f"the setting {SETTING}, {name}" if name else f"the setting {SETTING}"
        self.problems.append(
            Failure(UNREADABLE, f"{where}: {problem}; it does not count", f"settings:{SETTING}")
        )


EITHER = ("EventSelectors", "AdvancedEventSelectors")


def arn_of(name: str, partition: str, region: str, account: str) -> str:
    """Return the ARN of a declared trail that is nowhere to be seen; one by its name is of Rearm's region."""
    return name if is_trail_arn(name) else f"arn:{partition}:cloudtrail:{region}:{account}:trail/{name}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _optional_text(value: object) -> str | None:
    return _text(value) or None


def _bucket(value: object) -> str:
    if not _text(value):
        raise ValueError("a trail needs a bucket")
    return _text(value)


def _key(value: object) -> str | None:
    """AWS shows a trail's key by its ARN only; under another name it could not be compared."""
    text = _optional_text(value)
    if text and (not text.startswith("arn:") or ":key/" not in text):
        raise ValueError(f"{text!r} is not the ARN of a key")
    return text


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _blocks(value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(block, Mapping) for block in value):
        raise TypeError(f"{value!r} is no list of objects")
    return value


def _texts(block: Mapping[str, Any], key: str) -> list[str]:
    given = block.get(key) or []
    if not isinstance(given, list):
        raise TypeError(f"{key} is {given!r}, not a list")
    return [_text(value) for value in given]


def _event_selectors(value: object) -> list[dict[str, object]] | None:
    selectors: list[dict[str, object]] = [
        {
            "ReadWriteType": _read_write(block.get("read_write_type")),
            "IncludeManagementEvents": _switch(_or(block.get("include_management_events"), True)),
            "DataResources": [
                {"Type": _text(resource["type"]), "Values": _texts(resource, "values")}
                for resource in _blocks(block.get("data_resource") or [])
            ],
            "ExcludeManagementEventSources": _texts(block, "exclude_management_event_sources"),
        }
        for block in _blocks(value)
    ]
    return selectors or None


def _advanced_event_selectors(value: object) -> list[dict[str, object]] | None:
    selectors: list[dict[str, object]] = [
        {
            **({"Name": _text(block["name"])} if block.get("name") else {}),
            "FieldSelectors": [_field(field) for field in _blocks(block["field_selector"])],
        }
        for block in _blocks(value)
    ]
    normal(None, selectors)
    return selectors or None


FIELD_OPERATORS = {
    "equals": "Equals",
    "not_equals": "NotEquals",
    "starts_with": "StartsWith",
    "not_starts_with": "NotStartsWith",
    "ends_with": "EndsWith",
    "not_ends_with": "NotEndsWith",
}


def _field(block: Mapping[str, Any]) -> dict[str, object]:
    unknown = sorted(set(block) - {"field", *FIELD_OPERATORS})
    if unknown:
        raise ValueError(f"{unknown[0]} is no operator of a field_selector")
    operators = {theirs: _texts(block, ours) for ours, theirs in FIELD_OPERATORS.items()}
    return {"Field": _text(block["field"]), **{key: texts for key, texts in operators.items() if texts}}


def _insight_selectors(value: object) -> list[dict[str, object]]:
    return [
        {
            "InsightType": _text(block["insight_type"]),
            **(
                {"EventCategories": _texts(block, "event_categories")}
                if block.get("event_categories")
                else {}
            ),
        }
        for block in _blocks(value)
    ]


def _read_write(value: object) -> str:
    kind = _text(_or(value, "All"))
    if kind not in ("All", "ReadOnly", "WriteOnly"):
        raise ValueError(f"read_write_type is {kind!r}")
    return kind


def _or(value: object, default: object) -> object:
    return default if value is None else value


ATTRIBUTES: Mapping[str, tuple[str, Callable[[object], object]]] = {
    "s3_bucket_name": ("S3BucketName", _bucket),
    "s3_key_prefix": ("S3KeyPrefix", _optional_text),
    "sns_topic_name": ("SnsTopicARN", _optional_text),
    "include_global_service_events": ("IncludeGlobalServiceEvents", _switch),
    "is_multi_region_trail": ("IsMultiRegionTrail", _switch),
    "is_organization_trail": ("IsOrganizationTrail", _switch),
    "enable_log_file_validation": ("LogFileValidationEnabled", _switch),
    "kms_key_id": ("KmsKeyId", _key),
    "cloud_watch_logs_group_arn": ("CloudWatchLogsLogGroupArn", _optional_text),
    "cloud_watch_logs_role_arn": ("CloudWatchLogsRoleArn", _optional_text),
    "event_selector": ("EventSelectors", _event_selectors),
    "advanced_event_selector": ("AdvancedEventSelectors", _advanced_event_selectors),
    "insight_selector": ("InsightSelectors", _insight_selectors),
}
