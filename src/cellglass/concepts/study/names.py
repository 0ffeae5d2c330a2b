"""Names of tasks and of what stands in their folders."""

from __future__ import annotations

from typing import Literal

Variant = Literal["", "untrained", "shuffled"]
"""The model as it is, its untrained copy, or the model on cells with shuffled expression."""

STORE, CELLS_FILE, SPLIT = "store", "cells.npy", "split.npy"
TRAIN, VALIDATION, TEST = 0, 1, 2
"""Codes in `SPLIT`."""


def within(model: str, variant: Variant = "") -> str:
    """A model's name with what was done to it."""
    return f"{model}-{variant}" if variant else model


def embedding_name(model: str, variant: Variant = "") -> str:
    """Task that embedded the cells."""
    return f"concept-cells/{within(model, variant)}"


def dictionary_name(model: str, variant: Variant = "") -> str:
    """Task that trained dictionaries, one a seed."""
    return f"concept-dictionary/{within(model, variant)}"


def units_name(model: str) -> str:
    """Task that chose the units."""
    return f"concept-units/{model}"


def attribution_name(model: str, shard: int | None = None) -> str:
    """Task that attributed genes to the units, or one of its shards."""
    stem = f"concept-attribution/{model}"
    return stem if shard is None else f"{stem}/shard-{shard:04d}"


def curves_name(model: str) -> str:
    """Task that drew exchange curves."""
    return f"concept-curves/{model}"


def sanity_name(model: str) -> str:
    """Task that checked the attribution on cases in which it must collapse."""
    return f"concept-sanity/{model}"


def enrichment_name(model: str, library: str) -> str:
    """Task that tested units in a library."""
    return f"concept-enrichment/{model}/{library}"


def atlas_name(model: str) -> str:
    """Task that wrote the atlas."""
    return f"concept-atlas/{model}"


def seed_folder(seed: int) -> str:
    """Folder of the dictionary of a seed."""
    return f"seed-{seed:02d}"
