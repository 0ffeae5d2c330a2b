"""Checks that catch the artefacts of published screens."""
