locals {
  full_name = "${var.name}-${var.automation}"
  role_arn  = "arn:${var.location.partition}:iam::${var.location.account}:role${var.role.path}${local.full_name}"

  # Lists, numbers and booleans come as JSON, and are written as such; strings come as they are.
  settings = {
    for key, setting in var.manifest.settings :
    key => jsondecode(setting.type == "string" ? jsonencode(var.settings[key]) : var.settings[key])
  }

  # Only an event of these opens one of the doors for what services notice.
  sources = sort(distinct(concat(
    [for source in flatten([for event in values(var.manifest.events) : jsondecode(event.pattern).source]) : source if can(tostring(source))],
    length(var.security_controls) > 0 ? ["aws.securityhub"] : [],
  )))

  # Only what a plan knows, so that it shows every change and the size is checked before anything is made.
  environment = {
    REARM_CONFIG    = local.configuration
    REARM_TOPIC_ARN = var.topic_arn
  }

  configuration = base64gzip(jsonencode({
    version               = 1
    name                  = var.name
    automation            = var.automation
    title                 = var.manifest.title
    kind                  = var.manifest.kind
    mode                  = var.mode
    role_arn              = local.role_arn
    table                 = var.records.table_name
    retention_days        = var.records.retention_days
    records_tampering     = var.records.tampering
    settings              = local.settings
    resource_parameters   = var.manifest.resource_parameters
    sources               = local.sources
    exceptions            = var.exceptions
    controls              = var.manifest.controls
    config_rules          = [for rule in local.managed_rules : rule.name]
    existing_config_rules = local.existing_rules
    custom_config_rule    = one([for rule in local.custom_rules : rule.name])
  }))

  # Lambda measures the JSON of all names and values.
  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  environment_size = length(jsonencode(local.environment))
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags

  depends_on = [aws_ssm_parameter.parts]
}

resource "aws_lambda_function" "this" {
  function_name = local.full_name
  description   = "Rearm: ${var.manifest.title}"
  role          = aws_iam_role.this.arn

  filename                = var.package.filename
  source_code_hash        = var.package.source_code_hash
  s3_bucket               = var.package.s3_bucket
  s3_key                  = var.package.s3_key
  s3_object_version       = var.package.s3_object_version
  code_signing_config_arn = var.function.code_signing_config_arn

  handler                        = local.handler
  runtime                        = var.function.runtime
  architectures                  = [var.function.architecture]
  memory_size                    = var.function.memory_size
  timeout                        = var.function.timeout
  reserved_concurrent_executions = coalesce(var.function.reserved_concurrency, -1)

  environment {
    variables = local.environment
  }

  tracing_config {
    mode = var.function.tracing ? "Active" : "PassThrough"
  }

  tags = var.tags

  # The first event can come as soon as there is a rule: by then the function may do and log what it has to.
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy.this,
    aws_ssm_parameter.parts,
  ]

  lifecycle {
    precondition {
      condition     = local.environment_size <= 4096
      error_message = "The environment of the function ${local.full_name} would take ${local.environment_size} bytes; Lambda has room for 4096. Shorten the exceptions (${length(var.exceptions)} apply to ${var.automation}: use * instead of many, shorter reasons, or give some to one automation only) or the lists in automations.${var.automation}.settings."
    }
  }
}

# The retry policy and the dead-letter queue of a rule's target end where Lambda has taken the event. From there on
# this is what keeps a failure from being lost.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_event_age_in_seconds = local.invocation.age
  maximum_retry_attempts       = local.invocation.retries

  destination_config {
    on_failure {
      destination = var.queue_arn
    }
  }
}
