"""How columns of result tables are called, and which come first."""

from __future__ import annotations

import re

from cellglass._words import capitalised

LABELS = {
    "auroc": "AUROC",
    "auroc_per_regulator": "AUROC, mean per regulator",
    "auprc": "AUPRC",
    "early_precision_ratio": "Early precision ratio",
    "n_pairs": "Pairs",
    "n_positives": "Edges",
    "n_regulators": "Regulators",
    "n_targets": "Targets",
    "n_cells": "Cells",
    "n_tokens": "Tokens",
    "n_splits": "Splits",
    "auroc_single_genes": "AUROC, single genes",
    "auroc_with_score": "AUROC, with score",
    "auprc_single_genes": "AUPRC, single genes",
    "auprc_with_score": "AUPRC, with score",
    "chosen_in_folds": "Chosen in folds",
    "p_adjusted": "p, adjusted",
    "null_mean": "Null mean",
    "null_sd": "Null sd",
    "preserves": "What the null keeps",
    "gain_of_model": "Gain of the model",
    "permuted_labels": "With permuted labels",
    "shuffled_mean": "Shuffled strata, mean",
    "shuffled_sd": "Shuffled strata, sd",
    "mean": "Mean",
    "statistic": "Statistic",
    "p": "p",
    "e": "e value",
    "z": "z",
    "id": "Finding",
    "q": "q",
    "survive_bh": "Survive BH",
    "q_confirmatory": "q, confirmatory",
    "q_all": "q, all",
    "q_primary": "q, primary",
    "fvu": "FVU",
    "r2_scalar_mean": "R², one mean",
    "l0": "Active concepts",
    "l1": "Summed activation",
    "n_sure": "Sure genes",
    "de_rank": "Rank in DE",
    "genes_for": "Supporting genes",
    "genes_against": "Genes against",
}

ACRONYMS = {
    "auroc": "AUROC", "auprc": "AUPRC", "fdr": "FDR", "bh": "BH", "r2": "R²", "f1": "F1",
    "mi": "MI", "aicc": "AICc", "bic": "BIC", "tp": "true positives", "smd": "SMD", "cssi": "CSSI",
    "sd": "sd", "spearman": "|Spearman|", "k": "K",
}  # fmt: skip

_IN_TABLE = {
    ("scores", "auroc"): "AUROC, pooled",
    ("cssi", "auroc"): "AUROC, pooled",
    ("cssi", "statistic"): "AUROC, pooled",
}

# The columns a reader looks at first, by the name of the table; the others follow.
FIRST = {
    "nulls": ("null", "score", "z", "p_adjusted", "observed", "null_mean", "null_sd", "p"),
    "increments": ("score", "increment", "low", "high", "auroc_single_genes", "auroc_with_score"),
    "ablation": ("layer", "head", "change", "planted"),
    "criteria": ("criterion", "state", "judged_by", "told", "endpoint"),
    "stable": ("analysis", "p", "q_confirmatory", "q_all", "q_primary", "stable", "question"),
}

TITLES = {
    "scores": "All scores",
    "increments": "Increments over single-gene statistics",
    "nulls": "Scores against nulls",
    "regulators": "Regulator by regulator",
    "losses": "Losses",
    "separation": "Separation of labelled types",
    "map": "Coordinates of the cells",
    "reliability": "Agreement between halves",
    "cssi": "Stratified and pooled scores",
    "ablation": "Heads taken away",
    "criteria": "Criteria",
    "perturbations": "What became of each perturbation",
    "targets": "What each perturbation did to its own gene",
    "responses": "Scores and rankings",
    "by_perturbation": "Perturbation by perturbation",
    "response_nulls": "Scores against nulls",
    "baselines": "Against rankings that need no edge",
    "strata": "Perturbed regulators and other genes",
    "balance": "Balance before and after matching",
    "grid": "Points of the grid",
    "layers": "Layer by layer",
    "protocols": "Sets of genes",
    "contexts": "Screen by screen",
    "retained": "What is left without gene-level covariates",
    "residual": "All sets of covariates",
    "parts": "Chance, degrees and the rest",
    "largest": "Largest z over layers",
    "checks": "Self-checks of the nulls",
    "mixing": "Mixing of the samplers",
    "differences": "Paired differences",
    "values": "Kinds of edge, layer by layer",
    "value_differences": "Context vectors against the others",
    "overlap": "Overlap of references",
    "cssi_nulls": "Strata that mean nothing",
    "sweep": "Numbers of random strata",
    "choice": "Chosen and judged",
    "candidates": "All candidates",
    "random_choices": "Against candidates fixed beforehand",
    "trends": "Trends",
    "runs": "Draws of cells",
    "tops": "Top of the list",
    "changes": "Few cells against all",
    "agreement": "Agreement of draws",
    "fits": "Curves",
    "published": "Published numbers beside ours",
    "reconstruction": "What is reconstructed",
    "seeds": "Agreement of seeds",
    "matched": "Concepts found again",
    "curves": "Exchange curves",
    "areas": "Areas under the curves",
    "differential": "Beside differential expression",
    "sanity": "Where scores must collapse, and where they must not change",
    "probes": "Probes of representations",
    "sparse_probes": "Probes of few units",
    "shares": "Annotated shares",
    "specificity": "How specific the terms are",
    "thinned": "With fewer annotations",
    "editions": "Under an earlier edition",
    "best_terms": "Terms of concepts with the surest ones",
    "kinds": "Kinds of unit",
    "units": "Unit by unit",
    "doses": "Weakened and strengthened",
    "effects": "Concept by concept",
    "others": "What other concepts do",
    "atlas": "Table of concepts",
    "maps": "Coordinates of the cells",
    "labels": "Where these concepts are active",
    "lines": "By layer",
    "measures": "What it adds on held-out genes",
    "forest": "Increments in the figure",
    "bars": "Births and deaths",
    "recipes": "Recipes as published, and what catches them",
    "correspondence": "Genes that find themselves",
    "retrieval": "In the figure",
    "dropped": "Genes left out",
    "noise": "Noise of the cells drawn",
    "dimension_lines": "Dimensions by layer",
    "share_lines": "Shares by layer",
}

_P = re.compile(r"^(p|q)(_|$)|_p$")
_PLAIN_INTEGERS = {"layer", "head", "seed", "key"}


def label(column: str, table: str = "") -> str:
    """Name a column of a table for the reader.

    Examples
    --------
    >>> label("auprc"), label("f1_top_20"), label("base_rate")
    ('AUPRC', 'F1 of the top 20', 'Base rate')
    """
    if (table, column) in _IN_TABLE:
        return _IN_TABLE[table, column]
    if column in LABELS:
        return LABELS[column]
    if top := re.fullmatch(r"f1_top_(\d+)", column):
        return f"F1 of the top {top[1]}"
    number = column.startswith("n_")  # a number of something is called by what it counts
    words = " ".join(
        ACRONYMS.get(w, w) for w in column.removeprefix("n_" if number else "").split("_")
    )
    return capitalised(words)


def title(table: str) -> str:
    """Name a table for the reader."""
    return TITLES.get(table) or label(table)


def is_p(column: str) -> bool:
    """Whether a column holds p values or adjusted ones.

    Examples
    --------
    >>> [is_p(c) for c in ("p", "p_adjusted", "q_all", "null_p", "part")]
    [True, True, True, True, False]
    """
    return bool(_P.search(column))


def is_plain(column: str) -> bool:
    """Whether the integers of a column are names, not amounts: no thousands separators."""
    return column in _PLAIN_INTEGERS


def ordered(table: str, columns: list[str]) -> list[str]:
    """Put the columns of a table into the reader's order."""
    first = [c for c in FIRST.get(table, ()) if c in columns]
    return first + [c for c in columns if c not in first]


def interval_of(columns: list[str]) -> dict[str, tuple[str, str]]:
    """Find the columns that carry an interval: estimate to its low and high end.

    The ends stand behind their estimate: ``auroc, auroc_low, auroc_high``, or
    ``increment, low, high``, or ``shuffled_mean, shuffled_low, shuffled_high``.

    Examples
    --------
    >>> interval_of(["score", "auroc", "auroc_low", "auroc_high", "p"])
    {'auroc': ('auroc_low', 'auroc_high')}
    """
    found = {}
    for estimate, low, high in zip(columns, columns[1:], columns[2:], strict=False):
        stem = low.removesuffix("low")
        if low.endswith("low") and high == f"{stem}high" and estimate.startswith(stem.rstrip("_")):
            found[estimate] = (low, high)
    return found
