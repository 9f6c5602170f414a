locals {
  alarm_actions = concat([local.planned_topic_arns.alarms], var.alarm_actions)
}

resource "aws_cloudwatch_metric_alarm" "failures" {
  alarm_name          = "${var.name}-failures"
  alarm_description   = "An event did not reach a function of Rearm, or the function failed for good: it waits in the queue ${aws_sqs_queue.failures.name}."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failures.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  tags                = var.tags
}

# The functions count the subscribers in every sweep. How often that is, is the user's choice, so a gap between two
# sweeps keeps the state.
resource "aws_cloudwatch_metric_alarm" "no_subscriber" {
  alarm_name          = "${var.name}-no-subscriber"
  alarm_description   = "Nobody has confirmed a subscription to the notification topic of Rearm, so nobody reads what it says."
  namespace           = "Rearm"
  metric_name         = "ConfirmedSubscribers"
  dimensions          = { deployment = var.name }
  statistic           = "Minimum"
  period              = 900
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "ignore"
  alarm_actions       = local.alarm_actions
  tags                = var.tags
}

locals {
  all_exceptions = concat(
    [for name, exception in var.exceptions : { path = "exceptions.${name}", expires = exception.expires } if exception != null],
    flatten([
      for automation, chosen in local.chosen : [
        for name, exception in chosen.exceptions : { path = "automations.${automation}.exceptions.${name}", expires = exception.expires } if exception != null
      ]
    ]),
  )

  # An exception holds until the end of its last day, in UTC.
  expired_exceptions = [
    for exception in local.all_exceptions : exception.path
    if try(timecmp("${exception.expires}T23:59:59Z", plantimestamp()) < 0, false)
  ]
}

check "exceptions_in_force" {
  assert {
    condition     = length(local.expired_exceptions) == 0
    error_message = "Expired, so they excuse nothing any more: ${join(", ", local.expired_exceptions)}. Remove them or give a new end date."
  }
}

check "somebody_is_told" {
  assert {
    condition     = length(var.notification_emails) > 0 || var.notification_topic != null
    error_message = "Nobody will read what Rearm does: neither notification_emails nor notification_topic is given."
  }
}
