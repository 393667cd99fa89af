"""From a crystal and a plane to every admissible slab."""
