# Policies that the user may attach. Rearm attaches neither: only the organization can say whom they bind.
locals {
  protects = length(var.protection_exempt_arns) > 0

  # What silences a part: calls that disable, change, delete or impersonate it.
  silencing_actions = [
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DisableAlarmActions",
    "cloudwatch:PutAlarmMuteRule",
    "cloudwatch:PutMetricAlarm",
    "cloudwatch:SetAlarmState",
    "dynamodb:DeleteResourcePolicy",
    "dynamodb:DeleteTable",
    "dynamodb:PutResourcePolicy",
    "dynamodb:UpdateContinuousBackups",
    "dynamodb:UpdateTable",
    "dynamodb:UpdateTimeToLive",
    "events:DeleteRule",
    "events:DisableRule",
    "events:PutRule",
    "events:PutTargets",
    "events:RemoveTargets",
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    # A function of somebody else's with such a role would be exempt as well.
    "iam:PassRole",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "lambda:AddPermission",
    "lambda:DeleteFunction",
    "lambda:DeleteFunctionCodeSigningConfig",
    "lambda:DeleteFunctionConcurrency",
    "lambda:DeleteFunctionEventInvokeConfig",
    "lambda:PutFunctionCodeSigningConfig",
    "lambda:PutFunctionConcurrency",
    "lambda:PutFunctionEventInvokeConfig",
    "lambda:PutFunctionRecursionConfig",
    "lambda:PutRuntimeManagementConfig",
    "lambda:RemovePermission",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionCodeSigningConfig",
    "lambda:UpdateFunctionConfiguration",
    "lambda:UpdateFunctionEventInvokeConfig",
    "logs:AssociateKmsKey",
    "logs:DeleteLogGroup",
    "logs:DeleteLogStream",
    "logs:DeleteRetentionPolicy",
    "logs:DisassociateKmsKey",
    "logs:PutDataProtectionPolicy",
    "logs:PutRetentionPolicy",
    "sns:AddPermission",
    "sns:DeleteTopic",
    "sns:PutDataProtectionPolicy",
    "sns:RemovePermission",
    "sns:SetTopicAttributes",
    "sqs:AddPermission",
    "sqs:DeleteQueue",
    "sqs:PurgeQueue",
    "sqs:RemovePermission",
    "sqs:SetQueueAttributes",
    "ssm:DeleteParameter",
    "ssm:DeleteParameters",
    "ssm:PutParameter",
  ]

  weakening_actions = [
    "cloudtrail:DeleteEventDataStore",
    "cloudtrail:DeleteTrail",
    "cloudtrail:DeregisterOrganizationDelegatedAdmin",
    "cloudtrail:PutEventConfiguration",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:PutInsightSelectors",
    "cloudtrail:StopEventDataStoreIngestion",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateEventDataStore",
    "cloudtrail:UpdateTrail",
  ]

  # By account: an organization has one policy for many accounts with a deployment of this name, and * stands for any.
  protections = {
    for account in ["*", local.location.account] : account => {
      exempt = concat(
        [for name in keys(local.enabled) : "arn:${local.location.partition}:iam::${account}:role${var.role_path}${var.name}-${name}"],
        var.protection_exempt_arns,
      )

      parts = concat(
        [
          for part in [
            "cloudwatch:*:${account}:alarm:${var.name}-*",
            "dynamodb:*:${account}:table/${var.name}-records",
            "events:*:${account}:rule/${var.name}-*",
            "iam::${account}:role${var.role_path}${var.name}-*",
            "lambda:*:${account}:function:${var.name}-*",
            "logs:*:${account}:log-group:/aws/lambda/${var.name}-*",
            "sns:*:${account}:${var.name}-*",
            "sqs:*:${account}:${var.name}-failures",
            "ssm:*:${account}:parameter/${var.name}/*",
          ] : "arn:${local.location.partition}:${part}"
        ],
        # The user's own topic, if that is where it tells.
        var.notification_topic == null ? [] : [var.notification_topic.arn],
      )
    }
  }

  # Config rules are not among the parts: Config gives them ARNs without their names. Nor are subscriptions, which IAM
  # knows no resource for. Both are the guard's to notice.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
  protecting_statements = {
    for account, protection in local.protections : account => concat(
      [
        {
          Sid       = "KeepRearm"
          Effect    = "Deny"
          Action    = local.silencing_actions
          Resource  = protection.parts
          Condition = { ArnNotLike = { "aws:PrincipalArn" = protection.exempt } }
        },
        {
          Sid    = "KeepTrails"
          Effect = "Deny"
          # A member that leaves the organization leaves its policies behind.
          Action    = concat(local.weakening_actions, account == "*" ? ["organizations:LeaveOrganization"] : [])
          Resource  = ["*"]
          Condition = { ArnNotLike = { "aws:PrincipalArn" = protection.exempt } }
        },
      ],
      [
        # A disabled key silences topics, logs and table at once.
        for key in var.kms_key_arn[*] : {
          Sid       = "KeepKey"
          Effect    = "Deny"
          Action    = ["kms:DisableKey", "kms:PutKeyPolicy", "kms:RevokeGrant", "kms:ScheduleKeyDeletion"]
          Resource  = [key]
          Condition = { ArnNotLike = { "aws:PrincipalArn" = protection.exempt } }
        }
      ],
    )
  }

  # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
  service_control_policy = jsonencode({ Version = "2012-10-17", Statement = local.protecting_statements["*"] })
  iam_deny_policy        = jsonencode({ Version = "2012-10-17", Statement = local.protecting_statements[local.location.account] })
}
