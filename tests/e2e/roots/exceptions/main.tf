# Every kind of exception, on the oldest runtime.

module "rearm" {
  source = "../../../.."

  notification_emails = ["security@example.com"]

  runtime = "python3.11"

  exceptions = {
    laboratory = {
      match   = { resource = "lab-*" }
      reason  = "Trails of the laboratory come and go."
      expires = "never"
    }
  }

  automations = {
    cloudtrail = {
      mode = "remediate"
      exceptions = {
        patching = {
          match   = { actor = "arn:aws:iam::123456789012:role/patching" }
          reason  = "Patching stops trails for a moment."
          expires = "2099-12-31"
        }
        scratch = {
          match   = { resource = "scratch-*" }
          reason  = "Nobody needs to know."
          expires = "never"
          quiet   = true
        }
        migration = {
          match   = { resource = "main*" }
          reason  = "The trails are moved."
          expires = "2024-01-31"
        }
      }
    }
  }
}
