# What the guard of Rearm itself holds the automation's parts against. It is declared, not learned: what is wrong when it
# is first seen is not taken for right. Nothing here waits for a resource, so that it can be written before all of them.
locals {
  handler   = "rearm.handler.handle"
  log_group = "/aws/lambda/${local.full_name}"

  # After an hour the sweep has looked several times, and somebody should know that events do not arrive.
  delivery   = { age = 3600, retries = 185 }
  invocation = { age = 21600, retries = 2 }

  statements = merge(
    {
      for key in keys(local.event_rules) : "rule-${key}" => {
        principal      = "events.amazonaws.com"
        source_arn     = "arn:${var.location.partition}:events:${var.location.region}:${var.location.account}:rule/${local.full_name}-${key}"
        source_account = null
      }
    },
    {
      for key in keys(local.custom_rules) : "config-${key}" => {
        principal      = "config.amazonaws.com"
        source_arn     = null
        source_account = var.location.account
      }
    },
  )

  parts = {
    automation = var.automation
    rules = {
      for key, rule in local.event_rules : "${local.full_name}-${key}" => {
        description = "Rearm: ${rule.description}"
        pattern     = rule.pattern == null ? null : jsondecode(rule.pattern)
        schedule    = rule.schedule
        state       = local.rule_states[key]
      }
    }
    target = {
      age     = local.delivery.age
      queue   = var.planned_queue_arn
      retries = local.delivery.retries
    }
    function = {
      name         = local.full_name
      architecture = var.function.architecture
      code         = var.package.source_code_hash
      concurrency  = var.function.reserved_concurrency
      environment  = sha256(jsonencode(local.environment))
      handler      = local.handler
      memory       = var.function.memory_size
      package      = var.package.s3_bucket == null ? null : join("/", [var.package.s3_bucket, var.package.s3_key, coalesce(var.package.s3_object_version, "latest")])
      role         = local.role_arn
      runtime      = var.function.runtime
      statements   = local.statements
      timeout      = var.function.timeout
      invoke = {
        age         = local.invocation.age
        destination = var.planned_queue_arn
        retries     = local.invocation.retries
      }
    }
    role = {
      name     = local.full_name
      boundary = var.role.permissions_boundary_arn
      path     = var.role.path
      trust    = sha256(jsonencode(jsondecode(data.aws_iam_policy_document.assume.json)))
      # The second one names Config rules by ARNs that only Config gives: that it is there is all that can be said.
      policies = merge(
        { (local.full_name) = sha256(jsonencode(jsondecode(data.aws_iam_policy_document.this.json))) },
        { for name in local.uses_config ? ["${local.full_name}-config"] : [] : name => null },
      )
    }
    log_group = {
      name      = local.log_group
      key       = var.kms_key_arn
      retention = var.log_retention_days
    }
    alarms = {
      actions = var.alarm_actions
      names   = sort(concat([for suffix in ["errors", "throttles"] : "${local.full_name}-${suffix}"], [for key in keys(local.event_rules) : "${local.full_name}-${key}-failed-invocations"], local.silence_noticed ? ["${local.full_name}-no-sweep"] : []))
    }
    config_rules = sort([for rule in concat(values(local.managed_rules), values(local.custom_rules)) : rule.name])
  }

  # Compressed, since patterns alone can be longer than what a parameter without charge holds.
  declaration = base64gzip(jsonencode(local.parts))
}

# Written before anything that it speaks of is changed, so that the guard never takes a deployment for an attack.
resource "aws_ssm_parameter" "parts" {
  name           = "/${var.name}/${var.automation}"
  description    = "Rearm: what the parts of the automation ${var.automation} must look like."
  type           = "String"
  tier           = "Standard"
  insecure_value = local.declaration
  tags           = var.tags

  lifecycle {
    # https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
    precondition {
      condition     = length(local.declaration) <= 4096
      error_message = "What the guard has to know of the automation ${var.automation} would take ${length(local.declaration)} characters; a parameter without charge holds 4096. Shorten the lists in automations.${var.automation}.settings, or give fewer alarm_actions."
    }
  }
}

# The mark of a finished deployment: written last, and the first to go. While it does not fit what is declared, a
# deployment is under way; while it is not there, the automation is being removed.
resource "aws_ssm_parameter" "deployed" {
  name           = "/${var.name}/${var.automation}/deployed"
  description    = "Rearm: the declaration that the automation ${var.automation} was last deployed with."
  type           = "String"
  tier           = "Standard"
  insecure_value = sha256(local.declaration)
  tags           = var.tags

  depends_on = [
    aws_cloudwatch_event_rule.this,
    aws_cloudwatch_event_target.this,
    aws_cloudwatch_log_group.this,
    aws_cloudwatch_metric_alarm.errors,
    aws_cloudwatch_metric_alarm.failed_invocations,
    aws_cloudwatch_metric_alarm.no_sweep,
    aws_cloudwatch_metric_alarm.throttles,
    aws_config_config_rule.custom,
    aws_config_config_rule.managed,
    aws_iam_role.this,
    aws_iam_role_policy.config,
    aws_iam_role_policy.this,
    aws_lambda_function.this,
    aws_lambda_function_event_invoke_config.this,
    aws_lambda_permission.config,
    aws_lambda_permission.event_rule,
    aws_ssm_parameter.parts,
  ]
}
