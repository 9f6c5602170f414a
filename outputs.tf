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
