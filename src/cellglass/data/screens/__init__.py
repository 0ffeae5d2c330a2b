"""Perturbation screens: labels, metadata, cells."""

from __future__ import annotations

from cellglass.data.screens.labels import PerturbationLabel, is_control, parse_label, parse_labels
from cellglass.data.screens.metadata import MODALITIES, Modality, read_modality
from cellglass.data.screens.opening import open_screen
from cellglass.data.screens.screen import Screen, ScreenReport

__all__ = [
    "MODALITIES",
    "Modality",
    "PerturbationLabel",
    "Screen",
    "ScreenReport",
    "is_control",
    "open_screen",
    "parse_label",
    "parse_labels",
    "read_modality",
]
