"""Which genes drive a unit: counterfactual swaps, and what they are held against."""
