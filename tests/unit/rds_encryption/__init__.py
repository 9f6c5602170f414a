"""The automation `rds_encryption` in process, under moto."""
