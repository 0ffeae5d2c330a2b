"""Statistics of a concept and of a dictionary."""
