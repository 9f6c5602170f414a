data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  destination = "arn:${local.partition}:events:${var.destination_region}:${local.account}:event-bus/default"

  # The same manifests that Rearm is deployed from.
  automations_folder = "${path.module}/../../lambda_src/rearm/automations"

  manifests = {
    for file in fileset(local.automations_folder, "*/automation.yaml") :
    dirname(file) => yamldecode(file("${local.automations_folder}/${file}"))
  }

  # Services whose events are in the partition's global region only, whichever region Rearm is in.
  # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
  global_sources = ["aws.iam", "aws.signin"]

  # An automation that is not on by default looks at its own region, unless it is about what is global, such as users,
  # roles and the root user, whose calls are in the region where they are made.
  regional = [for name, manifest in local.manifests : name if manifest.default_mode == "off" && !try(manifest.global_events, false)]

  patterns = merge([
    for name, manifest in local.manifests : {
      for key, event in try(manifest.triggers.events, {}) : "${name}-${key}" => {
        automation  = name
        description = event.description
        sources     = [for source in event.pattern.source : source if can(tostring(source))]
        pattern     = jsonencode(event.pattern)
        reads       = try(event.read_only_calls, false)

        # What is about the deployment's own parts is about another region's: only what is global can concern them.
        own = strcontains(jsonencode(event.pattern), "{name}")
        global = jsonencode(merge(event.pattern, {
          source = [for source in event.pattern.source : source if contains(local.global_sources, source)]
        }))
      }
    }
  ]...)

  selected = {
    for key, event in local.patterns : key => event
    if(var.automations == null ? !contains(local.regional, event.automation) : contains(coalesce(var.automations, []), event.automation)) &&
    (!event.own || length(setintersection(event.sources, local.global_sources)) > 0)
  }

  events = {
    for key, event in local.selected : key => {
      description = event.description
      pattern     = replace(event.own ? event.global : event.pattern, "{name}", var.name)
      reads       = event.reads
    }
  }

  # IAM is global, and each region has a forwarder.
  role_name = "${var.name}-forward-${local.region}"
}

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "Forward"
    actions   = ["events:PutEvents"]
    resources = [local.destination]
  }
}

resource "aws_iam_role" "this" {
  name                 = local.role_name
  description          = "Rearm: forwards events of ${local.region} to ${var.destination_region}"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  tags                 = var.tags

  lifecycle {
    precondition {
      condition     = local.region != var.destination_region
      error_message = "The forwarder is in ${local.region}, where Rearm itself is. Give it the provider of another region: providers = { aws = aws.ALIAS }."
    }

    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    precondition {
      condition     = length(local.role_name) <= 64
      error_message = "The role's name ${local.role_name} would have ${length(local.role_name)} characters; IAM takes 64. Give a shorter name."
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "forward"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.events

  name          = "${var.name}-forward-${each.key}"
  description   = "Rearm: to ${var.destination_region}: ${each.value.description}"
  event_pattern = each.value.pattern
  state         = each.value.reads ? "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" : "ENABLED"
  tags          = var.tags

  lifecycle {
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
    precondition {
      condition     = length(each.value.pattern) <= 2048
      error_message = "The event pattern of the rule ${var.name}-forward-${each.key} would have ${length(each.value.pattern)} characters; EventBridge takes 2048."
    }
  }
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.events

  rule      = aws_cloudwatch_event_rule.this[each.key].name
  target_id = "bus"
  arn       = local.destination
  role_arn  = aws_iam_role.this.arn

  # After an hour the sweep has looked several times.
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 185
  }

  # A target whose permission is missing fails for good: it is not tried again.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_cloudwatch_metric_alarm" "failed_invocations" {
  for_each = length(var.alarm_actions) > 0 ? local.events : {}

  alarm_name          = "${aws_cloudwatch_event_rule.this[each.key].name}-failed-invocations"
  alarm_description   = "EventBridge could not forward an event of the rule ${aws_cloudwatch_event_rule.this[each.key].name} to ${var.destination_region}."
  namespace           = "AWS/Events"
  metric_name         = "FailedInvocations"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.this[each.key].name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  tags                = var.tags
}
