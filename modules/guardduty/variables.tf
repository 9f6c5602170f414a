variable "automation" {
  description = "Name of the automation that listens to GuardDuty, for the message."
  type        = string
  nullable    = false
}
