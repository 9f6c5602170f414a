"""The table: what is written is read again, conditions hold, and nothing that is malformed is believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from rearm import handler
from rearm.aws import Aws, AwsError
from rearm.table import ATTEMPTS, READ_TIMEOUT_S, Table
from tests.events.envelopes import REGION
from tests.unit.deployment import TABLE
from tests.unit.endpoint import ApiError, Made
from tests.unit.lamps import NOW
from tests.unit.records import Records
from tests.unit.world import World, client

GROUP = "cloudtrail#told"
CODES = [
    ApiError("ProvisionedThroughputExceededException"),
    ApiError("AccessDeniedException"),
    ApiError("ResourceNotFoundException"),
    ApiError("InternalServerError", status=500),
    TimeoutError("no answer"),
]


@pytest.fixture
def table(world: World) -> Table:
    return Table(handler._aws, TABLE, REGION)


def test_an_item_is_read_as_it_was_written(table: Table) -> None:
    content = {"text": 'a "b"\n\u2028', "list": [1, {"c": None}], "number": 1.5}

    assert table.put(GROUP, "key", content, count=3)

    item = table.get(GROUP, "key")
    assert item
    assert (item.group, item.key, item.count) == (GROUP, "key", 3)
    assert item.content == content
    assert table.get(GROUP, "other") is None
    assert table.get("other", "key") is None


def test_an_item_may_go_when_its_time_is_over(table: Table) -> None:
    table.put(GROUP, "lasting", {})
    table.put(GROUP, "passing", {}, until=NOW)

    kept: Any = client("dynamodb").scan(TableName=TABLE)["Items"]

    expires = {item["key"]["S"]: item.get("expires") for item in kept}
    assert expires == {"lasting": None, "passing": {"N": str(int(NOW.timestamp()))}}


def test_pages_are_followed_to_the_end(world: World, table: Table) -> None:
    for number in range(5):
        table.put(GROUP, f"{number}", {"number": number})
    table.put("other", "9", {})
    asked: list[Made] = []

    def page(made: Made) -> dict[str, Any] | None:
        asked.append(made)
        start = int(made.parameters.get("ExclusiveStartKey", {"key": {"S": "-1"}})["key"]["S"]) + 1
        item = {"group": {"S": GROUP}, "key": {"S": str(start)}, "content": {"S": json.dumps({"n": start})}}
        last = {"LastEvaluatedKey": {"group": {"S": GROUP}, "key": {"S": str(start)}}} if start < 4 else {}
        return {"Items": [item], **last}

    assert [item.key for item in table.query(GROUP)] == ["0", "1", "2", "3", "4"]
    world.endpoint.answer("dynamodb:Query", page)
    assert [item.content["n"] for item in table.query(GROUP)] == [0, 1, 2, 3, 4]
    assert len(asked) == 5


def test_only_what_sorts_behind_a_key_is_read_and_the_newest_of_it(table: Table) -> None:
    for number in range(5):
        table.put(GROUP, f"2026-11-2{number}", {})

    assert [item.key for item in table.query(GROUP, after="2026-11-22")] == ["2026-11-23", "2026-11-24"]
    newest = [item.key for item in table.query(GROUP, after="2026-11-20", newest=2)]
    assert newest == ["2026-11-24", "2026-11-23"]


def test_a_new_item_overwrites_none(table: Table) -> None:
    assert table.put(GROUP, "key", {"by": "first"}, new=True)
    assert not table.put(GROUP, "key", {"by": "second"}, new=True)

    item = table.get(GROUP, "key")
    assert item
    assert item.content == {"by": "first"}


def test_an_item_is_replaced_only_by_who_has_seen_it(table: Table) -> None:
    table.put(GROUP, "key", {"version": 1}, count=1)

    assert table.put(GROUP, "key", {"version": 2}, replaces=1, count=2)
    assert not table.put(GROUP, "key", {"version": "also 2"}, replaces=1, count=2)
    assert not table.put(GROUP, "absent", {}, replaces=1, count=2)

    item = table.get(GROUP, "key")
    assert item
    assert item.content == {"version": 2}


@pytest.mark.parametrize("condition", [{"new": True}, {"replaces": 0}], ids=["new", "replaces"])
def test_whoever_meets_what_his_own_first_try_has_written_has_written_it(
    table: Table, monkeypatch: pytest.MonkeyPatch, condition: dict[str, Any]
) -> None:
    """The answer was lost on its way; the client's next try finds the item."""
    if "replaces" in condition:
        table.put(GROUP, "key", {})
    call = table._call

    def lose_the_answer(operation: str, parameters: Any) -> Any:
        if operation == "PutItem":
            call(operation, parameters)
            try:
                return call(operation, parameters)
            except AwsError as error:
                raise AwsError(error.failure, again=True) from error
        return call(operation, parameters)

    monkeypatch.setattr(table, "_call", lose_the_answer)
    assert table.put(GROUP, "key", {"by": "us"}, count=7, **condition)

    monkeypatch.setattr(table, "_call", call)
    assert not table.put(GROUP, "key", {"by": "others"}, **condition | {"count": 1})


def test_counting_begins_at_one_and_keeps_the_first_content(world: World, table: Table) -> None:
    counts = [table.add(GROUP, "key", {"call": call}, NOW) for call in ("first", "second", "third")]

    assert counts == [1, 2, 3]
    assert world.items(GROUP) == {"key": {"call": "first", "count": 3}}


def test_what_is_deleted_is_gone_and_may_be_gone_before(table: Table) -> None:
    table.put(GROUP, "key", {})

    table.delete(GROUP, "key")
    table.delete(GROUP, "key")

    assert table.get(GROUP, "key") is None


@pytest.mark.parametrize("content", ["", "no JSON", "[]", "null", "1", '"text"', "[" * 100_000])
def test_what_holds_no_object_is_malformed(world: World, table: Table, content: str) -> None:
    item = {"group": {"S": GROUP}, "key": {"S": "key"}, "content": {"S": content}}
    world.endpoint.answer("dynamodb:GetItem", lambda _: {"Item": item})
    world.endpoint.answer("dynamodb:Query", lambda _: {"Items": [item]})

    with pytest.raises(AwsError, match="dynamodb:GetItem: MalformedAnswer"):
        table.get(GROUP, "key")
    with pytest.raises(AwsError, match="dynamodb:Query: MalformedAnswer"):
        list(table.query(GROUP))


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"content": {"S": "{}"}},
        {"group": {"S": "g"}, "key": {"N": "1"}, "content": {"S": "{}"}},
        {"group": {"S": "g"}, "key": {"S": "k"}, "content": {"M": {}}},
        {"group": {"S": "g"}, "key": {"S": "k"}, "content": {"S": "{}"}, "count": {"N": "many"}},
        {"group": {"S": "g"}, "key": {"S": "k"}, "content": {"S": "{}"}, "count": "text"},
    ],
    ids=range(6),
)
def test_an_item_that_lacks_something_is_malformed(world: World, table: Table, item: dict[str, Any]) -> None:
    world.endpoint.answer("dynamodb:Query", lambda _: {"Items": [item]})

    with pytest.raises(AwsError, match="MalformedAnswer"):
        list(table.query("g"))


@pytest.mark.parametrize("answer", [{}, {"Attributes": {}}, {"Attributes": {"count": {"S": "x"}}}])
def test_a_count_without_a_number_is_malformed(world: World, table: Table, answer: dict[str, Any]) -> None:
    world.endpoint.answer("dynamodb:UpdateItem", lambda _: answer)

    with pytest.raises(AwsError, match="the count is missing"):
        table.add(GROUP, "key", {}, NOW)


@pytest.mark.parametrize("fault", CODES, ids=str)
def test_every_failure_is_an_error_that_names_the_call(world: World, table: Table, fault: Exception) -> None:
    calls: dict[str, Any] = {
        "GetItem": lambda: table.get(GROUP, "key"),
        "Query": lambda: list(table.query(GROUP)),
        "PutItem": lambda: table.put(GROUP, "key", {}),
        "UpdateItem": lambda: table.add(GROUP, "key", {}, NOW),
        "DeleteItem": lambda: table.delete(GROUP, "key"),
    }
    for operation, call in calls.items():
        world.endpoint.fail(f"dynamodb:{operation}", fault)
        with pytest.raises(AwsError, match=f"dynamodb:{operation}: "):
            call()


def test_a_table_that_hangs_keeps_a_repair_waiting_for_seconds_only(table: Table) -> None:
    config: Any = handler._aws._client("dynamodb", REGION, ATTEMPTS, READ_TIMEOUT_S).meta.config

    assert config.retries == {"mode": "standard", "total_max_attempts": ATTEMPTS}
    assert (config.connect_timeout + config.read_timeout) * ATTEMPTS <= 10


def test_a_table_that_has_let_one_call_wait_in_vain_is_not_asked_again(world: World, table: Table) -> None:
    world.endpoint.fail("dynamodb:Query", ReadTimeoutError(endpoint_url="table"))

    with pytest.raises(AwsError):
        list(table.query(GROUP))
    with pytest.raises(AwsError) as raised:
        table.put(GROUP, "key", {})

    assert raised.value.failure.call == "dynamodb:PutItem"
    assert raised.value.code == "ReadTimeoutError"
    assert not world.endpoint.named("dynamodb:PutItem")


def test_a_table_that_has_answered_with_an_error_is_asked_again(world: World, table: Table) -> None:
    world.endpoint.fail("dynamodb:Query", "AccessDeniedException")

    with pytest.raises(AwsError):
        list(table.query(GROUP))

    assert table.put(GROUP, "key", {})


def test_the_tests_own_table_answers_as_dynamodb_does(table: Table) -> None:
    """Tests without AWS stand on it: it and moto's get the same calls, and must say the same."""
    records: Any = Records()
    mirrored = Table(_Alone(records), TABLE, REGION)

    def played(on: Table) -> list[object]:
        until = NOW + timedelta(days=1)
        told: list[object] = [
            on.put(GROUP, "b", {"n": 1}, until=until, count=1),
            on.put(GROUP, "a", {"n": 0}),
            on.put(GROUP, "a", {"n": 2}, new=True),
            on.put(GROUP, "c", {"n": 3}, new=True),
            on.put(GROUP, "b", {"n": 4}, replaces=1, count=2),
            on.put(GROUP, "b", {"n": 5}, replaces=1, count=2),
            on.add(GROUP, "d", {"n": 6}, until),
            on.add(GROUP, "d", {"n": 7}, until),
        ]
        on.delete(GROUP, "a")
        items = [*on.query(GROUP), *on.query(GROUP, after="b"), on.get(GROUP, "b"), on.get(GROUP, "a")]
        return [*told, *((item.key, item.content, item.count) if item else None for item in items)]

    assert played(mirrored) == played(table)


class _Alone(Aws):
    """Clients that know nothing but a table."""

    def __init__(self, records: Records) -> None:
        super().__init__()
        self._records = records

    def call(self, service: str, region: str, operation: str, *arguments: Any, **_: Any) -> Any:
        assert (service, region) == ("dynamodb", REGION)
        return self._records.call(operation, arguments[0])


def test_times_are_seconds_since_1970(table: Table) -> None:
    table.put(GROUP, "key", {}, until=datetime(1970, 1, 2, tzinfo=UTC))

    (item,) = client("dynamodb").scan(TableName=TABLE)["Items"]
    assert item["expires"] == {"N": "86400"}
