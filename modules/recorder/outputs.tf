output "bucket_arn" {
  description = "ARN of the bucket that Config delivers to."
  value       = aws_s3_bucket.this.arn
}

output "recorder_name" {
  description = "Name of the recorder, known once it records."
  value       = aws_config_configuration_recorder_status.this.name
}

output "role_arn" {
  description = "ARN of the recorder's role."
  value       = aws_iam_role.this.arn
}
