locals {
  # At most so many seconds lie between two sweeps; null where nobody can say. A cron() whose days are all is daily at
  # least, and hourly if its hours are all, too.
  # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
  sweep_interval = try(
    tonumber(regex("^rate\\(([0-9]+) ", var.sweep_rate)[0]) * { minute = 60, hour = 3600, day = 86400 }[regex(" (minute|hour|day)s?\\)$", var.sweep_rate)[0]],
    regex("^cron\\(\\S+ \\* [*?] \\* [*?] \\*\\)$", var.sweep_rate) == "" ? 0 : 3600,
    regex("^cron\\(\\S+ \\S+ [*?] \\* [*?] \\*\\)$", var.sweep_rate) == "" ? 0 : 86400,
    null,
  )

  # Two sweeps may be missing, and one may be late. Many short periods, since CloudWatch looks at somewhat more of them
  # than the alarm names, and one sweep among those keeps it quiet. Below an hour they may fill a day, else a week.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
  silence         = try(2 * local.sweep_interval + 600, null)
  silence_period  = try(local.silence <= 86400 ? 300 : 3600, null)
  silence_periods = try(ceil(local.silence / local.silence_period), null)
  silence_noticed = try(local.silence_period * local.silence_periods <= 604800, false)
}

# The function counts each sweep that came to its end. Whatever ends that - rule, target, permission, function, role, log
# group - ends the count, and it is CloudWatch that notices, not Rearm.
resource "aws_cloudwatch_metric_alarm" "no_sweep" {
  count = local.silence_noticed ? 1 : 0

  alarm_name          = "${local.full_name}-no-sweep"
  alarm_description   = "No sweep of ${local.full_name} has come to its end for ${floor(local.silence_period * local.silence_periods / 60)} minutes, so nothing may be watching. After the first deployment this is so until the first sweep (${var.sweep_rate})."
  namespace           = "Rearm"
  metric_name         = "Sweeps"
  dimensions          = { deployment = var.name, automation = var.automation }
  statistic           = "Sum"
  period              = local.silence_period
  evaluation_periods  = local.silence_periods
  datapoints_to_alarm = local.silence_periods
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_actions
  tags                = var.tags
}

check "sweeps_are_counted" {
  assert {
    condition     = local.silence_noticed
    error_message = "automations.${var.automation}.sweep_rate is \"${var.sweep_rate}\": no alarm can notice that sweeps no longer come, since CloudWatch looks back for a week at most. Give at least one sweep every three days, with rate(), or with a cron() of every day."
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${local.full_name}-errors"
  alarm_description   = "The function ${local.full_name} has failed; its log says at what."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  alarm_name          = "${local.full_name}-throttles"
  alarm_description   = "The function ${local.full_name} was not let run; look at its reserved concurrency and the account's limit."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "failed_invocations" {
  for_each = aws_cloudwatch_event_rule.this

  alarm_name          = "${each.value.name}-failed-invocations"
  alarm_description   = "EventBridge could not deliver an event of the rule ${each.value.name} to its function."
  namespace           = "AWS/Events"
  metric_name         = "FailedInvocations"
  dimensions          = { RuleName = each.value.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  tags                = var.tags
}
