"""The automation `s3_encryption`: the default encryption of buckets."""
