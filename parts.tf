# What the guard of Rearm itself holds against the parts that all automations share; what it knows of an automation is
# in modules/automation/parts.tf. Of policies it gets a hash: it can notice a change and has nothing to make one with.
locals {
  parts = {
    automation = "deployment"
    topics = merge(
      {
        "${var.name}-alarms" = {
          key    = var.kms_key_arn
          policy = sha256(jsonencode(jsondecode(data.aws_iam_policy_document.alarms.json)))
        }
      },
      {
        for document in data.aws_iam_policy_document.notifications : "${var.name}-notifications" => {
          key    = coalesce(var.kms_key_arn, "alias/aws/sns")
          policy = sha256(jsonencode(jsondecode(document.json)))
        }
      },
    )
    # Addresses are nobody's business here, and a hash is enough to miss one.
    subscriptions = [for email in sort(var.notification_emails) : sha256("email ${email}")]
    queue = {
      name      = "${var.name}-failures"
      policy    = sha256(jsonencode(jsondecode(data.aws_iam_policy_document.failures.json)))
      retention = 1209600
    }
    table = {
      name   = local.table_name
      expiry = "expires"
      # Everybody is written in two ways; the guard compares the shorter one.
      policy    = sha256(replace(jsonencode(jsondecode(data.aws_iam_policy_document.records.json)), "{\"AWS\":\"*\"}", "\"*\""))
      protected = var.table_deletion_protection
    }
    alarms = {
      actions = local.alarm_actions
      names   = ["${var.name}-failures", "${var.name}-no-subscriber"]
    }
  }

  declaration = base64gzip(jsonencode(local.parts))
}

resource "aws_ssm_parameter" "parts" {
  name           = "/${var.name}/deployment"
  description    = "Rearm: what the parts must look like that all automations share."
  type           = "String"
  tier           = "Standard"
  insecure_value = local.declaration
  tags           = var.tags

  lifecycle {
    precondition {
      condition     = length(local.declaration) <= 4096
      error_message = "What the guard has to know of the shared parts would take ${length(local.declaration)} characters; a parameter without charge holds 4096. Give fewer notification_emails: one address can be that of a list."
    }

    # https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html
    precondition {
      condition     = !startswith(var.name, "aws") && !startswith(var.name, "ssm")
      error_message = "name is \"${var.name}\"; Rearm keeps parameters in Systems Manager under it, and AWS lets none begin with aws or ssm."
    }
  }
}

resource "aws_ssm_parameter" "deployed" {
  name           = "/${var.name}/deployment/deployed"
  description    = "Rearm: the declaration that the shared parts were last deployed with."
  type           = "String"
  tier           = "Standard"
  insecure_value = sha256(local.declaration)
  tags           = var.tags

  depends_on = [
    aws_cloudwatch_metric_alarm.failures,
    aws_cloudwatch_metric_alarm.no_subscriber,
    aws_dynamodb_resource_policy.records,
    aws_dynamodb_resource_policy.records,
    aws_dynamodb_table.records,
    aws_sns_topic.alarms,
    aws_sns_topic.notifications,
    aws_sns_topic_subscription.alarms,
    aws_sns_topic_subscription.notifications,
    aws_sqs_queue.failures,
    aws_ssm_parameter.parts,
  ]
}
