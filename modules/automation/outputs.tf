output "config_rules" {
  description = "ARN and name of each Config rule that the automation has created, by the rule's name in the manifest."
  value = {
    for key, rule in merge(aws_config_config_rule.managed, aws_config_config_rule.custom) : key => { arn = rule.arn, name = rule.name }
  }
}

output "function" {
  description = "ARN and name of the function."
  value       = { arn = aws_lambda_function.this.arn, name = aws_lambda_function.this.function_name }
}

output "log_group" {
  description = "ARN and name of the function's log group."
  value       = { arn = aws_cloudwatch_log_group.this.arn, name = aws_cloudwatch_log_group.this.name }
}

output "role" {
  description = "ARN and name of the function's role."
  value       = { arn = aws_iam_role.this.arn, name = aws_iam_role.this.name }
}

output "rules" {
  description = "ARN and name of each EventBridge rule, by its name in the manifest, `config` or `sweep`."
  value       = { for key, rule in aws_cloudwatch_event_rule.this : key => { arn = rule.arn, name = rule.name } }
}
