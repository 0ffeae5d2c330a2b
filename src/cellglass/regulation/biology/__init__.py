"""What layers hold: pathways, interactions, values, classes of regulators."""
