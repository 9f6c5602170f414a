output "values" {
  description = "Every setting of the automation as text: what the user has given, else the default."
  value       = { for key, setting in var.known : key => lookup(var.values, key, setting.default) }
}
