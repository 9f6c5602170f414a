"""IAM high authority: the judgement, the baseline, findings, near misses and errors."""
