"""A table for every figure."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.figure import Figure

NAN, INF = float("nan"), float("inf")


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
        "balance_points": pd.DataFrame(
            {"covariate": ["target me$a$n", "propensity"], "before": [0.8, -0.4],
             "after": [0.05, -0.15]}
        ),
        "betti_curves": pd.DataFrame(
            {"series": ["cl$o$ud"] * 6 + ["null draw"] * 3, "dimension": [0] * 3 + [1] * 6,
             "scale": [0.0, 0.5, 1.0] * 3, "betti": [9, 4, 1, 0, 3, 1, 0, 1, 0],
             "low": [NAN] * 3 + [0.0, 0.5, 0.0] * 2, "high": [NAN] * 3 + [0.0, 2.0, 1.0] * 2}
        ),
        "class_points": pd.DataFrame(
            {"group": ["others"] * 3 + ["ma$s$ter"] * 2, "regulator": ["A", "B", "C", "D$x$", "E"],
             "value": [0.4, 0.5, 0.9, 0.6, 0.8], "n_targets": [3, 4, 20, 5, 9]}
        ),
        "composition_lines": pd.DataFrame(
            {"design": ["cells"] * 4 + ["states"] * 4, "drawn": ["cells"] * 8,
             "score": ["|Spearman|", "|Spearman|", "the mean of $x$", "the mean of $x$"] * 2,
             "n_cells": [100, 200] * 2 + [90] * 4, "n_states": [3] * 4 + [1, 2] * 2,
             "step": [0, 1] * 2 + [1, 2] * 2, "auroc": [0.5, 0.6, 0.52, 0.51, 0.55, 0.5, 0.4, 0.45]}
        ),
        "context_forest": pd.DataFrame(
            {"screen": ["K5$6$2", "THP-1"], "modality": ["CRISPRi", "CRISPRko"],
             "auroc": [0.70, 0.55], "auroc_low": [0.66, 0.42], "auroc_high": [0.74, 0.68],
             "coexpression": [0.69, 0.58], "best_single_gene": [0.88, 0.61]}
        ),
        "cssi_configurations": pd.DataFrame(
            {"configuration": ["small"] * 4 + ["la$r$ge"] * 4,
             "strata": ["pooled", "max", "shuffled", "K-means"] * 2,
             "f1": [0.83, 0.95, 0.72, 0.6, 0.56, 0.91, 0.36, 0.25], "sd": [0.05] * 8,
             "specification": [0.83, 0.94, 0.73, NAN, 0.561, 0.907, 0.361, NAN],
             "paper": [0.85, 0.96, NAN, 0.61, 0.486, 0.9, NAN, 0.257]}
        ),
        "cssi_lines": pd.DataFrame(
            {"score": ["layer 0"] * 3 + ["a$b$"] * 3, "aggregator": ["pooled", "max", "mean"] * 2,
             "auroc": [0.60, 0.70, 0.58, 0.5, 0.51, 0.49],
             "shuffled_low": [NAN, 0.55, 0.55, NAN, 0.45, 0.45],
             "shuffled_high": [NAN, 0.65, 0.65, NAN, 0.55, 0.55]}
        ),
        "degree_parts": pd.DataFrame(
            {"score": ["layer 0", "|Spearman|", "target $v$ariance"],
             "kind": ["candidate", "reference", "baseline"], "observed": [0.757, 0.6, 0.55],
             "null_mean": [0.69, 0.61, 0.55], "null_sd": [0.02, 0.01, 0.0], "z": [3.35, -1.0, NAN]}
        ),
        "difference_forest": pd.DataFrame(
            {"ranking": ["target $v$ariance", "responds elsewhere"], "difference": [-0.18, 0.02],
             "difference_low": [-0.21, -0.01], "difference_high": [-0.15, 0.05]}
        ),
        "dose_lines": pd.DataFrame(
            {"unit": ["con$c$ept 1"] * 3 + ["concept 2"] * 3, "dose": [0.0, 1.0, 2.0] * 2,
             "effect": [0.4, 0.0, 0.5, 0.2, 0.0, 0.3], "random": [0.1, 0.0, 0.1] * 2}
        ),
        "exchange_curves": pd.DataFrame(
            {"unit": ["con$c$ept 1"] * 4, "order": ["sco$r$e", "sco$r$e", "random", "random"],
             "share": [0.0, 1.0, 0.0, 1.0], "activation": [1.0, 0.0, 1.0, 0.1]}
        ),
        "embedding_map": pd.DataFrame(
            {"x": [0.0, 1.0, 1.2, 5.0], "y": [0.0, 1.0, 1.4, 5.0],
             "label": ["B", "T $x$", "T $x$", "NK"]}
        ),
        "gene_cloud": pd.DataFrame(
            {"gene": ["GATA1", "S$P$I1", "ACTB", "B2M", "MYC"], "x": [3.0, 0.0, -1.0, 0.1, 0.2],
             "y": [1.0, 2.0, 0.0, 0.1, -0.2],
             "group": ["regu$l$ator"] * 2 + ["target"] * 2 + [None]}
        ),
        "held_out_choice": pd.DataFrame(
            {"aggregator": ["pooled", "pooled", "max", "max"],
             "auroc_choosing": [0.60, 0.58, 0.70, 0.65], "auroc": [0.59, 0.60, 0.62, 0.64],
             "chosen": [True, False, True, False]}
        ),
        "increment_forest": pd.DataFrame(
            {"score": ["layer 3", "co$t$"], "kind": ["candidate", "reference"],
             "increment": [-0.0034, 0.0083], "low": [-0.1164, -0.2023], "high": [0.0642, 0.0467]}
        ),
        "kind_forest": pd.DataFrame(
            {"kind": ["concept", "neu$r$on", "component"], "measure": ["annotated share"] * 3,
             "estimate": [0.5, 0.3, 0.45], "low": [0.4, 0.2, NAN], "high": [0.6, 0.4, NAN],
             "null": [0.1, 0.1, NAN]}
        ),
        "layer_lines": pd.DataFrame(
            {"series": ["net$w$ork"] * 3 + ["net$w$ork, untrained"] * 3 + ["|Spearman|"],
             "layer": [2, 0, 1, 0, 1, 2, None], "value": [0.7, 0.5, 0.6, 0.5, 0.5, 0.5, 0.62],
             "low": [0.6, 0.4, 0.5, 0.4, 0.4, 0.4, 0.6],
             "high": [0.8, 0.6, 0.7, 0.6, 0.6, 0.6, 0.64]}
        ),
        "layer_matrix": pd.DataFrame(
            {"first_layer": [1, 1, 0, 0], "second_layer": [-1, 0, -1, 0],
             "cka": [0.4, 0.9, 0.8, NAN]}
        ),
        "margin_points": pd.DataFrame(
            {"row": ["H1$3$9 lung", "H139 immune", "H140", "H141"],
             "observed": [0.03, 0.05, -155.4, 0.01], "null_gap": [0.01, 0.03, -0.02, NAN],
             "strict_margin": [-0.004, 0.02, -0.03, NAN]}
        ),
        "null_z": pd.DataFrame(
            {"null": ["label", "label", "label", "degree", "degree", "degree"],
             "score": ["layer 0", "|Spearman|", "la$y$er 1"] * 2,
             "z": [4.0, 2.0, 1.0, 1.5, -0.5, 0.2],
             "p_adjusted": [0.0004, 0.1, 0.2, 0.06, 0.7, 0.4]}
        ),
        "overlap_matrix": pd.DataFrame(
            {"first": ["trrust", "trrust", "colle$c$tri", "colle$c$tri", "dorothea", "dorothea"],
             "second": ["colle$c$tri", "dorothea", "trrust", "dorothea", "trrust", "colle$c$tri"],
             "share_of_first": [0.93, 0.38, 0.18, 0.12, 0.24, 0.38]}
        ),
        "persistence_diagram": pd.DataFrame(
            {"dimension": [0, 0, 1, 1], "birth": [0.0, 0.0, 1.0, 0.9],
             "death": [0.8, INF, 1.7, 1.0], "series": ["cl$o$ud"] * 3 + ["null draw"]}
        ),
        "prediction_losses": pd.DataFrame(
            {"predictor": ["model", "the mean $of$ the gene", "worse"], "loss": [1.2, 1.5, 1.1],
             "gain_of_model": [NAN, 0.2, -0.09], "low": [NAN, 0.15, -0.1],
             "high": [NAN, 0.25, -0.08]}
        ),
        "regulator_points": pd.DataFrame(
            {"score": ["layer 0"] * 4 + ["$layer$ 1"],
             "regulator": ["SPI1", "MY$C$", "A", "B", "A"], "n_targets": [12, 1, 3, 3, 3],
             "auroc": [0.8, 0.9, 0.5, 0.45, 0.6],
             "low": [0.7, NAN, 0.2, 0.1, 0.3], "high": [0.9, NAN, 0.8, 0.7, 0.9]}
        ),
        "reliability_lines": pd.DataFrame(
            {"score": ["m$o$d"] * 4 + ["untrained"] * 2, "layer": [1, 0, 0, 1, 0, 1],
             "part": ["whole", "whole", "pairwise", "pairwise", "whole", "whole"],
             "mean": [0.8, 0.9, 0.7, 0.6, 0.5, 0.4], "smallest": [0.7, 0.8, 0.6, 0.5, 0.4, 0.3],
             "largest": [0.85, 0.95, 0.8, 0.7, 0.6, 0.5]}
        ),
        "response_forest": score_rows(
            [("layer chosen on other perturbations", "candidate", 0.7),
             ("layer 0", "candidate", 0.6), ("|Spearman|", "reference", 0.65),
             ("target $v$ariance", "baseline", 0.8)]
        ).assign(configuration="primary"),
        "response_layers": pd.DataFrame(
            {"score": ["layer 0", "layer 1", "la$y$er 2"], "auroc": [0.55, 0.72, 0.6],
             "auroc_low": [0.5, 0.68, 0.55], "auroc_high": [0.6, 0.76, 0.66],
             "coexpression": [0.66] * 3, "chosen_in_folds": [0, 4, 1],
             "untrained": [0.51, 0.5, 0.49]}
        ),
        "retained_forest": pd.DataFrame(
            {"score": ["layer 0", "|Spearman|", "no$i$se"],
             "kind": ["candidate", "reference", "candidate"], "auroc": [0.7, 0.66, 0.5],
             "auroc_low": [0.6, 0.6, 0.45], "auroc_high": [0.8, 0.7, 0.56],
             "auroc_residual": [0.55, 0.68, NAN], "auroc_residual_low": [0.5, 0.62, NAN],
             "auroc_residual_high": [0.6, 0.73, NAN], "retained": [0.25, 1.12, NAN]}
        ),
        "scaling_lines": pd.DataFrame(
            {"score": ["layer $0$"] * 4 + ["|Spearman|"] * 4, "kind": ["candidate"] * 4
             + ["reference"] * 4, "n_wanted": [25, 100] * 4, "n_cells": [20, 100, 24, 100] * 2,
             "auroc": [0.5, 0.6, 0.54, 0.6, 0.5, 0.52, 0.5, 0.56]}
        ),
        "score_forest": score_rows(
            [("layer 0", "candidate", 0.7), ("$layer$ 1", "candidate", 0.6),
             ("|Spearman|", "reference", 0.55), ("mean", "baseline", 0.52)]
        ),
        "sensitivity_points": pd.DataFrame(
            {"n_genes": [1000, 2000, 5000], "effect": [0.25, 0.5, 1.0],
             "score": [0.6, 0.7, NAN], "n_score": [12, 9, 1], "|Spearman|": [0.62, 0.68, 0.7],
             "n_|Spearman|": [12, 9, 4], "variance": [0.8, 0.85, 0.9], "n_variance": [20, 15, 6]}
        ),
        "separation_bars": pd.DataFrame(
            {"embedding": ["mo$d$el", "untrained copy"], "balanced_accuracy": [0.66, 0.33],
             "permuted_labels": [0.1, 0.11]}
        ),
        "spectrum_lines": pd.DataFrame(
            {"series": ["la$y$er 0"] * 3 + ["layer 1"] * 3, "component": [2, 1, 3, 1, 2, 3],
             "share": [0.3, 0.6, 0.1, 0.9, 0.1, 0.0], "low": [0.2, 0.3, 0.1, NAN, NAN, NAN],
             "high": [0.4, 0.5, 0.2, NAN, NAN, NAN]}
        ),
        "split_forest": pd.DataFrame(
            {"model": ["logistic"] * 3 + ["boosted"] * 2,
             "new": ["new perturbations"] * 3 + ["new perturbations and new target genes"] * 2,
             "features": ["single genes", *["single genes + score",
                                            "single genes + pairwise part"] * 2],
             "gain": [NAN, 0.02, 0.015, -0.001, 0.004],
             "gain_low": [NAN, 0.01, 0.0, -0.01, -0.002],
             "gain_high": [NAN, 0.03, 0.03, 0.008, 0.01]}
        ),
        "stability_lines": pd.DataFrame(
            {"source": ["another se$e$d"] * 2 + ["another data set"] * 2,
             "threshold": [0.9, 0.7] * 2, "share": [0.3, 0.6, 0.1, 0.2],
             "null": [0.0, 0.1, 0.0, 0.05]}
        ),
        "unit_genes": pd.DataFrame(
            {"unit": ["con$c$ept 1"] * 3 + ["concept 2"], "gene": ["IS$G$15", "LYZ", "B2M", "GNLY"],
             "score": [0.4, -0.2, 0.01, 0.9], "low": [0.3, -0.3, NAN, 0.8],
             "high": [0.5, -0.1, NAN, 1.0], "q": [0.01, 0.02, 0.9, 0.01],
             "de_rank": [1.0, 7.0, NAN, 2.0]}
        ),
        "unit_labels": pd.DataFrame(
            {"unit": ["concept 1"] * 2, "label": ["NK", "B $x$"], "share": [0.9, 0.1],
             "cells": [40, 60]}
        ),
        "unit_map": pd.DataFrame(
            {"unit": ["con$c$ept 1"] * 4, "x": [0.0, 1.0, 2.0, 1.5], "y": [0.0, 1.0, 0.5, 0.2],
             "activation": [0.0, 2.0, 1.0, 0.0]}
        ),
        "unit_points": pd.DataFrame(
            {"name": ["con$c$ept 1", "concept 2", "concept 3", "concept 4"],
             "frequency": [0.1, 0.01, 0.4, 0.0], "purity": [0.9, 0.2, 0.1, NAN],
             "technical": [False, True, False, False], "stability": [1.0, 0.0, 0.25, 0.0]}
        ),
        "unit_terms": pd.DataFrame(
            {"unit": ["concept 1"] * 3, "library": ["hall$m$ark", "GO", "GO"],
             "term_name": ["interferon alpha response", "defence to vi$r$us " * 4, "unsure"],
             "q": [1e-8, 0.001, 0.7]}
        ),
        "strata_sweep": pd.DataFrame(
            {"score": ["|Spearman|"] * 4 + ["$a$"] * 2, "n_strata": [5, 2, 2, 5, 2, 5],
             "aggregator": ["max", "max", "me$a$n", "me$a$n", "max", "max"],
             "pooled": [0.6] * 4 + [0.5] * 2, "random_mean": [0.5, 0.55, 0.58, 0.56, 0.4, 0.3],
             "random_low": [0.4, 0.5, 0.55, 0.52, 0.3, 0.2],
             "random_high": [0.55, 0.6, 0.61, 0.6, 0.5, 0.4]}
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
