"""What computes energies and forces, each entered in one registry."""
