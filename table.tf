locals {
  table_name = "${var.name}-records"
  table_arn  = "arn:${local.location.partition}:dynamodb:${local.location.region}:${local.location.account}:table/${local.table_name}"
}

# Baselines, responses, and what has been told. Nothing in it is a secret; who can write it can mislead Rearm.
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
