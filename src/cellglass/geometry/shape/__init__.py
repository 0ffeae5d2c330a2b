"""Spectra and local shape of a cloud."""
