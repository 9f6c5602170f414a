# Every automation is switched off; what the deployment shares stays.

module "rearm" {
  source = "../../../.."

  notification_emails = ["security@example.com"]

  automations = {
    cloudtrail      = { mode = "off" }
    cloudtrail_lake = { mode = "off" }
    self_guard      = { mode = "off" }
    trail_storage   = { mode = "off" }
  }
}
