# Lets people with one role write to the table: what `make undo` and `make drill` need.

module "rearm" {
  source = "../../../.."

  notification_emails = ["security@example.com"]
  operator_role_arns  = ["arn:aws:iam::123456789012:role/operator"]
}
