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

data "aws_iam_policy_document" "assume" {
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
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

# The role that runs Terraform, and that of the people who may undo what Rearm did.
resource "aws_iam_role" "pipeline" {
  name               = "pipeline"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role" "operator" {
  name               = "security-operator"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

# A boundary grants nothing. It must let a function do what its own role says.
data "aws_iam_policy_document" "boundary" {
  statement {
    actions = [
      "account:ListRegions",
      "cloudtrail:*",
      "cloudwatch:*",
      "config:*",
      "dynamodb:*",
      "events:*",
      "iam:Get*",
      "iam:List*",
      "iam:PassRole",
      "kms:*",
      "lambda:*",
      "logs:*",
      "organizations:Describe*",
      "organizations:List*",
      "s3:*",
      "sns:*",
      "sqs:*",
      "ssm:Get*",
      "xray:*",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "boundary" {
  name   = "security-functions-boundary"
  policy = data.aws_iam_policy_document.boundary.json
}
