output "alarm_topic_arn" {
  description = "ARN of the topic that CloudWatch alarms of Rearm go to."
  value       = aws_sns_topic.alarms.arn
}

output "config_rules" {
  description = "ARN and name of the Config rules that were created, by automation and by the rule's name in the manifest."
  value       = { for name, automation in module.automation : name => automation.config_rules }
}

output "functions" {
  description = "ARN and name of the function, by automation."
  value       = { for name, automation in module.automation : name => automation.function }
}

output "iam_deny_policy" {
  description = "JSON of an IAM policy for this account to attach to people beside their other policies, which denies them what would silence Rearm or weaken trails; null while `protection_exempt_arns` is empty, since nobody could deploy Rearm any more."
  value       = local.protects ? local.iam_deny_policy : null

  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  precondition {
    condition     = length(local.iam_deny_policy) <= 6144
    error_message = "iam_deny_policy would have ${length(local.iam_deny_policy)} characters; IAM takes 6144. Give fewer or shorter protection_exempt_arns: * stands for any text."
  }
}

output "log_groups" {
  description = "ARN and name of the function's log group, by automation."
  value       = { for name, automation in module.automation : name => automation.log_group }
}

output "modes" {
  description = "The mode of every automation there is, also of those that are off."
  value       = { for name, chosen in local.chosen : name => chosen.mode }
}

output "notification_topic_arn" {
  description = "ARN of the topic that notifications go to, the module's own or yours."
  value       = local.notification_topic_arn
}

output "queue_arn" {
  description = "ARN of the queue for events that were not delivered or that a function failed at."
  value       = aws_sqs_queue.failures.arn
}

output "queue_url" {
  description = "URL of the queue for events that were not delivered or that a function failed at."
  value       = aws_sqs_queue.failures.url
}

output "roles" {
  description = "ARN and name of the function's role, by automation."
  value       = { for name, automation in module.automation : name => automation.role }
}

output "rules" {
  description = "ARN and name of the EventBridge rules, by automation and by the rule's name in the manifest, `config` or `sweep`."
  value       = { for name, automation in module.automation : name => automation.rules }
}

output "service_control_policy" {
  description = "JSON of a service control policy that denies everybody what would silence Rearm or weaken trails, in every account that it is attached to but the organization's management account, which no such policy reaches; null while `protection_exempt_arns` is empty."
  value       = local.protects ? local.service_control_policy : null

  # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
  precondition {
    condition     = length(local.service_control_policy) <= 5120
    error_message = "service_control_policy would have ${length(local.service_control_policy)} characters; AWS Organizations takes 5120. Give fewer or shorter protection_exempt_arns: * stands for any text."
  }
}

output "table" {
  description = "ARN and name of the table with baselines, responses and what has been told."
  value       = { arn = aws_dynamodb_table.records.arn, name = aws_dynamodb_table.records.name }
}
