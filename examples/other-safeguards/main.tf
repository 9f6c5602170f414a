# The safeguards beside CloudTrail's own: all of them act. `recommended = true` instead of the list has those that are
# recommended say what they would do, which is how to begin.
#
# Region and credentials come from the environment. IAM's and root's events are in the partition's global region only
# (us-east-1 in the partition aws): deploy it there, or see examples/other-regions.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.83"
    }
  }
}

module "rearm" {
  # In your own repository:
  # source = "git::https://example.com/your-org/terraform-aws-rearm.git?ref=v0.1.0"
  source = "../.."

  notification_emails = ["security@example.com"]

  automations = {
    # Takes something away from somebody: at most so many within an hour, and every one can be undone.
    iam_authority    = { mode = "remediate", settings = { containments_per_hour = "20" } }
    iam_user_anomaly = { mode = "remediate", settings = { containments_per_hour = "20" } }
    security_groups  = { mode = "remediate", settings = { containments_per_hour = "50" } }

    rds_encryption = { mode = "remediate" }
    s3_encryption  = { mode = "remediate" }

    # Nothing to put right: it only tells.
    root_usage = { mode = "notify" }
  }
}
