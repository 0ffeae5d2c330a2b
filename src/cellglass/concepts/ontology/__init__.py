"""What the genes of a unit mean: enrichment of terms with matched nulls."""
