"""Config rules that an organisation has made by itself."""

from __future__ import annotations

CONFORMANCE_RULE = "cloudtrail-enabled-conformance-pack-x1y2z3abc"
SECURITY_HUB_RULE = "securityhub-multi-region-cloudtrail-enabled-5f1d2c3b"
SIMILAR_RULE = "cloudtrail-enabled-by-hand"
OWN_RULES = {
    CONFORMANCE_RULE: "CLOUD_TRAIL_ENABLED",
    SECURITY_HUB_RULE: "MULTI_REGION_CLOUD_TRAIL_ENABLED",
    SIMILAR_RULE: "CLOUD_TRAIL_ENABLED",
}
"""By name: the identifier of the managed rule."""
