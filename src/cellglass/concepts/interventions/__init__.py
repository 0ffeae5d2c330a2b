"""What changes when a concept is changed."""
