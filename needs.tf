# What an automation needs to see anything, where a plan can tell that it is missing. None of this fails a plan: another
# configuration may bring it, and the sweep looks in any case.
locals {
  # Where AWS records the calls of IAM and of other global services, and sign-ins, by partition.
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
  # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
  global_regions = {
    aws        = "us-east-1"
    aws-cn     = "cn-north-1"
    aws-us-gov = "us-gov-west-1"
  }

  # Of a partition that is not known here, nothing is said.
  global_region = lookup(local.global_regions, local.location.partition, local.location.region)

  with_global_events = [for name in keys(local.enabled) : name if local.manifests[name].global_events]

  without_config = [
    for name in keys(local.enabled) : name
    if contains(local.manifests[name].needs, "config") && !var.config &&
    try(jsondecode(module.settings[name].values[local.manifests[name].config_rules.existing]), []) == []
  ]
}

check "global_events_arrive" {
  assert {
    # A choice, and no `or`: where nobody needs them, the region may be known only after apply.
    condition     = var.global_events_forwarded || length(local.with_global_events) == 0 ? true : local.location.region == local.global_region
    error_message = "Some events for ${join(", ", local.with_global_events)} are in ${local.global_region} only, and this is ${local.location.region}: until they are brought here, the sweep alone sees what they would tell. Put modules/forwarder into ${local.global_region} and give global_events_forwarded = true, or deploy there."
  }
}

check "config_judges" {
  assert {
    condition     = length(local.without_config) == 0
    error_message = "Without rules of Config the sweep alone sees what happens for ${join(", ", local.without_config)}: config is false, and existing_config_rules is empty."
  }
}

module "guardduty" {
  source   = "./modules/guardduty"
  for_each = { for name, chosen in local.enabled : name => chosen if contains(local.manifests[name].needs, "guardduty") }

  automation = each.key
}
