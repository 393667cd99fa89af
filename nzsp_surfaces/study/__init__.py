"""A study file, read strictly, and in one piece."""
