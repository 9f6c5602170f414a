locals {
  # ARNs put together from their parts are known before the resource exists, so that a plan shows policies in full.
  planned_queue_arn  = "arn:${local.location.partition}:sqs:${local.location.region}:${local.location.account}:${var.name}-failures"
  planned_topic_arns = { for topic in ["alarms", "notifications"] : topic => "arn:${local.location.partition}:sns:${local.location.region}:${local.location.account}:${var.name}-${topic}" }

  creates_topic                  = var.notification_topic == null
  notification_topic_arn         = local.creates_topic ? aws_sns_topic.notifications[0].arn : var.notification_topic.arn
  planned_notification_topic_arn = local.creates_topic ? local.planned_topic_arns.notifications : var.notification_topic.arn
}

# https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html#enforce-encryption-data-in-transit
data "aws_iam_policy_document" "notifications" {
  count = local.creates_topic ? 1 : 0

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [local.planned_topic_arns.notifications]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic" "notifications" {
  count = local.creates_topic ? 1 : 0

  name         = "${var.name}-notifications"
  display_name = "Rearm"
  # The functions may publish under the key that AWS manages, which costs nothing.
  kms_master_key_id = coalesce(var.kms_key_arn, "alias/aws/sns")
  policy            = data.aws_iam_policy_document.notifications[0].json
  tags              = var.tags
}

resource "aws_sns_topic_subscription" "notifications" {
  for_each = var.notification_emails

  topic_arn = local.notification_topic_arn
  protocol  = "email"
  endpoint  = each.value
}

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "OnlyAlarmsOfThisDeployment"
    actions   = ["sns:Publish"]
    resources = [local.planned_topic_arns.alarms]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.location.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.location.partition}:cloudwatch:${local.location.region}:${local.location.account}:alarm:${var.name}-*"]
    }
  }

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [local.planned_topic_arns.alarms]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic" "alarms" {
  name         = "${var.name}-alarms"
  display_name = "Rearm alarms"
  # CloudWatch cannot publish under the key that AWS manages: either a customer's key or none.
  kms_master_key_id = var.kms_key_arn
  policy            = data.aws_iam_policy_document.alarms.json
  tags              = var.tags
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = var.notification_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html#eb-dlq-perms
data "aws_iam_policy_document" "failures" {
  statement {
    sid       = "UndeliveredEventsOfThisDeployment"
    actions   = ["sqs:SendMessage"]
    resources = [local.planned_queue_arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.location.partition}:events:${local.location.region}:${local.location.account}:rule/${var.name}-*"]
    }
  }

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.planned_queue_arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue" "failures" {
  name                      = "${var.name}-failures"
  message_retention_seconds = 1209600
  policy                    = data.aws_iam_policy_document.failures.json
  # EventBridge cannot send under the KMS key that AWS manages; keys of SQS itself need no policy.
  sqs_managed_sse_enabled = true
  tags                    = var.tags
}
