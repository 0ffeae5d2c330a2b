"""Gene states: one embedding a gene and layer."""
