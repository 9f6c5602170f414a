variable "force_destroy" {
  description = "Whether destroying the module also deletes what Config has recorded in the bucket."
  type        = bool
  default     = false
  nullable    = false
}

variable "name" {
  description = "Name of the recorder, which starts the names of its role and bucket."
  type        = string
  default     = "rearm"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]*[a-z0-9])?$", var.name)) && length(var.name) <= 20
    error_message = "name is \"${var.name}\"; it must be at most 20 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the IAM policy that bounds the permissions of the recorder's role."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is ${jsonencode(var.permissions_boundary_arn)}; it must be the ARN of a managed policy: arn:PARTITION:iam::ACCOUNT:policy/NAME."
  }
}

variable "resource_types" {
  description = "Resource types to record, such as `AWS::CloudTrail::Trail`; by default all, of which each recorded change costs."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for type in var.resource_types : can(regex("^AWS::[A-Za-z0-9]+::[A-Za-z0-9]+$", type))])
    error_message = "resource_types takes types such as AWS::CloudTrail::Trail, which these are not: ${join(", ", [for type in var.resource_types : jsonencode(type) if !can(regex("^AWS::[A-Za-z0-9]+::[A-Za-z0-9]+$", type))])}."
  }
}

variable "role_path" {
  description = "Path of the recorder's role in IAM."
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
