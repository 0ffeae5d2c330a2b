"""How well the states of genes are measured: agreement of halves of the replicate blocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.seeds import DEFAULT_SEED, generator

from .gene_states import GeneStates

MOST_POINTS = 500
"""Genes whose pairwise distances are correlated; all distances of 2,000 genes say no more."""


def halves_agree(
    states: GeneStates, layer: int, *, domain: str | None = None, seed: int = DEFAULT_SEED
) -> pd.DataFrame:
    """Compare the states of two halves of the cells, for every way to halve the blocks.

    Parameters
    ----------
    states
        With two blocks at least.
    layer
        One of its layers.
    domain
        Of the cells; all where None.
    seed
        Of the genes drawn where there are more than `MOST_POINTS`.

    Returns
    -------
    pandas.DataFrame
        One row a half: ``blocks`` in it, ``genes`` that have enough tokens in both halves,
        ``noise_share`` (share of the variance between genes that is noise of the cells drawn,
        for all cells) and ``distance_correlation`` (Spearman, of the halves' distances).

    Raises
    ------
    InputError
        If there are fewer than two blocks, or fewer than three genes in both halves.

    Notes
    -----
    With states x and y of the halves and d = x - y, E|d|^2 / 2 is the noise of a half, a quarter
    of E|d|^2 that of their mean.

    Examples
    --------
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:60]
    >>> table = halves_agree(cg.geometry.gene_states(model, cells, min_count=2), 0)
    >>> bool((table["noise_share"] < 0.5).all())
    True
    """
    blocks = states.blocks
    if len(blocks) < 2:
        raise InputError(
            f"{len(blocks)} replicate block", where="halves of the cells", expected="at least 2"
        )
    rows = []
    for first in _halves(blocks):
        rest = tuple(b for b in blocks if b not in first)
        one, other = (_half(states, layer, domain, part) for part in (first, rest))
        shared = [g for g in one.names if g in set(other.names)]
        if len(shared) < 3:
            raise InputError(
                f"{len(shared)} genes have enough tokens in both halves of the cells",
                where="halves of the cells",
                fix="take more cells, or lower min_count",
            )
        rows.append(
            {"blocks": ", ".join(first), "genes": len(shared),
             **_agreement(one.take(shared), other.take(shared), seed)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _halves(blocks: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Each block and its successors, as many as make half: every block is in some half."""
    size = len(blocks) // 2
    turns = range(1 if len(blocks) == 2 else len(blocks))
    return [tuple(blocks[(t + i) % len(blocks)] for i in range(size)) for t in turns]


def _half(
    states: GeneStates, layer: int, domain: str | None, blocks: tuple[str, ...]
) -> PointCloud:
    least = max(1, states.min_count // 2)
    return states.cloud(layer, domain=domain, blocks=blocks, min_count=least)


def _agreement(one: PointCloud, other: PointCloud, seed: int) -> dict[str, float]:
    x, y = one.points, other.points
    noise = float(((x - y) ** 2).sum(1).mean()) / 4
    total = float(((x + y) / 2).var(axis=0, ddof=1).sum())
    rows = np.arange(len(x))
    if rows.size > MOST_POINTS:
        rows = generator(seed, "halves/genes").choice(rows, MOST_POINTS, replace=False)
    correlation = float(spearmanr(pdist(x[rows]), pdist(y[rows])).statistic)
    return {
        "noise_share": noise / total if total > 0 else float("nan"),
        "distance_correlation": correlation,
    }
