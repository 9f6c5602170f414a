# What an organisation has already, so that this example can be applied as it is.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

resource "aws_sns_topic" "on_call" {
  name = "on-call"
}

data "aws_iam_policy_document" "on_call" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.on_call.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "on_call" {
  arn    = aws_sns_topic.on_call.arn
  policy = data.aws_iam_policy_document.on_call.json
}

data "aws_iam_policy_document" "migration" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_iam_role" "migration" {
  name               = "trail-migration"
  assume_role_policy = data.aws_iam_policy_document.migration.json
}

# A boundary grants nothing. It must let a function do what its own role says.
data "aws_iam_policy_document" "boundary" {
  statement {
    actions = [
      "cloudtrail:*",
      "config:*",
      "kms:Decrypt",
      "kms:GenerateDataKey",
      "logs:*",
      "sns:*",
      "sqs:*",
      "xray:*",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "boundary" {
  name   = "security-functions-boundary"
  policy = data.aws_iam_policy_document.boundary.json
}
