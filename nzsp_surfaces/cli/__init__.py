"""The command `nzsp`, one module a command."""
