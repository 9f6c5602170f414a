"""The automation `trail_storage`: buckets and keys of trails."""
