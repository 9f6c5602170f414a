"""Which resources IAM checks for a call to STS."""

from __future__ import annotations

from tests.local_aws.resources.call import Named, by_name

resolve = by_name(Named("", ("RoleArn",)))
