"""The automation `cloudtrail_lake`: event data stores of CloudTrail Lake."""
