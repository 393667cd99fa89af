"""Measurements beside the peers, in the same process; run with `python -m benchmarks [NAME ...]`."""
