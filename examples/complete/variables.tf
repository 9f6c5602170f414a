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

variable "table_deletion_protection" {
  description = "Whether the table cannot be deleted, not even by `terraform destroy`; say true in production."
  type        = bool
  default     = false
  nullable    = false
}

variable "trails" {
  description = "What your trails must look like, from a trail's name to what is to be held against it."
  type = map(object({
    advanced_event_selector = optional(list(object({
      name = string
      field_selector = list(object({
        field  = string
        equals = list(string)
      }))
    })))
    enable_log_file_validation = optional(bool)
    is_multi_region_trail      = optional(bool)
    kms_key_id                 = optional(string)
    s3_bucket_name             = optional(string)
    s3_key_prefix              = optional(string)
  }))
  default  = {}
  nullable = false
}
