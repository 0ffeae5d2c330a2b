"""The study of concepts as tasks and analyses: what `cellglass run` does."""
