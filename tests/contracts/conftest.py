"""Contracts: what users build upon (commands, options, variables, files, columns), kept as data beside the tests."""
