"""Studies through FireWorks: jobs, database, its embedded file."""
