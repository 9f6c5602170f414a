locals {
  # How JSON of each type of an attribute looks. An attribute that is null is as good as left out.
  forms = {
    bool   = "^(true|false|null)$"
    list   = "^(\\[.*\\]|null)$"
    number = "^(-?[0-9].*|null)$"
    string = "^(\".*\"|null)$"
  }
  articles = {
    bool   = "true or false"
    list   = "a list"
    number = "a number"
    string = "a text in quotes"
  }
}

variable "automation" {
  description = "Name of the automation, for the messages."
  type        = string
  nullable    = false
}

variable "known" {
  description = "The settings that the automation's manifest declares, with their defaults as text."
  type = map(object({
    type    = string
    default = string
    allowed = optional(list(string))
    pattern = optional(string)
    minimum = optional(number)
    maximum = optional(number)

    # For objects: from the name of an attribute to its type.
    attributes = optional(map(string), {})
  }))
  nullable = false
}

variable "values" {
  description = "The settings that the user has given, as text; lists and objects, and nothing else, as JSON."
  type        = map(string)
  nullable    = false

  validation {
    condition = alltrue([for key in keys(var.values) : contains(keys(var.known), key)])
    error_message = join("\n", [
      for key in keys(var.values) :
      "automations.${var.automation}.settings: there is no setting called \"${key}\". The known ones are ${join(", ", keys(var.known))}."
      if !contains(keys(var.known), key)
    ])
  }

  validation {
    condition     = alltrue([for value in values(var.values) : value != null])
    error_message = "automations.${var.automation}.settings: ${join(", ", [for key, value in var.values : key if value == null])} is null. Leave the setting out to have its default."
  }

  validation {
    condition = alltrue([
      for key, value in var.values : contains(["true", "false"], coalesce(value, "null"))
      if try(var.known[key].type, "") == "bool"
    ])
    error_message = join("\n", [
      for key, value in var.values :
      "automations.${var.automation}.settings.${key} is ${jsonencode(value)}; it must be true or false."
      if try(var.known[key].type, "") == "bool" && !contains(["true", "false"], coalesce(value, "null"))
    ])
  }

  validation {
    condition = alltrue([
      for key, value in var.values : can(regex("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$", value))
      if try(var.known[key].type, "") == "number"
    ])
    error_message = join("\n", [
      for key, value in var.values :
      "automations.${var.automation}.settings.${key} is ${jsonencode(value)}; it must be a number."
      if try(var.known[key].type, "") == "number" && !can(regex("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$", value))
    ])
  }

  validation {
    condition = alltrue([
      for key, value in var.values :
      can(regex("^\\s*\\[", value)) && try(alltrue([for element in jsondecode(value) : startswith(jsonencode(element), "\"")]), false)
      if try(var.known[key].type, "") == "list"
    ])
    error_message = join("\n", [
      for key, value in var.values :
      "automations.${var.automation}.settings.${key} is ${jsonencode(value)}; it must be a list of strings as JSON, written jsonencode([\"first\", \"second\"])."
      if try(var.known[key].type, "") == "list" && !(can(regex("^\\s*\\[", value)) && try(alltrue([for element in jsondecode(value) : startswith(jsonencode(element), "\"")]), false))
    ])
  }

  validation {
    condition = alltrue([
      for key, value in var.values : can(regex("^\\s*\\{", value)) && can(keys(jsondecode(value)))
      if try(var.known[key].type, "") == "objects"
    ])
    error_message = join("\n", [
      for key, value in var.values :
      "automations.${var.automation}.settings.${key} is ${jsonencode(value)}; it must be a map of objects as JSON, written jsonencode({ name = { ${keys(var.known[key].attributes)[0]} = ... } })."
      if try(var.known[key].type, "") == "objects" && !(can(regex("^\\s*\\{", value)) && can(keys(jsondecode(value))))
    ])
  }

  # Values of different types in one JSON text can be looked at one by one only: nothing here brings them together. What
  # is no map at all is reported above and has no entries here.
  validation {
    condition = alltrue(flatten([
      for key, value in var.values : [
        for entry in try(jsondecode(value), {}) : startswith(jsonencode(entry), "{")
      ]
      if try(var.known[key].type, "") == "objects" && can(regex("^\\s*\\{", value))
    ]))
    error_message = join("\n", flatten([
      for key, value in var.values : [
        for name, entry in try(jsondecode(value), {}) :
        "automations.${var.automation}.settings.${key}: \"${name}\" is ${jsonencode(entry)}; it must be an object with some of ${join(", ", keys(var.known[key].attributes))}."
        if !startswith(jsonencode(entry), "{")
      ]
      if try(var.known[key].type, "") == "objects" && can(regex("^\\s*\\{", value))
    ]))
  }

  validation {
    condition = alltrue(flatten([
      for key, value in var.values : [
        for entry in try(jsondecode(value), {}) : [
          for attribute in try(keys(entry), []) : contains(keys(var.known[key].attributes), attribute)
        ]
      ]
      if try(var.known[key].type, "") == "objects" && can(regex("^\\s*\\{", value))
    ]))
    error_message = join("\n", flatten([
      for key, value in var.values : [
        for name, entry in try(jsondecode(value), {}) : [
          for attribute in try(keys(entry), []) :
          "automations.${var.automation}.settings.${key}: \"${name}\" has ${jsonencode(attribute)}, which is none of its attributes: ${join(", ", keys(var.known[key].attributes))}."
          if !contains(keys(var.known[key].attributes), attribute)
        ]
      ]
      if try(var.known[key].type, "") == "objects" && can(regex("^\\s*\\{", value))
    ]))
  }

  validation {
    condition = alltrue(flatten([
      for key, value in var.values : [
        for entry in try(jsondecode(value), {}) : [
          for attribute in try(keys(entry), []) :
          can(regex(local.forms[var.known[key].attributes[attribute]], jsonencode(entry[attribute])))
          if contains(keys(var.known[key].attributes), attribute)
        ]
      ]
      if try(var.known[key].type, "") == "objects" && can(regex("^\\s*\\{", value))
    ]))
    error_message = join("\n", flatten([
      for key, value in var.values : [
        for name, entry in try(jsondecode(value), {}) : [
          for attribute in try(keys(entry), []) :
          "automations.${var.automation}.settings.${key}: ${attribute} of \"${name}\" is ${jsonencode(entry[attribute])}; it must be ${local.articles[var.known[key].attributes[attribute]]}."
          if contains(keys(var.known[key].attributes), attribute) &&
          !can(regex(try(local.forms[var.known[key].attributes[attribute]], ""), jsonencode(entry[attribute])))
        ]
      ]
      if try(var.known[key].type, "") == "objects" && can(regex("^\\s*\\{", value))
    ]))
  }

  # A value that is not even a list is reported above and has no elements here.
  validation {
    condition = alltrue(flatten([
      for key, value in var.values : [
        for element in try(var.known[key].type, "") == "list" ? try(tolist(jsondecode(value)), []) : [value] :
        contains(var.known[key].allowed, element)
      ]
      if try(var.known[key].allowed, null) != null && value != null
    ]))
    error_message = join("\n", flatten([
      for key, value in var.values : [
        for element in try(var.known[key].type, "") == "list" ? try(tolist(jsondecode(value)), []) : [value] :
        "automations.${var.automation}.settings.${key}: \"${element}\" is not one of ${join(", ", var.known[key].allowed)}."
        if !contains(var.known[key].allowed, element)
      ]
      if try(var.known[key].allowed, null) != null && value != null
    ]))
  }

  validation {
    condition = alltrue(flatten([
      for key, value in var.values : [
        for element in try(var.known[key].type, "") == "list" ? try(tolist(jsondecode(value)), []) : [value] :
        can(regex(var.known[key].pattern, element))
      ]
      if try(var.known[key].pattern, null) != null && value != null
    ]))
    error_message = join("\n", flatten([
      for key, value in var.values : [
        for element in try(var.known[key].type, "") == "list" ? try(tolist(jsondecode(value)), []) : [value] :
        "automations.${var.automation}.settings.${key}: \"${element}\" does not look like ${var.known[key].pattern}."
        if !can(regex(var.known[key].pattern, element))
      ]
      if try(var.known[key].pattern, null) != null && value != null
    ]))
  }

  validation {
    condition = alltrue([
      for key, value in var.values :
      tonumber(value) >= coalesce(var.known[key].minimum, tonumber(value)) && tonumber(value) <= coalesce(var.known[key].maximum, tonumber(value))
      if try(var.known[key].type, "") == "number" && can(tonumber(value)) && value != null
    ])
    error_message = join("\n", [
      for key, value in var.values :
      "automations.${var.automation}.settings.${key} is ${value}; it must be ${join(" and ", compact([try("at least ${var.known[key].minimum}", ""), try("at most ${var.known[key].maximum}", "")]))}."
      if try(var.known[key].type, "") == "number" && can(tonumber(value)) && value != null &&
      !try(tonumber(value) >= coalesce(var.known[key].minimum, tonumber(value)) && tonumber(value) <= coalesce(var.known[key].maximum, tonumber(value)), true)
    ])
  }
}
