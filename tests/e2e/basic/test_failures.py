"""What fails is tried again, kept, told and raised; it never ends without a sound."""

from __future__ import annotations

from tests.e2e.world import World

# Two retries, as the deployed event invoke config says.
ATTEMPTS = 3


def test_without_its_permission_the_repair_is_tried_again_and_the_event_is_kept(basic: World) -> None:
    trail = basic.account.trail("main")
    with basic.without("cloudtrail:StartLogging"):
        basic.account.user("contractor").stop(trail)
    assert not basic.account.logs(trail)
    assert sum(line.startswith("START RequestId") for line in basic.said.log()) == ATTEMPTS
    (failure,) = basic.said.failures()
    record = failure["body"]
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == ATTEMPTS
    assert record["requestContext"]["functionArn"].endswith(":function:rearm-cloudtrail:$LATEST")
    assert record["requestPayload"]["detail"]["requestParameters"] == {"name": trail}
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorType"] == "ResponseFailedError"
    assert "cloudtrail:StartLogging: AccessDeniedException" in record["responsePayload"]["errorMessage"]


def test_a_repair_that_fails_is_told_with_the_error_and_the_person(basic: World) -> None:
    trail = basic.account.trail("main")
    with basic.without("cloudtrail:StartLogging"):
        basic.account.user("contractor").stop(trail)
    mails = basic.said.mails()
    assert {mail.subject for mail in mails} == {"[rearm] CRITICAL cloudtrail: main failed"}
    mail = mails[0]
    assert mail.attributes["outcome"] == "failed"
    assert "cloudtrail:StartLogging: AccessDeniedException" in mail.body
    assert "Still off when this was written." in mail.body
    assert mail.field("Actor") == "contractor (IAMUser)"
    assert {line["rearm"]["outcome"] for line in basic.said.journal()} == {"failed"}
    basic.said.failures()


def test_the_next_sweep_repairs_what_has_failed(basic: World) -> None:
    trail = basic.account.trail("main")
    with basic.without("cloudtrail:StartLogging"):
        basic.account.user("contractor").stop(trail)
    assert not basic.account.logs(trail)
    basic.sweep()
    assert basic.account.logs(trail)


def test_an_event_that_cannot_be_delivered_waits_in_the_same_queue(basic: World) -> None:
    trail = basic.account.trail("main")
    functions = basic.account.client("lambda")
    target = {"FunctionName": "rearm-cloudtrail", "StatementId": "rule-calls"}
    # The guard would put it back at once.
    with basic.account.unseen():
        functions.remove_permission(**target)
    try:
        basic.account.user("contractor").stop(trail)
        basic.aws.wait_idle()
    finally:
        functions.add_permission(
            **target,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=f"arn:aws:events:{basic.account.region}:{basic.account.id}:rule/rearm-cloudtrail-calls",
        )
    assert not basic.account.logs(trail)
    (failure,) = basic.said.failures()
    assert failure["attributes"]["ERROR_CODE"] == "NO_PERMISSIONS"
    assert failure["attributes"]["RULE_ARN"].endswith(":rule/rearm-cloudtrail-calls")
    assert failure["body"]["detail"]["requestParameters"] == {"name": trail}
    basic.sweep()
    assert basic.account.logs(trail)


def test_a_failing_event_history_does_not_keep_a_trail_stopped(basic: World) -> None:
    trail = basic.account.trail("main")
    with basic.account.unseen():
        basic.account.user("contractor").stop(trail)
    with basic.without("cloudtrail:LookupEvents"):
        basic.sweep()
    assert basic.account.logs(trail)
    mail = basic.said.mail()
    assert mail.attributes["outcome"] == "remediated"
    unknown, *_ = mail.section("WHO")
    assert unknown.startswith("Unknown: CloudTrail's event history could not be asked")
    assert "AccessDeniedException" in unknown


def test_a_config_rule_that_cannot_be_asked_again_is_told_and_raised_beside_the_repair(basic: World) -> None:
    trail = basic.account.trail("main")
    basic.aws.end_processes()
    with basic.without("config:StartConfigRulesEvaluation"):
        basic.account.user("contractor").stop(trail)
    assert basic.account.logs(trail)
    mail = basic.said.mails()[0]
    assert mail.attributes["outcome"] == "remediated"
    assert "Failed beside it: config:StartConfigRulesEvaluation: AccessDeniedException" in mail.body
    assert any("[ERROR] ResponseFailedError" in line for line in basic.said.log())


def test_an_event_for_a_function_that_somebody_has_throttled_to_nothing_is_kept(basic: World) -> None:
    trail = basic.account.trail("main")
    functions = basic.account.client("lambda")
    # The guard would put it right at once.
    with basic.account.unseen():
        functions.put_function_concurrency(FunctionName="rearm-cloudtrail", ReservedConcurrentExecutions=0)
    try:
        basic.account.user("contractor").stop(trail)
        basic.aws.wait_idle()
    finally:
        functions.delete_function_concurrency(FunctionName="rearm-cloudtrail")
    assert not basic.account.logs(trail)
    (failure,) = basic.said.failures()
    assert failure["body"]["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert failure["body"]["requestPayload"]["detail"]["requestParameters"] == {"name": trail}
    basic.sweep()
    assert basic.account.logs(trail)
