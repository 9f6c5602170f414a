output "destination" {
  description = "ARN of the event bus that the events are forwarded to."
  value       = local.destination
}

output "role" {
  description = "ARN and name of the role with which EventBridge forwards."
  value       = { arn = aws_iam_role.this.arn, name = aws_iam_role.this.name }
}

output "rules" {
  description = "ARN and name of each EventBridge rule, by automation and name in its manifest."
  value       = { for key, rule in aws_cloudwatch_event_rule.this : key => { arn = rule.arn, name = rule.name } }
}
