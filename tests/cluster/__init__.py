"""A server and a queue of our own for the tests that need them."""
