# Attach it in the organization's management account, which it does not bind, to the accounts or units that Rearm is in:
#
#   aws organizations create-policy --type SERVICE_CONTROL_POLICY --name keep-rearm --description "Keep Rearm" \
#     --content "$(terraform output -raw service_control_policy)"
output "service_control_policy" {
  description = "What keeps everybody but the pipeline from silencing Rearm."
  value       = module.rearm.service_control_policy
}
