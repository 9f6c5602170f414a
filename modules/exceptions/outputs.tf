output "exceptions" {
  description = "The exceptions by name, each with its scope."
  value = {
    for name, exception in var.exceptions : name => {
      match   = exception.match
      reason  = exception.reason
      expires = exception.expires
      quiet   = exception.quiet
      scope   = var.scope
    }
  }
}
