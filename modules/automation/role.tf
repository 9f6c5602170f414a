locals {
  # As text, so that a placeholder may stand in a resource as well as in the value of a condition.
  permissions = jsondecode(replace(replace(replace(replace(jsonencode(var.manifest.permissions),
    "{partition}", var.location.partition),
    "{region}", var.location.region),
    "{account}", var.location.account),
  "{name}", var.name))

  # What the manifest grants in this mode and with these settings.
  granted = [
    for permission in local.permissions : permission
    if(permission.mode == null || permission.mode == var.mode) && alltrue([for setting, value in permission.when : var.settings[setting] == value])
  ]
}

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = local.full_name
  description          = "Rearm: ${var.manifest.title}"
  path                 = var.role.path
  permissions_boundary = var.role.permissions_boundary_arn
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  tags                 = var.tags
}

# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = local.granted
    content {
      sid       = statement.value.sid
      effect    = statement.value.effect
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions
        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }

  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${var.location.partition}:logs:${var.location.region}:${var.location.account}:log-group:/aws/lambda/${local.full_name}:*"]
  }

  statement {
    sid       = "KeepFailures"
    actions   = ["sqs:SendMessage"]
    resources = [var.planned_queue_arn]
  }

  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
  statement {
    sid       = "KeepRecords"
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
    resources = [var.records.table_arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["${var.automation}#*"]
    }

    # Without it a request that names no key would pass the condition above.
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  statement {
    sid       = "ForgetWhatIsPaid"
    actions   = ["dynamodb:DeleteItem"]
    resources = [var.records.table_arn]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "dynamodb:LeadingKeys"
      values   = ["${var.automation}#owed"]
    }

    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  statement {
    sid       = "ReadExceptions"
    actions   = ["dynamodb:Query"]
    resources = [var.records.table_arn]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "dynamodb:LeadingKeys"
      values   = ["exception"]
    }

    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  # Who tampered, as every other automation of the deployment has recorded it.
  dynamic "statement" {
    for_each = var.manifest.reads_tampering ? ["ReadTampering"] : []
    content {
      sid       = statement.value
      actions   = ["dynamodb:Query"]
      resources = [var.records.table_arn]

      condition {
        test     = "ForAllValues:StringEquals"
        variable = "dynamodb:LeadingKeys"
        values   = [for name in var.records.automations : "${name}#tampering" if name != var.automation]
      }

      condition {
        test     = "Null"
        variable = "dynamodb:LeadingKeys"
        values   = ["false"]
      }
    }
  }

  # The subscribers of another account's topic are not counted: only its owner may ask for them.
  statement {
    sid       = "Tell"
    actions   = concat(["sns:Publish"], split(":", var.topic_arn)[4] == var.location.account ? ["sns:GetTopicAttributes"] : [])
    resources = [var.topic_arn]
  }

  # SNS uses the key on behalf of the function, in the topic's region.
  # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#sns-what-permissions-for-sse
  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      sid       = "TellEncrypted"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = ["sns.${split(":", var.topic_arn)[3]}.*"]
      }
    }
  }

  # DynamoDB asks for it in the name of each principal that reads or writes the table; for the rest it has grants of its
  # own.
  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      sid       = "KeepRecordsEncrypted"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = ["dynamodb.${var.location.region}.*"]
      }
    }
  }

  # X-Ray has no resources that these could be limited to.
  dynamic "statement" {
    for_each = var.function.tracing ? ["Trace"] : []
    content {
      sid       = statement.value
      actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      resources = ["*"]
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = local.full_name
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.this.json
}

# A policy of its own, since a Config rule gets its ARN only when it is created, and the plan shall show the rest.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsconfig.html
data "aws_iam_policy_document" "config" {
  count = local.uses_config ? 1 : 0

  dynamic "statement" {
    for_each = local.evaluates_again ? ["EvaluateAgain"] : []
    content {
      sid       = statement.value
      actions   = ["config:StartConfigRulesEvaluation"]
      resources = length(local.existing_rules) > 0 ? ["arn:${var.location.partition}:config:${var.location.region}:${var.location.account}:config-rule/*"] : [for rule in aws_config_config_rule.managed : rule.arn]
    }
  }

  # Config has no resource-level permission for this one.
  dynamic "statement" {
    for_each = local.evaluates_again && length(local.existing_rules) > 0 ? ["FindExistingRules"] : []
    content {
      sid       = statement.value
      actions   = ["config:DescribeConfigRules"]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = aws_config_config_rule.custom
    content {
      sid       = "ReadOwnEvaluations"
      actions   = ["config:GetComplianceDetailsByConfigRule"]
      resources = [statement.value.arn]
    }
  }

  # Nor for this one.
  dynamic "statement" {
    for_each = local.custom_rules
    content {
      sid       = "PutEvaluations"
      actions   = ["config:PutEvaluations"]
      resources = ["*"]
    }
  }
}

resource "aws_iam_role_policy" "config" {
  count = local.uses_config ? 1 : 0

  name   = "${local.full_name}-config"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.config[0].json
}
