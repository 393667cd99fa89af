"""Runs that exist already, whoever made them: found, read, recognised, paired and turned into surface energies."""
