# An organisation that has its own recorder and its own Config rules, perhaps through conformance packs or Security Hub:
# Rearm listens to those rules and creates none of its own.
#
# Region and credentials come from the environment.

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
    cloudtrail = {
      mode = "remediate"
      settings = {
        # The names without what is put around them: "cloudtrail-enabled" also stands for
        # "cloudtrail-enabled-conformance-pack-..." and "securityhub-cloudtrail-enabled-...".
        existing_config_rules = jsonencode(["cloudtrail-enabled", "multi-region-cloudtrail-enabled"])

        # The per-trail compliance of Rearm's own custom rule is not wanted here either.
        custom_config_rule = "false"
      }
    }
  }

  # Nothing of Config is created, so the pipeline that applies this needs no permission for it.
  config = false
}
