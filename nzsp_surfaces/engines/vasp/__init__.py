"""VASP: settings, inputs, potentials, legs under custodian, reading."""
