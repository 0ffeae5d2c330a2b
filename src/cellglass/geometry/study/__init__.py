"""The study of geometry as tasks and analyses: what `cellglass run` does."""
