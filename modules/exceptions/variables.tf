variable "exceptions" {
  description = "The exceptions, by name."
  type = map(object({
    match   = map(string)
    reason  = string
    expires = string
    quiet   = optional(bool, false)
  }))
  nullable = false

  validation {
    condition     = alltrue([for exception in values(var.exceptions) : exception != null])
    error_message = "${var.path}: ${join(", ", [for name, exception in var.exceptions : name if exception == null])} is null. Leave the exception out, or give match, reason and expires."
  }

  validation {
    condition = alltrue([for name in keys(var.exceptions) : can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", name))])
    error_message = join("\n", [
      for name in keys(var.exceptions) :
      "${var.path}: \"${name}\" cannot be a name; it must be at most 64 letters, digits, hyphens, dots and underscores, and start with a letter or a digit."
      if !can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", name))
    ])
  }

  validation {
    condition = alltrue([for exception in values(var.exceptions) : can(regex("^[^\\pC]*[^\\s\\pC][^\\pC]*$", exception.reason))])
    error_message = join("\n", [
      for name, exception in var.exceptions :
      "${var.path}.${name}.reason must say in one line of text why this is excused."
      if !can(regex("^[^\\pC]*[^\\s\\pC][^\\pC]*$", exception.reason))
    ])
  }

  validation {
    condition = alltrue([
      for exception in values(var.exceptions) :
      try(exception.expires == "never", false) || can(formatdate("YYYY", "${regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", exception.expires)}T00:00:00Z"))
    ])
    error_message = join("\n", [
      for name, exception in var.exceptions :
      "${var.path}.${name}.expires is ${jsonencode(try(exception.expires, null))}; it must be a date that exists, written YYYY-MM-DD, or never."
      if !(try(exception.expires == "never", false) || can(formatdate("YYYY", "${regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", exception.expires)}T00:00:00Z")))
    ])
  }

  validation {
    condition     = alltrue([for exception in values(var.exceptions) : try(length(exception.match) > 0, false)])
    error_message = "${var.path}.${join(", ${var.path}.", [for name, exception in var.exceptions : name if !try(length(exception.match) > 0, false)])}: match is empty, which excuses nothing. Give at least one of resource, account, actor and tag:KEY."
  }

  validation {
    condition = alltrue(flatten([
      for exception in values(var.exceptions) : [for key in keys(exception.match) : can(regex("^(resource|account|actor|tag:.+)$", key))]
      if try(exception.match != null, false)
    ]))
    error_message = join("\n", flatten([
      for name, exception in var.exceptions : [
        for key in keys(exception.match) :
        "${var.path}.${name}.match: \"${key}\" is not something that can be matched; it must be resource, account, actor or tag:KEY."
        if !can(regex("^(resource|account|actor|tag:.+)$", key))
      ]
      if try(exception.match != null, false)
    ]))
  }

  # A pattern without any text of its own would excuse everything.
  validation {
    condition = alltrue(flatten([
      for exception in values(var.exceptions) : [for value in values(exception.match) : can(regex("[^*\\s]", value))]
      if try(exception.match != null, false)
    ]))
    error_message = join("\n", flatten([
      for name, exception in var.exceptions : [
        for key, value in exception.match :
        "${var.path}.${name}.match.${key} is ${jsonencode(value)}, which would match everything or nothing; it needs some text besides *."
        if !can(regex("[^*\\s]", value))
      ]
      if try(exception.match != null, false)
    ]))
  }

  validation {
    condition = alltrue([
      for exception in values(var.exceptions) : can(regex("^[0-9]{12}$", exception.match.account))
      if can(regex("[^*\\s]", exception.match.account))
    ])
    error_message = join("\n", [
      for name, exception in var.exceptions :
      "${var.path}.${name}.match.account is \"${exception.match.account}\"; it must be the 12 digits of an account, in quotes."
      if can(regex("[^*\\s]", exception.match.account)) && !can(regex("^[0-9]{12}$", exception.match.account))
    ])
  }

  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
  # The session of an assumed role is named by whoever assumes it, so that it cannot excuse anything.
  validation {
    condition = alltrue([
      for exception in values(var.exceptions) :
      can(regex("^arn:(\\*|aws[a-z-]*):iam::(\\*|[0-9]{12}):(root|(user|role)/.+)$", exception.match.actor))
      if can(regex("[^*\\s]", exception.match.actor)) && !can(regex(":sts:|assumed-role", exception.match.actor))
    ])
    error_message = join("\n", [
      for name, exception in var.exceptions :
      "${var.path}.${name}.match.actor is \"${exception.match.actor}\"; it must be an IAM ARN, with * where you need it: arn:PARTITION:iam::ACCOUNT:role/NAME, arn:PARTITION:iam::ACCOUNT:user/NAME or arn:PARTITION:iam::ACCOUNT:root."
      if can(regex("[^*\\s]", exception.match.actor)) && !can(regex(":sts:|assumed-role", exception.match.actor)) &&
      !can(regex("^arn:(\\*|aws[a-z-]*):iam::(\\*|[0-9]{12}):(root|(user|role)/.+)$", exception.match.actor))
    ])
  }

  validation {
    condition = !anytrue([
      for exception in values(var.exceptions) : can(regex(":sts:|assumed-role", exception.match.actor))
    ])
    error_message = join("\n", [
      for name, exception in var.exceptions :
      "${var.path}.${name}.match.actor is \"${exception.match.actor}\", a session, whose name is chosen by whoever assumes the role. Give the role's own ARN, with its path: arn:PARTITION:iam::ACCOUNT:role/NAME."
      if can(regex(":sts:|assumed-role", exception.match.actor))
    ])
  }

  validation {
    condition = var.tags_excuse || !anytrue(flatten([
      for exception in values(var.exceptions) : [for key in keys(exception.match) : startswith(key, "tag:")]
      if try(exception.match != null, false)
    ]))
    error_message = join("\n", flatten([
      for name, exception in var.exceptions : [
        for key in keys(exception.match) :
        "${var.path}.${name}.match has ${key}, but tags never excuse anything from this automation: whoever can tag could switch it off. Match the resource or the actor."
        if startswith(key, "tag:")
      ]
      if try(exception.match != null, false)
    ]))
  }
}

variable "path" {
  description = "Where the user has written the exceptions, for the messages."
  type        = string
  nullable    = false
}

variable "scope" {
  description = "The automation that the exceptions are for, or `all`."
  type        = string
  nullable    = false
}

variable "tags_excuse" {
  description = "Whether an exception may match by tags."
  type        = bool
  default     = true
  nullable    = false
}
