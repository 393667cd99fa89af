"""What dynamics did: pure functions of positions and times."""
