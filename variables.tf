variable "alarm_actions" {
  description = "ARNs of what CloudWatch alarms of Rearm shall notify or start besides the alarms topic, at most four."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.alarm_actions) <= 4
    error_message = "alarm_actions has ${length(var.alarm_actions)} entries; CloudWatch takes five for an alarm and the alarms topic is one of them. Give at most four."
  }

  validation {
    condition     = alltrue([for action in var.alarm_actions : can(regex("^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$", action))])
    error_message = "alarm_actions takes full ARNs (arn:PARTITION:SERVICE:REGION:ACCOUNT:NAME), which these are not: ${join(", ", [for action in var.alarm_actions : jsonencode(action) if !can(regex("^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$", action))])}."
  }
}

variable "architecture" {
  description = "Processor architecture of the functions, `arm64` or `x86_64`."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is \"${var.architecture}\"; it must be arm64 or x86_64."
  }
}

# Terraform drops unknown attributes of an object without a word. Here that can only take something away from the
# default: a misspelt `exceptions` excuses nothing, a misspelt `quiet` still tells, a misspelt `sweep_rate` leaves the
# manifest's. What decides, `mode`, is required; the keys of `settings` and of `match` are free and are checked.
variable "automations" {
  description = "What is different from the manifests: a map from an automation's name to its mode (`off`, `notify` or `remediate`, required), its exceptions, the rate of its sweep (`rate(...)` or `cron(...)`) and its settings (lists through `jsonencode`)."
  type = map(object({
    mode = string
    exceptions = optional(map(object({
      match   = map(string)
      reason  = string
      expires = string
      quiet   = optional(bool, false)
    })), {})
    sweep_rate = optional(string)
    settings   = optional(map(string), {})
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.automations) : contains(keys(local.manifests), name)])
    error_message = "automations: there is no automation called ${join(", ", [for name in keys(var.automations) : "\"${name}\"" if !contains(keys(local.manifests), name)])}. The known ones are ${join(", ", keys(local.manifests))}."
  }

  validation {
    condition     = alltrue([for given in values(var.automations) : given != null])
    error_message = "automations: ${join(", ", [for name, given in var.automations : name if given == null])} is null. Leave the automation out to have its defaults, or give at least its mode."
  }

  validation {
    condition = alltrue([for given in values(var.automations) : contains(["off", "notify", "remediate"], try(coalesce(given.mode), ""))])
    error_message = join("\n", [
      for name, given in var.automations :
      "automations.${name}.mode is ${jsonencode(try(given.mode, null))}; it must be off, notify or remediate."
      if !contains(["off", "notify", "remediate"], try(coalesce(given.mode), ""))
    ])
  }

  validation {
    condition = alltrue([
      for given in values(var.automations) :
      can(regex("^(rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\\)|cron\\((\\S+ ){5}\\S+\\))$", given.sweep_rate))
      if try(given.sweep_rate, null) != null
    ])
    error_message = join("\n", [
      for name, given in var.automations :
      "automations.${name}.sweep_rate is \"${given.sweep_rate}\"; it must be rate(VALUE UNIT), as in rate(15 minutes) or rate(1 hour), or cron() with six fields."
      if try(given.sweep_rate, null) != null && !can(regex("^(rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\\)|cron\\((\\S+ ){5}\\S+\\))$", given.sweep_rate))
    ])
  }

  validation {
    condition = alltrue([
      for given in values(var.automations) : length(setintersection(keys(try(given.exceptions, {})), keys(var.exceptions))) == 0
    ])
    error_message = join("\n", [
      for name, given in var.automations :
      "automations.${name}.exceptions and exceptions both have ${join(", ", setintersection(keys(try(given.exceptions, {})), keys(var.exceptions)))}. Rename one: messages and the journal refer to an exception by its name."
      if length(setintersection(keys(try(given.exceptions, {})), keys(var.exceptions))) > 0
    ])
  }
}

variable "code_signing_config_arn" {
  description = "ARN of a Lambda code signing configuration, which needs a signed package in `lambda_package`."
  type        = string
  default     = null

  validation {
    condition     = var.code_signing_config_arn == null || can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[a-z0-9]{17}$", var.code_signing_config_arn))
    error_message = "code_signing_config_arn is ${jsonencode(var.code_signing_config_arn)}; it must be arn:PARTITION:lambda:REGION:ACCOUNT:code-signing-config:csc-ID."
  }

  validation {
    condition     = var.code_signing_config_arn == null || var.lambda_package != null
    error_message = "code_signing_config_arn needs lambda_package: Lambda accepts only a signed package from S3 then, and the committed one is not signed."
  }
}

variable "config" {
  description = "Whether to create Config rules, which needs the account's configuration recorder in this region (modules/recorder makes one)."
  type        = bool
  default     = true
  nullable    = false
}

variable "exceptions" {
  description = "Exceptions for all automations: a map from a name to what it matches (`resource`, `account`, `actor`, `tag:KEY`; all given ones must hold), the reason, and the last day in UTC as YYYY-MM-DD or `never`."
  type = map(object({
    match   = map(string)
    reason  = string
    expires = string
    quiet   = optional(bool, false)
  }))
  default  = {}
  nullable = false
}

variable "global_events_forwarded" {
  description = "Whether `modules/forwarder` brings the events here that are in the partition's global region only, so that no plan warns of their absence."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of a customer-managed KMS key for both topics, the table and the log groups, whose key policy lets CloudWatch and CloudWatch Logs use it; also needed if the topic in `notification_topic` is encrypted with it."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is ${jsonencode(var.kms_key_arn)}; it must be the ARN of a key, not of an alias: arn:PARTITION:kms:REGION:ACCOUNT:key/ID."
  }
}

variable "lambda_package" {
  description = "The Lambda package in S3 to use instead of the committed one; without `object_version` Terraform does not notice a new object under the same key."
  type = object({
    bucket         = string
    key            = string
    object_version = optional(string)
  })
  default = null

  validation {
    condition     = var.lambda_package == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.lambda_package.bucket))
    error_message = "lambda_package.bucket is ${jsonencode(try(var.lambda_package.bucket, null))}; it must be the name of an S3 bucket, neither an ARN nor a URL."
  }

  validation {
    condition     = var.lambda_package == null || can(regex("^[^/].*$", var.lambda_package.key))
    error_message = "lambda_package.key is ${jsonencode(try(var.lambda_package.key, null))}; it must be the key of an object, without a leading slash."
  }
}

variable "log_retention_days" {
  description = "Days for which the functions' logs are kept, 0 for ever."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs takes 0 (for ever), 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "memory_size" {
  description = "Memory of each function in megabytes, which also decides how much processor it gets."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240 && floor(var.memory_size) == var.memory_size
    error_message = "memory_size is ${var.memory_size}; it must be a whole number from 128 to 10240."
  }
}

variable "name" {
  description = "Name of this deployment, which starts the name of everything it creates."
  type        = string
  default     = "rearm"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]*[a-z0-9])?$", var.name))
    error_message = "name is \"${var.name}\"; it must be lower-case letters, digits and hyphens, start with a letter and not end with a hyphen."
  }

  validation {
    condition     = length(var.name) + max(0, [for suffix in local.rule_suffixes : length(suffix)]...) <= 64
    error_message = "name is \"${var.name}\", ${length(var.name)} characters; an EventBridge rule's name has at most 64, and Rearm adds ${join(" or ", [for suffix in local.rule_suffixes : suffix if length(suffix) + length(var.name) > 64])}. Give a name of at most ${64 - max(0, [for suffix in local.rule_suffixes : length(suffix)]...)} characters."
  }
}

variable "notification_emails" {
  description = "E-mail addresses that get the notifications and the alarms; each has to confirm both subscriptions."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for email in var.notification_emails : can(regex("^[^@\\s,;<>]+@[^@\\s,;<>]+\\.[^@\\s,;<>]+$", email))])
    error_message = "notification_emails takes plain addresses such as security@example.com, which these are not: ${join(", ", [for email in var.notification_emails : coalesce(email, "an empty one") if !can(regex("^[^@\\s,;<>]+@[^@\\s,;<>]+\\.[^@\\s,;<>]+$", email))])}."
  }
}

# An object, so that the topic may be one that the same configuration creates: whether there is one is known then, even
# if its ARN is not.
variable "notification_topic" {
  description = "Your own SNS topic for the notifications, by its ARN, instead of one that the module creates."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.notification_topic == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", var.notification_topic.arn))
    error_message = "notification_topic.arn is ${jsonencode(try(var.notification_topic.arn, null))}; it must be the ARN of a standard (not a FIFO) topic: arn:PARTITION:sns:REGION:ACCOUNT:NAME."
  }
}

variable "operator_role_arns" {
  description = "ARNs of the IAM roles of people who may write to the table besides the functions, which `make undo` and `make drill` need; `*` stands for any text."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.operator_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.*[^*?/]", arn))])
    error_message = "operator_role_arns takes ARNs of roles with their paths, arn:PARTITION:iam::ACCOUNT:role/NAME, with * where you need it, but neither sessions nor all roles, which these are not: ${join(", ", [for arn in var.operator_role_arns : jsonencode(arn) if !can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.*[^*?/]", arn))])}."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the IAM policy that bounds the permissions of the functions' roles."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is ${jsonencode(var.permissions_boundary_arn)}; it must be the ARN of a managed policy: arn:PARTITION:iam::ACCOUNT:policy/NAME."
  }
}

variable "protection_exempt_arns" {
  description = "ARNs of the IAM roles and users that the policies in `service_control_policy` and `iam_deny_policy` exempt besides the functions, first of all the one that deploys Rearm and your trails; `*` stands for any text."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.protection_exempt_arns : can(regex("^arn:(\\*|aws[a-z-]*):iam::(\\*|[0-9]{12}):(role|user)/.*[^*?/]", arn))])
    error_message = "protection_exempt_arns takes ARNs of roles and users with their paths, arn:PARTITION:iam::ACCOUNT:role/NAME, with * where you need it, but neither sessions nor all of them, which these are not: ${join(", ", [for arn in var.protection_exempt_arns : jsonencode(arn) if !can(regex("^arn:(\\*|aws[a-z-]*):iam::(\\*|[0-9]{12}):(role|user)/.*[^*?/]", arn))])}."
  }
}

variable "recommended" {
  description = "Whether the automations that are recommended beside those that are on by default say what they would do, in the mode `notify`, unless `automations` names them."
  type        = bool
  default     = false
  nullable    = false
}

variable "reserved_concurrency" {
  description = "Executions reserved for each function, taken from the account's limit; without it the functions share what is unreserved."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null || try(var.reserved_concurrency >= 1 && floor(var.reserved_concurrency) == var.reserved_concurrency, false)
    error_message = "reserved_concurrency is ${jsonencode(var.reserved_concurrency)}; it must be a whole number of at least 1, since 0 would switch the functions off. Use mode = \"off\" for that."
  }
}

variable "response_retention_days" {
  description = "Days for which the table keeps what was done about an alarm, for `make history` and `make undo`."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.response_retention_days >= 1 && var.response_retention_days <= 3653 && floor(var.response_retention_days) == var.response_retention_days
    error_message = "response_retention_days is ${var.response_retention_days}; it must be a whole number of days from 1 to 3653."
  }
}

variable "role_path" {
  description = "Path of the functions' roles in IAM."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@-]+/)*$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path is \"${var.role_path}\"; it must begin and end with a slash, as in /security/."
  }
}

variable "runtime" {
  description = "Lambda runtime of the functions, `python3.11`, `python3.12` or `python3.13`."
  type        = string
  default     = "python3.13"
  nullable    = false

  validation {
    condition     = contains(["python3.11", "python3.12", "python3.13"], var.runtime)
    error_message = "runtime is \"${var.runtime}\"; it must be python3.11, python3.12 or python3.13."
  }
}

variable "security_hub" {
  description = "Whether findings of Security Hub, and its custom actions, reach the automations that serve their controls."
  type        = bool
  default     = false
  nullable    = false
}

variable "table_deletion_protection" {
  description = "Whether DynamoDB refuses to delete the table with the baselines and responses, which `terraform destroy` then cannot either."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags for everything that can have tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:") && length(key) >= 1 && length(key) <= 128])
    error_message = "tags: a key has 1 to 128 characters and does not start with aws:, which ${join(", ", [for key in keys(var.tags) : "\"${key}\"" if startswith(lower(key), "aws:") || length(key) < 1 || length(key) > 128])} does not keep to."
  }

  validation {
    condition     = alltrue([for value in values(var.tags) : try(length(value) <= 256, false)])
    error_message = "tags: a value has at most 256 characters and is not null, which the value of ${join(", ", [for key, value in var.tags : key if !try(length(value) <= 256, false)])} does not keep to."
  }
}

variable "timeout" {
  description = "Seconds after which a function is stopped."
  type        = number
  default     = 60
  nullable    = false

  validation {
    # No call begins with less than 8 seconds left, and one that hangs is tried again: less would leave no time to work.
    condition     = var.timeout >= 30 && var.timeout <= 900 && floor(var.timeout) == var.timeout
    error_message = "timeout is ${var.timeout}; it must be a whole number of seconds from 30 to 900."
  }
}

variable "tracing" {
  description = "Whether the functions send traces to X-Ray."
  type        = bool
  default     = false
  nullable    = false
}
