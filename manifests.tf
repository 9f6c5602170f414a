locals {
  automations_folder = "${path.module}/lambda_src/rearm/automations"

  manifest_files = {
    for file in fileset(local.automations_folder, "*/automation.yaml") :
    dirname(file) => yamldecode(file("${local.automations_folder}/${file}"))
  }

  # Every manifest in one shape, with what it may leave out filled in. Default values of settings become text in the
  # form in which users give them, event patterns become JSON: both would be of a different type in every automation.
  manifests = {
    for name, manifest in local.manifest_files : name => {
      title               = manifest.title
      kind                = manifest.kind
      default_mode        = manifest.default_mode
      default_sweep_rate  = manifest.default_sweep_rate
      recommended         = try(manifest.recommended, false)
      global_events       = try(manifest.global_events, false)
      needs               = try(manifest.needs, [])
      tags_excuse         = try(manifest.tags_excuse, false)
      reads_tampering     = try(manifest.reads_tampering, false)
      resource_parameters = try(manifest.resource_parameters, [])
      controls            = try(manifest.controls, {})

      settings = {
        for key, setting in try(manifest.settings, {}) : key => {
          type    = setting.type
          default = try(tostring(setting.default), jsonencode(setting.default))
          allowed = try([for value in setting.allowed : tostring(value)], null)
          pattern = try(setting.pattern, null)
          minimum = try(setting.minimum, null)
          maximum = try(setting.maximum, null)

          # From an attribute of an object to its type.
          attributes = try(setting.attributes, {})
        }
      }

      events = {
        for key, event in try(manifest.triggers.events, {}) : key => {
          description     = event.description
          pattern         = jsonencode(event.pattern)
          read_only_calls = try(event.read_only_calls, false)
        }
      }

      config_rules = {
        existing  = try(manifest.triggers.config_rules.existing, null)
        frequency = try(manifest.triggers.config_rules.frequency, null)
        managed = {
          for key, rule in try(manifest.triggers.config_rules.managed, {}) : key => {
            description = rule.description
            identifier  = rule.identifier
            when        = { for setting, value in try(rule.when, {}) : setting => tostring(value) }
          }
        }
      }

      custom_config_rule = try({
        name        = manifest.triggers.custom_config_rule.name
        description = manifest.triggers.custom_config_rule.description
        frequency   = manifest.triggers.custom_config_rule.frequency
        when        = { for setting, value in try(manifest.triggers.custom_config_rule.when, {}) : setting => tostring(value) }
      }, null)

      permissions = [
        for permission in try(manifest.permissions, []) : {
          sid        = permission.sid
          effect     = try(permission.effect, "Allow")
          actions    = permission.actions
          resources  = permission.resources
          mode       = try(permission.mode, null)
          when       = { for setting, value in try(permission.when, {}) : setting => tostring(value) }
          conditions = try(permission.conditions, [])
        }
      ]
    }
  }

  # The controls of Security Hub's own standard, by which its findings name what they are about.
  # https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html
  security_controls = {
    for name, manifest in local.manifests : name => try(tolist(manifest.controls["AWS Foundational Security Best Practices"]), [])
  }

  # What is put behind the deployment's name to name the EventBridge rules, the longest names there are. What is off has
  # none.
  rule_suffixes = flatten([
    for name, manifest in local.manifests : [
      for key in local.chosen[name].mode == "off" ? [] : concat(
        keys(manifest.events),
        manifest.config_rules.existing == null ? [] : ["config"],
        var.security_hub && length(local.security_controls[name]) > 0 ? ["security-hub"] : [],
        ["sweep"],
      ) : "-${name}-${key}"
    ]
  ])
}
