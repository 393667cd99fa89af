"""What every room stands on: errors, units, files, labels, strict YAML, calculations and their identity."""
