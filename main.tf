data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  location = {
    account   = data.aws_caller_identity.current.account_id
    partition = data.aws_partition.current.partition
    region    = data.aws_region.current.id
  }

  # What holds for each automation: what the user has given, else the manifest, or the set that is recommended. Neither `try` nor `lookup`: one value
  # that is known only after apply, such as a role's ARN in an exception, would leave everything beside it unchecked.
  chosen = {
    for name, manifest in local.manifests : name => contains(keys(var.automations), name) ? {
      mode       = var.automations[name].mode
      exceptions = var.automations[name].exceptions
      sweep_rate = coalesce(var.automations[name].sweep_rate, manifest.default_sweep_rate)
      settings   = var.automations[name].settings
      } : {
      mode       = var.recommended && manifest.recommended ? "notify" : manifest.default_mode
      exceptions = {}
      sweep_rate = manifest.default_sweep_rate
      settings   = {}
    }
  }

  enabled = { for name, chosen in local.chosen : name => chosen if chosen.mode != "off" }

  package = var.lambda_package == null ? {
    filename          = "${path.module}/dist/rearm.zip"
    source_code_hash  = filebase64sha256("${path.module}/dist/rearm.zip")
    s3_bucket         = null
    s3_key            = null
    s3_object_version = null
    } : {
    filename          = null
    source_code_hash  = null
    s3_bucket         = var.lambda_package.bucket
    s3_key            = var.lambda_package.key
    s3_object_version = var.lambda_package.object_version
  }
}

# The settings and exceptions of an automation that is off are checked too: a typo must not wait for the day when it is
# switched on.
module "settings" {
  source   = "./modules/settings"
  for_each = local.chosen

  automation = each.key
  known      = local.manifests[each.key].settings
  values     = each.value.settings
}

module "exceptions" {
  source = "./modules/exceptions"

  exceptions = var.exceptions
  path       = "exceptions"
  scope      = "all"
}

module "automation_exceptions" {
  source   = "./modules/exceptions"
  for_each = local.chosen

  exceptions  = each.value.exceptions
  path        = "automations.${each.key}.exceptions"
  scope       = each.key
  tags_excuse = local.manifests[each.key].tags_excuse
}

module "automation" {
  source   = "./modules/automation"
  for_each = local.enabled

  alarm_actions = local.alarm_actions
  automation    = each.key
  config        = var.config
  exceptions    = merge(module.exceptions.exceptions, module.automation_exceptions[each.key].exceptions)
  function = {
    architecture            = var.architecture
    code_signing_config_arn = var.code_signing_config_arn
    memory_size             = var.memory_size
    reserved_concurrency    = var.reserved_concurrency
    runtime                 = var.runtime
    timeout                 = var.timeout
    tracing                 = var.tracing
  }
  kms_key_arn        = var.kms_key_arn
  location           = local.location
  log_retention_days = var.log_retention_days
  manifest           = local.manifests[each.key]
  mode               = each.value.mode
  name               = var.name
  package            = local.package
  planned_queue_arn  = local.planned_queue_arn
  queue_arn          = aws_sqs_queue.failures.arn
  records = {
    automations    = keys(local.manifests)
    retention_days = var.response_retention_days
    table_arn      = local.table_arn
    table_name     = local.table_name
    tampering      = anytrue([for name in keys(local.enabled) : local.manifests[name].reads_tampering])
  }
  role = {
    path                     = var.role_path
    permissions_boundary_arn = var.permissions_boundary_arn
  }
  security_controls = var.security_hub ? local.security_controls[each.key] : []
  settings          = module.settings[each.key].values
  sweep_rate        = each.value.sweep_rate
  tags              = var.tags
  topic_arn         = local.planned_notification_topic_arn
}
