locals {
  existing_rules = var.manifest.config_rules.existing == null ? [] : jsondecode(var.settings[var.manifest.config_rules.existing])
  rule_frequency = var.manifest.config_rules.frequency == null ? null : var.settings[var.manifest.config_rules.frequency]

  managed_rules = {
    for key, rule in var.manifest.config_rules.managed : key => merge(rule, { name = "${var.name}-${key}" })
    if var.config && length(local.existing_rules) == 0 && alltrue([for setting, value in rule.when : var.settings[setting] == value])
  }

  custom_rules = {
    for rule in var.manifest.custom_config_rule[*] : rule.name => merge(rule, { name = "${var.name}-${rule.name}" })
    if var.config && alltrue([for setting, value in rule.when : var.settings[setting] == value])
  }

  evaluates_again = var.mode == "remediate" && length(local.managed_rules) + length(local.existing_rules) > 0
  uses_config     = local.evaluates_again || length(local.custom_rules) > 0
}

resource "aws_config_config_rule" "managed" {
  for_each = local.managed_rules

  name                        = each.value.name
  description                 = "Rearm: ${each.value.description}"
  maximum_execution_frequency = local.rule_frequency
  tags                        = var.tags

  source {
    owner             = "AWS"
    source_identifier = each.value.identifier
  }
}

# https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html
resource "aws_config_config_rule" "custom" {
  for_each = local.custom_rules

  name        = each.value.name
  description = "Rearm: ${each.value.description}"
  tags        = var.tags

  source {
    owner             = "CUSTOM_LAMBDA"
    source_identifier = aws_lambda_function.this.arn

    source_detail {
      event_source                = "aws.config"
      message_type                = "ScheduledNotification"
      maximum_execution_frequency = var.settings[each.value.frequency]
    }
  }

  # Config tries the permission when the rule is created.
  depends_on = [aws_lambda_permission.config]
}

# Bound to the account: the rule cannot exist before the permission, so its ARN is not known.
resource "aws_lambda_permission" "config" {
  for_each = local.custom_rules

  statement_id   = "config-${each.key}"
  function_name  = aws_lambda_function.this.function_name
  action         = "lambda:InvokeFunction"
  principal      = "config.amazonaws.com"
  source_account = var.location.account
}
