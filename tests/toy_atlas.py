"""A small atlas with all its tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from cellglass.concepts.atlas.content import AtlasContent

N_CELLS, GENES, WIDTH = 6, ("ISG15", "NKG7", "LYZ"), 2
NAMES = ("concept 4", "concept 9", "neuron 0 +")


def tables() -> dict[str, pd.DataFrame]:
    return {
        "units": pd.DataFrame(
            {
                "unit": [0, 1, 2],
                "name": NAMES,
                "kind": ["concept", "concept", "neuron"],
                "index": [4, 9, 0],
                "matched": [-1, -1, 0],
                "attributed": [True, True, True],
                "frequency": [0.5, 1 / 6, 0.5],
                "n_terms": [1, 0, 0],
                "n_genes": [1, 0, 1],
            }
        ),
        "cells": pd.DataFrame(
            {
                "cell": [f"c{i}" for i in range(N_CELLS)],
                "label": ["B", "T"] * 3,
                "donor": ["d1"] * 3 + ["d2"] * 3,
                "batch": [""] * N_CELLS,
                "split": ["train"] * 4 + ["test"] * 2,
                "x": np.arange(6.0),
                "y": np.arange(6.0)[::-1],
            }
        ),
        "genes": pd.DataFrame({"gene": GENES, "mean": [1.0, 2.0, 3.0], "detection": [0.5] * 3}),
        "attribution": pd.DataFrame(
            {
                "unit": [0, 0, 1, 2],
                "gene": ["ISG15", "LYZ", "ISG15", "NKG7"],
                "score": [0.4, -0.2, 0.1, 0.3],
                "low": [0.3, -0.3, -0.1, 0.2],
                "high": [0.5, -0.1, 0.3, 0.4],
                "n": [12, 11, 10, 12],
                "verified": [True] * 4,
                "p": [0.001, 0.002, 0.4, 0.001],
                "q": [0.002, 0.003, 0.4, 0.001],
                "de": [1.0, -1.0, 0.2, 0.4],
                "de_rank": [1, 2, 3, 1],
            }
        ),
        "enrichment": pd.DataFrame(
            {
                "unit": [0, 0],
                "library": ["hallmark", "hallmark"],
                "term": ["H2", "H1"],
                "term_name": ["other", "interferon alpha response"],
                "method": ["ora", "ora"],
                "overlap": [1, 2],
                "size": [10, 20],
                "effect": [1.0, 9.0],
                "p": [0.5, 0.001],
                "q": [0.6, 0.01],
                "genes": ["LYZ", "ISG15,LYZ"],
            }
        ),
    }


def content(**changed: Any) -> AtlasContent:
    """A whole atlas; `tables` replaces single tables, other keywords replace arrays."""
    given = tables() | changed.pop("tables", {})
    active = np.zeros((3, N_CELLS), np.float32)
    active[0, :3], active[1, 5], active[2, 2:5] = [1.0, 2.0, 0.5], 3.0, 1.0
    scores = np.full((3, 3), np.nan, np.float32)
    scores[0, 0], scores[0, 2], scores[1, 0], scores[2, 1] = 0.4, -0.2, 0.1, 0.3
    held: dict[str, Any] = {
        "model": "toy",
        "activations": sparse.csr_matrix(active),
        "directions": np.array([[1, 0], [0, 1], [1, 0]], np.float32),
        "mean": np.array([0.5, -0.5], np.float32),
        "scale": 2.0,
        "scores": scores,
        "meta": {"noise_floor": float("nan"), "seed": np.int64(3), "k": (1, 2)},
    }
    return AtlasContent(tables=given, **(held | changed))
