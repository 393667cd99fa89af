"""Surface energies, their refusals, and the shapes that follow from them."""
