# Only tells of trails, and puts their storage right, with a role for people that may write to the table.

module "rearm" {
  source = "../../../.."

  notification_emails = ["security@example.com"]
  operator_role_arns  = ["arn:aws:iam::123456789012:role/operator"]

  automations = {
    cloudtrail = { mode = "notify" }
  }
}
