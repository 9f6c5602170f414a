# CloudTrail's logging is switched on again when somebody switches it off, and the team is told.
#
# Region and credentials come from the environment. The account needs a configuration recorder in this region; where it
# has none, see examples/new-account.

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
}
