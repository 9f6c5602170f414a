# Says what would be done, and does nothing.

module "rearm" {
  source = "../../../.."

  notification_emails = ["security@example.com"]

  automations = {
    cloudtrail = { mode = "notify" }
  }
}
