# A module of its own, since a check's data can be neither counted nor left out: nothing is asked where nobody needs it.
# Without a detector the provider fails to read it, which in a check is a warning that names this module's address.
check "guardduty_looks" {
  data "aws_guardduty_detector" "needed" {}

  assert {
    condition     = data.aws_guardduty_detector.needed.status == "ENABLED"
    error_message = "GuardDuty is suspended here, without whose findings ${var.automation} sees less."
  }
}
