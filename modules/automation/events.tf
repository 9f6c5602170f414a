locals {
  # A rule that the organisation has is called X itself, X with a conformance pack's suffix, or X in Security Hub's
  # decoration.
  listened_rules = concat(
    [for rule in local.managed_rules : rule.name],
    flatten([for name in local.existing_rules : [
      name,
      { prefix = "${name}-conformance-pack-" },
      { prefix = "securityhub-${name}-" },
    ]]),
  )

  # A finding names the control, whichever standards it belongs to. Imported ones come again whenever they are updated:
  # only what is wrong, and nobody works on yet. A person who sends one by a custom action has decided already.
  # https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html
  # https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html
  security_hub_pattern = {
    source = ["aws.securityhub"]
    "$or" = [
      {
        detail-type = ["Security Hub Findings - Imported"]
        detail = {
          findings = {
            Compliance  = { SecurityControlId = var.security_controls, Status = ["FAILED"] }
            RecordState = ["ACTIVE"]
            Workflow    = { Status = ["NEW"] }
          }
        }
      },
      {
        detail-type = ["Security Hub Findings - Custom Action"]
        detail      = { findings = { Compliance = { SecurityControlId = var.security_controls } } }
      },
    ]
  }

  event_rules = merge(
    {
      for key, event in var.manifest.events : key => {
        description = event.description
        pattern     = replace(event.pattern, "{name}", var.name)
        reads       = event.read_only_calls
        schedule    = null
        shorten     = "the pattern of triggers.events.${key} in the manifest"
      }
    },
    {
      for key in length(local.listened_rules) > 0 ? ["config"] : [] : key => {
        description = "Config rules that have become non-compliant."
        pattern = jsonencode({
          source      = ["aws.config"]
          detail-type = ["Config Rules Compliance Change"]
          detail = {
            configRuleName      = local.listened_rules
            messageType         = ["ComplianceChangeNotification"]
            newEvaluationResult = { complianceType = ["NON_COMPLIANT"] }
          }
        })
        reads    = false
        schedule = null
        shorten  = "the list automations.${var.automation}.settings.${coalesce(var.manifest.config_rules.existing, "existing")}, or the names in it"
      }
    },
    {
      for key in length(var.security_controls) > 0 ? ["security-hub"] : [] : key => {
        description = "Findings of Security Hub about ${join(", ", var.security_controls)}."
        pattern     = jsonencode(local.security_hub_pattern)
        reads       = false
        schedule    = null
        shorten     = "the list of controls in the manifest"
      }
    },
    {
      sweep = {
        description = "Looks at everything, whatever events were lost."
        pattern     = null
        reads       = false
        schedule    = var.sweep_rate
        shorten     = null
      }
    },
  )

  # Written out, or a plan would overlook that somebody has disabled the rule.
  # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
  rule_states = { for key, rule in local.event_rules : key => rule.reads ? "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" : "ENABLED" }
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.event_rules

  name                = "${local.full_name}-${each.key}"
  description         = "Rearm: ${each.value.description}"
  event_pattern       = each.value.pattern
  schedule_expression = each.value.schedule
  state               = local.rule_states[each.key]
  tags                = var.tags

  depends_on = [aws_ssm_parameter.parts]

  lifecycle {
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
    precondition {
      condition     = try(length(each.value.pattern), 0) <= 2048
      error_message = "The event pattern of the rule ${local.full_name}-${each.key} would have ${try(length(each.value.pattern), 0)} characters; EventBridge takes 2048. Shorten ${coalesce(each.value.shorten, "it")}."
    }
  }
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.event_rules

  rule      = aws_cloudwatch_event_rule.this[each.key].name
  target_id = "function"
  arn       = aws_lambda_function.this.arn

  retry_policy {
    maximum_event_age_in_seconds = local.delivery.age
    maximum_retry_attempts       = local.delivery.retries
  }

  dead_letter_config {
    arn = var.queue_arn
  }

  # A target whose permission is missing fails for good: it is not tried again.
  depends_on = [aws_lambda_permission.event_rule]
}

resource "aws_lambda_permission" "event_rule" {
  for_each = local.event_rules

  statement_id  = "rule-${each.key}"
  function_name = aws_lambda_function.this.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.this[each.key].arn
}
