"""Contracts: what users build upon (commands, options, files, columns), kept as data and compared with what there is."""
