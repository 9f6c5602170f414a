variable "code_signing_config_arn" {
  description = "ARN of your Lambda code signing configuration, if you enforce one."
  type        = string
  default     = null
}

variable "lambda_package" {
  description = "Your own Lambda package in S3, if you have one."
  type = object({
    bucket         = string
    key            = string
    object_version = optional(string)
  })
  default = null
}

variable "notification_topic" {
  description = "Your own topic for the notifications, if you have one."
  type = object({
    arn = string
  })
  default = null
}
