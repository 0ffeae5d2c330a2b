"""Perturbation screens: labels, metadata, cells."""

from __future__ import annotations

from cellglass.data.screens.fold_changes import (
    FoldChanges,
    is_fold_changes,
    read_fold_changes,
)
from cellglass.data.screens.labels import PerturbationLabel, is_control, parse_label, parse_labels
from cellglass.data.screens.metadata import MODALITIES, Modality, read_modality
from cellglass.data.screens.opening import open_screen
from cellglass.data.screens.screen import Screen, ScreenReport

__all__ = [
    "MODALITIES",
    "FoldChanges",
    "Modality",
    "PerturbationLabel",
    "Screen",
    "ScreenReport",
    "is_control",
    "is_fold_changes",
    "open_screen",
    "parse_label",
    "parse_labels",
    "read_fold_changes",
    "read_modality",
]
