"""Recommendations: what of a trail was weak already when it was first seen. Nothing of it is changed."""

from __future__ import annotations

from rearm.automations.cloudtrail.expected import Wanted
from rearm.automations.cloudtrail.strength import State
from rearm.automations.cloudtrail.trails import Trail
from rearm.model import Finding, Severity


def recommendations(trail: Trail, wanted: Wanted, now: State, *, covered: bool) -> tuple[Finding, ...]:
    """Return what would make a trail stronger, unless it is declared so or was stronger before.

    Parameters
    ----------
    now
        The trail's present state.
    covered
        Whether a trail of the account covers all regions.
    """
    update = f"aws cloudtrail update-trail --region {trail.home_region} --name {trail.arn}"
    table = (
        (
            "LogFileValidationEnabled",
            "trail-recommend-validation",
            "writes no digests that would prove its logs unchanged",
            f"{update} --enable-log-file-validation",
        ),
        (
            "IsMultiRegionTrail",
            "trail-recommend-multi-region",
            "records one region only, and no other trail of the account covers all regions",
            f"{update} --is-multi-region-trail",
        ),
        (
            "KmsKeyId",
            "trail-recommend-key",
            "encrypts its logs with no key of yours, whose policy would say who may read them",
            f"{update} --kms-key-id KEY_ARN",
        ),
    )
    return tuple(
        Finding(
            rule=rule,
            resource=trail.resource,
            problem=f"Trail {trail.name} {problem}.",
            severity=Severity.INFORMATIONAL,
            advice=(advice,),
        )
        for key, rule, problem, advice in table
        if key in now
        and not now[key]
        and key not in wanted.declared
        and not wanted.state.get(key)
        and not (covered and key == "IsMultiRegionTrail")
    )
