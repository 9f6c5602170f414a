variable "alarm_actions" {
  description = "ARNs of what the alarms notify."
  type        = list(string)
  nullable    = false
}

variable "automation" {
  description = "Name of the automation, the name of its folder."
  type        = string
  nullable    = false
}

variable "config" {
  description = "Whether to create Config rules."
  type        = bool
  nullable    = false
}

variable "exceptions" {
  description = "The exceptions that apply to this automation, by name."
  type = map(object({
    match   = map(string)
    reason  = string
    expires = string
    quiet   = bool
    scope   = string
  }))
  nullable = false
}

variable "function" {
  description = "What the functions of all automations have in common."
  type = object({
    architecture            = string
    code_signing_config_arn = optional(string)
    memory_size             = number
    reserved_concurrency    = optional(number)
    runtime                 = string
    timeout                 = number
    tracing                 = bool
  })
  nullable = false
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key that encrypts the topic and the log group, if there is one."
  type        = string
  default     = null
}

variable "location" {
  description = "The account, partition and region that the automation watches."
  type = object({
    account   = string
    partition = string
    region    = string
  })
  nullable = false
}

variable "log_retention_days" {
  description = "Days for which the function's log is kept, 0 for ever."
  type        = number
  nullable    = false
}

variable "manifest" {
  description = "The automation's manifest, with event patterns as JSON and defaults filled in."
  type = object({
    title               = string
    kind                = string
    reads_tampering     = bool
    resource_parameters = list(string)
    controls            = map(list(string))
    settings            = map(object({ type = string }))
    events = map(object({
      description     = string
      pattern         = string
      read_only_calls = optional(bool, false)
    }))
    config_rules = object({
      existing  = optional(string)
      frequency = optional(string)
      managed = map(object({
        description = string
        identifier  = string
        when        = map(string)
      }))
    })
    custom_config_rule = optional(object({
      name        = string
      description = string
      frequency   = string
      when        = map(string)
    }))
    permissions = list(object({
      sid       = string
      effect    = string
      actions   = list(string)
      resources = list(string)
      mode      = optional(string)
      when      = map(string)
      conditions = list(object({
        test     = string
        variable = string
        values   = list(string)
      }))
    }))
  })
  nullable = false
}

variable "mode" {
  description = "Whether the automation says what it would do or does it, `notify` or `remediate`."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["notify", "remediate"], var.mode)
    error_message = "mode is \"${var.mode}\"; it must be notify or remediate. An automation that is off has no instance of this module."
  }
}

variable "name" {
  description = "Name of the deployment."
  type        = string
  nullable    = false
}

variable "package" {
  description = "The Lambda package: a file, or an object in S3."
  type = object({
    filename          = optional(string)
    source_code_hash  = optional(string)
    s3_bucket         = optional(string)
    s3_key            = optional(string)
    s3_object_version = optional(string)
  })
  nullable = false
}

variable "planned_queue_arn" {
  description = "ARN of the same queue put together from its parts, so that a plan knows it."
  type        = string
  nullable    = false
}

variable "queue_arn" {
  description = "ARN of the queue for what could not be delivered and for what failed."
  type        = string
  nullable    = false
}

variable "records" {
  description = "The deployment's table, by its name and by its ARN put together from the parts, the automations that may write to it, the days for which it keeps responses, and whether it keeps who tampered for another automation."
  type = object({
    automations    = list(string)
    retention_days = number
    table_arn      = string
    table_name     = string
    tampering      = bool
  })
  nullable = false
}

variable "role" {
  description = "Path and permissions boundary of the function's role."
  type = object({
    path                     = string
    permissions_boundary_arn = optional(string)
  })
  nullable = false
}

variable "security_controls" {
  description = "Ids of Security Hub's controls whose findings are listened to."
  type        = list(string)
  nullable    = false
}

variable "settings" {
  description = "Every setting of the automation as text; lists as JSON."
  type        = map(string)
  nullable    = false
}

variable "sweep_rate" {
  description = "When to sweep, as an EventBridge schedule expression."
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags for everything that can have tags."
  type        = map(string)
  nullable    = false
}

variable "topic_arn" {
  description = "ARN of the notification topic, put together from its parts where the module creates it, so that a plan knows it."
  type        = string
  nullable    = false
}
