"""A table for every figure."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.figure import Figure

NAN = float("nan")


def score_rows(named: list[tuple[str, str, float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"score": n, "kind": k, "auroc": a, "auroc_low": a - 0.05, "auroc_high": a + 0.04}
            for n, k, a in named
        ]
    )


def tables() -> dict[str, pd.DataFrame]:
    """An example of what each function draws, with a dollar sign in a name."""
    return {
        "ablation_grid": pd.DataFrame(
            {"layer": [0, 0, 1, 1], "head": [0, 1, 0, 1], "change": [0.01, 0.02, 0.03, 9.5],
             "planted": [False, False, False, True]}
        ),
        "cssi_lines": pd.DataFrame(
            {"score": ["layer 0"] * 3 + ["a$b$"] * 3, "aggregator": ["pooled", "max", "mean"] * 2,
             "auroc": [0.60, 0.70, 0.58, 0.5, 0.51, 0.49],
             "shuffled_low": [NAN, 0.55, 0.55, NAN, 0.45, 0.45],
             "shuffled_high": [NAN, 0.65, 0.65, NAN, 0.55, 0.55]}
        ),
        "embedding_map": pd.DataFrame(
            {"x": [0.0, 1.0, 1.2, 5.0], "y": [0.0, 1.0, 1.4, 5.0],
             "label": ["B", "T $x$", "T $x$", "NK"]}
        ),
        "increment_forest": pd.DataFrame(
            {"score": ["layer 3", "co$t$"], "kind": ["candidate", "reference"],
             "increment": [-0.0034, 0.0083], "low": [-0.1164, -0.2023], "high": [0.0642, 0.0467]}
        ),
        "null_z": pd.DataFrame(
            {"null": ["label", "label", "label", "degree", "degree", "degree"],
             "score": ["layer 0", "|Spearman|", "la$y$er 1"] * 2,
             "z": [4.0, 2.0, 1.0, 1.5, -0.5, 0.2],
             "p_adjusted": [0.0004, 0.1, 0.2, 0.06, 0.7, 0.4]}
        ),
        "prediction_losses": pd.DataFrame(
            {"predictor": ["model", "the mean $of$ the gene", "worse"], "loss": [1.2, 1.5, 1.1],
             "gain_of_model": [NAN, 0.2, -0.09], "low": [NAN, 0.15, -0.1],
             "high": [NAN, 0.25, -0.08]}
        ),
        "reliability_lines": pd.DataFrame(
            {"score": ["m$o$d"] * 4 + ["untrained"] * 2, "layer": [1, 0, 0, 1, 0, 1],
             "part": ["whole", "whole", "pairwise", "pairwise", "whole", "whole"],
             "mean": [0.8, 0.9, 0.7, 0.6, 0.5, 0.4], "smallest": [0.7, 0.8, 0.6, 0.5, 0.4, 0.3],
             "largest": [0.85, 0.95, 0.8, 0.7, 0.6, 0.5]}
        ),
        "score_forest": score_rows(
            [("layer 0", "candidate", 0.7), ("$layer$ 1", "candidate", 0.6),
             ("|Spearman|", "reference", 0.55), ("mean", "baseline", 0.52)]
        ),
        "separation_bars": pd.DataFrame(
            {"embedding": ["mo$d$el", "untrained copy"], "balanced_accuracy": [0.66, 0.33],
             "permuted_labels": [0.1, 0.11]}
        ),
    }  # fmt: skip


@pytest.fixture
def all_tables() -> dict[str, pd.DataFrame]:
    """The examples by function."""
    return tables()


@pytest.fixture
def table(request) -> pd.DataFrame:
    """The example of the function that the test module is about."""
    return tables()[request.module.__name__.rpartition("test_")[2]]


@pytest.fixture
def ax():
    """Axes of a figure of a report's width."""
    return Figure((6.4, 4.0), layout="constrained").subplots()


@pytest.fixture
def narrow_ax():
    """Axes of a figure of a phone's width."""
    return Figure((3.5, 4.0), layout="constrained").subplots()
