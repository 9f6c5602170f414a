# Rearm in one region, and forwarders in two others: what is done there to a trail, bucket, key or event data store is
# repaired at once, and not by the next sweep only.
#
# Rearm's region and the credentials come from the environment. The partition's global region is among the others unless
# Rearm is there itself: the events of IAM and of sign-ins are in no other.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.83"
    }
  }
}

provider "aws" {
  alias  = "virginia"
  region = "us-east-1"
}

provider "aws" {
  alias  = "ireland"
  region = "eu-west-1"
}

data "aws_region" "home" {}

module "rearm" {
  # In your own repository:
  # source = "git::https://example.com/your-org/terraform-aws-rearm.git?ref=v0.1.0"
  source = "../.."

  notification_emails = ["security@example.com"]

  # The first forwarder is in the partition's global region.
  global_events_forwarded = true
}

module "virginia" {
  # In your own repository:
  # source = "git::https://example.com/your-org/terraform-aws-rearm.git//modules/forwarder?ref=v0.1.0"
  source    = "../../modules/forwarder"
  providers = { aws = aws.virginia }

  destination_region = data.aws_region.home.id
}

module "ireland" {
  source    = "../../modules/forwarder"
  providers = { aws = aws.ireland }

  destination_region = data.aws_region.home.id
}
