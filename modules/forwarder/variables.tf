variable "alarm_actions" {
  description = "ARNs that a CloudWatch alarm calls when an event could not be forwarded; without any there are no alarms."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "automations" {
  description = "Automations whose events are forwarded, by default all that look at other regions than their own or at what is global."
  type        = set(string)
  default     = null

  validation {
    condition     = var.automations == null || length(setsubtract(coalesce(var.automations, []), keys(local.manifests))) == 0
    error_message = "automations has ${join(", ", [for name in coalesce(var.automations, []) : jsonencode(name) if !contains(keys(local.manifests), name)])}; there are ${join(", ", keys(local.manifests))}."
  }

  validation {
    condition     = var.automations == null || length(setintersection(coalesce(var.automations, []), local.regional)) == 0
    error_message = "automations has ${join(", ", [for name in coalesce(var.automations, []) : jsonencode(name) if contains(local.regional, name)])}, which looks at the region of its function only: deploy Rearm in that region for it, instead of a forwarder."
  }
}

variable "destination_region" {
  description = "Region where Rearm is deployed, to which the events of this one are forwarded."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]+$", var.destination_region))
    error_message = "destination_region is \"${var.destination_region}\"; it must be the name of a region."
  }
}

variable "name" {
  description = "Name of the deployment that the events are for, `name` of Rearm."
  type        = string
  default     = "rearm"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]*[a-z0-9])?$", var.name))
    error_message = "name is \"${var.name}\"; it must be lower-case letters, digits and hyphens, start with a letter and not end with a hyphen."
  }

  validation {
    condition     = length(var.name) + max(0, [for key in keys(local.selected) : length("-forward-${key}")]...) <= 64
    error_message = "name is \"${var.name}\", ${length(var.name)} characters; an EventBridge rule's name has at most 64, and the forwarder adds up to ${max(0, [for key in keys(local.selected) : length("-forward-${key}")]...)}."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the IAM policy that bounds the permissions of the forwarder's role."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is ${jsonencode(var.permissions_boundary_arn)}; it must be the ARN of a managed policy: arn:PARTITION:iam::ACCOUNT:policy/NAME."
  }
}

variable "role_path" {
  description = "Path of the forwarder's role in IAM."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@-]+/)*$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path is \"${var.role_path}\"; it must begin and end with a slash, as in /security/."
  }
}

variable "tags" {
  description = "Tags for everything that can have tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
