"""How edges depend on cells, models and methods: ladders of cells, several models, GRN methods."""
