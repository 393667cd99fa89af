"""Other people's libraries, where they are slow or lack a door: one module a library, each tested with its version."""
