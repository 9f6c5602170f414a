# Every input, and what it is for. Take what you need.
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

  # Starts the name of everything, so that two deployments can live in one account and region.
  name = "rearm-complete"

  # What differs from the automations' own defaults. Once an automation is named, its mode has to be.
  automations = {
    cloudtrail = {
      mode = "remediate"

      # Looks at all trails, in case an event was lost.
      sweep_rate = "rate(30 minutes)"

      # Everything here is text; lists and objects are written with jsonencode().
      settings = {
        config_frequency   = "One_Hour"
        config_rule        = "multi-region-cloudtrail-enabled"
        custom_config_rule = "true"

        # What trails must look like, with the values that your configuration gives aws_cloudtrail. What is not declared
        # is learned while it is healthy.
        trails = jsonencode(var.trails)
      }

      # Excuses for this automation only.
      exceptions = {
        migration = {
          match   = { resource = "legacy-*", actor = aws_iam_role.migration.arn }
          reason  = "The legacy trails are moved to the organization trail."
          expires = "2099-12-31"
        }
      }
    }

    self_guard = {
      mode = "remediate"

      # What the pipeline changes of Rearm itself is no attack.
      exceptions = {
        deployment = {
          match   = { actor = aws_iam_role.pipeline.arn }
          reason  = "The pipeline deploys Rearm."
          expires = "never"
        }
      }
    }
  }

  # Whether the recommended safeguards for more than trails say what they would do; see examples/other-safeguards.
  recommended = false

  # Whether findings of Security Hub, and its custom actions, reach the automations that serve their controls.
  security_hub = true

  # Whether modules/forwarder brings the events here that are in the partition's global region only.
  global_events_forwarded = false

  # Excuses for all automations.
  exceptions = {
    sandbox = {
      match   = { account = "111122223333" }
      reason  = "People learn in this account."
      expires = "never"

      # Recorded in the log, but not told.
      quiet = true
    }
  }

  # Who is told. Each address has to confirm two subscriptions: notifications and alarms.
  notification_emails = ["security@example.com", "soc@example.com"]

  # Your own topic for the notifications, for instance one that a chat or a ticket system listens to.
  notification_topic = var.notification_topic

  # Where CloudWatch alarms about Rearm itself go besides the alarms topic.
  alarm_actions = [aws_sns_topic.on_call.arn]

  # Config rules need a recorder in this region; see examples/new-account where there is none.
  config = true

  # Encrypts topics, table and logs under your own key, see key.tf for the policy that it needs.
  kms_key_arn = aws_kms_key.rearm.arn

  # How long the logs, which are the journal of what Rearm did, are kept.
  log_retention_days = 731

  # Who may write exceptions to the table, for `make undo` and `make drill`: nobody else can, whatever their permissions.
  operator_role_arns = [aws_iam_role.operator.arn]

  # How long the table keeps what was done, and whether it is kept from `terraform destroy` as from anybody else.
  response_retention_days   = 731
  table_deletion_protection = var.table_deletion_protection

  # Whom the policies in the outputs do not bind: attach one, see outputs.tf, and nobody else can silence Rearm.
  protection_exempt_arns = [aws_iam_role.pipeline.arn]

  # For organisations that prescribe paths and boundaries for all roles.
  role_path                = "/security/"
  permissions_boundary_arn = aws_iam_policy.boundary.arn

  # A package that you have built, checked or signed yourself, instead of the committed one. Code signing needs one.
  lambda_package          = var.lambda_package
  code_signing_config_arn = var.code_signing_config_arn

  # The functions themselves.
  architecture         = "arm64"
  memory_size          = 512
  reserved_concurrency = 10
  runtime              = "python3.13"
  timeout              = 60
  tracing              = true

  tags = {
    owner   = "security"
    service = "rearm"
  }
}
