# An account where AWS Config is not on yet: the recorder first, then Rearm with its Config rules.
#
# Region and credentials come from the environment. An account has at most one recorder in a region; where it has one,
# use examples/basic.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.83"
    }
  }
}

module "recorder" {
  # In your own repository:
  # source = "git::https://example.com/your-org/terraform-aws-rearm.git//modules/recorder?ref=v0.1.0"
  source = "../../modules/recorder"

  # Rearm's periodic rules need a recorder, whatever it records. Trails alone cost next to nothing; leave this out to
  # record everything.
  resource_types = ["AWS::CloudTrail::Trail"]
}

module "rearm" {
  # In your own repository:
  # source = "git::https://example.com/your-org/terraform-aws-rearm.git?ref=v0.1.0"
  source = "../.."

  notification_emails = ["security@example.com"]

  # Config takes no rule before the recorder is there.
  depends_on = [module.recorder]
}
