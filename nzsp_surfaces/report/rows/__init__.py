"""The rows of the public files: one dataclass a row, one field a column."""
