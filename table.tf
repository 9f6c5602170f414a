locals {
  function_role_arns = [
    for name in keys(local.enabled) : "arn:${local.location.partition}:iam::${local.location.account}:role${var.role_path}${var.name}-${name}"
  ]

  table_name = "${var.name}-records"
  table_arn  = "arn:${local.location.partition}:dynamodb:${local.location.region}:${local.location.account}:table/${local.table_name}"
}

# Baselines, responses, and what has been told. Nothing in it is a secret; who can write it can mislead Rearm. On demand:
# some hundred requests an hour, which cost cents a month.
resource "aws_dynamodb_table" "records" {
  name                        = local.table_name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "group"
  range_key                   = "key"
  deletion_protection_enabled = var.table_deletion_protection
  tags                        = var.tags

  attribute {
    name = "group"
    type = "S"
  }

  attribute {
    name = "key"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  # Without a key of the customer's DynamoDB encrypts with its own, which costs nothing.
  dynamic "server_side_encryption" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value
    }
  }
}

# Whoever writes here could have Rearm put back what an attacker likes, or excuse it. An administrator's own permissions
# are no help against this Deny; to get round it, the policy itself has to be changed first.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html
data "aws_iam_policy_document" "records" {
  statement {
    sid    = "OnlyFunctionsAndOperatorsWrite"
    effect = "Deny"
    actions = [
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteItem",
      "dynamodb:PartiQLDelete",
      "dynamodb:PartiQLInsert",
      "dynamodb:PartiQLUpdate",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
    ]
    resources = [local.table_arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "ArnNotLike"
      variable = "aws:PrincipalArn"
      values   = concat(local.function_role_arns, var.operator_role_arns)
    }
  }
}

resource "aws_dynamodb_resource_policy" "records" {
  resource_arn = aws_dynamodb_table.records.arn
  policy       = data.aws_iam_policy_document.records.json
}
