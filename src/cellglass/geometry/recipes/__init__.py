"""Recipes of the published screen as they were run, artefacts included."""
