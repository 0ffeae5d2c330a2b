"""The atlas: all units of a model in one folder, all with the same fields."""
