"""Prior knowledge about pairs: support by databases, similarity of annotations."""
