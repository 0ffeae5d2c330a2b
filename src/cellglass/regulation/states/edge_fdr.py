"""False discovery rate of single edges that are looked for in every stratum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, special

from cellglass.errors import InputError
from cellglass.stats import bh

from .edge_functions import SpearmanEdges
from .strata import MIN_CELLS as STRATUM_CELLS
from .strata import Strata, given_strata, large_strata

MIN_CELLS = STRATUM_CELLS["structured"]
SPEARMAN_VARIANCE = 1.06
"""Variance of Fisher's z of a Spearman correlation, times n - 3 (Fieller, Hartley, Pearson)."""


@dataclass(frozen=True, eq=False)
class EdgeFDR:
    """p and q of each pair.

    Attributes
    ----------
    p
        Over all strata: the smallest p of a stratum times their number, at most 1; regulators x
        genes, nan for pairs that are not tested.
    q
        p adjusted over pairs (BH).
    stratum
        Stratum with the smallest p.
    correlation
        |Spearman| in that stratum.
    strata
        The strata used.
    regulators, genes
        Names of rows and columns.
    """

    p: NDArray[np.float64]
    q: NDArray[np.float64]
    stratum: NDArray[np.int64]
    correlation: NDArray[np.float64]
    strata: Strata
    regulators: tuple[str, ...]
    genes: tuple[str, ...]

    def edges(self, fdr: float = 0.05) -> pd.DataFrame:
        """Pairs with q at or below a rate: source, target, stratum, correlation, p, q."""
        if not 0 < fdr <= 1:
            raise InputError(
                f"fdr is {fdr}", where="edges of EdgeFDR",
                expected="a rate above 0 and at most 1, such as 0.05",
            )  # fmt: skip
        rows, columns = np.nonzero(self.q <= fdr)
        table = pd.DataFrame(
            {
                "source": np.array(self.regulators, dtype=object)[rows],
                "target": np.array(self.genes, dtype=object)[columns],
                "stratum": np.array(self.strata.names, dtype=object)[self.stratum[rows, columns]],
                "correlation": self.correlation[rows, columns],
                "p": self.p[rows, columns],
                "q": self.q[rows, columns],
            }
        )
        return table.sort_values(["p", "source", "target"], kind="stable").reset_index(drop=True)


def edge_fdr(
    expression: NDArray[np.floating] | sparse.spmatrix,
    strata: NDArray[np.integer] | Strata,
    rows: NDArray[np.integer],
    *,
    mask: NDArray[np.bool_] | None = None,
    genes: Sequence[str] | None = None,
    min_cells: int = MIN_CELLS,
) -> EdgeFDR:
    """Test every pair in every stratum and adjust for both.

    Parameters
    ----------
    expression
        Cells x genes, any monotone scale.
    strata
        Stratum of each cell; negative for none.
    rows
        Columns of the regulators.
    mask
        Pairs to test, regulators x genes; all but a gene with itself when None.
    genes
        Names of the columns; their numbers when None.
    min_cells
        Cells that a stratum needs.

    Returns
    -------
    EdgeFDR
        p over strata and q over pairs.

    Raises
    ------
    InputError
        If fewer than two strata are large enough, shapes do not fit, or a value of the expression
        is NaN or infinite.

    Notes
    -----
    Unit A17. Two-sided p of Fisher's z of the Spearman correlation in each stratum, with variance
    1.06 / (n - 3); Bonferroni over strata, since the strongest of K strata is one of K chances;
    BH over pairs. Taking the smallest p without the factor K calls edges at up to K times the
    rate asked for. The p values hold for strata that were not found from the same expression:
    clusters of the tested genes cut correlations into them.

    Examples
    --------
    >>> from cellglass.regulation.states.synthetic import synthetic_states
    >>> made = synthetic_states(600, 6, seed=1)
    >>> found = edge_fdr(made.expression, made.states, made.rows)
    >>> called = made.of_targets(found.q) <= 0.05
    >>> truth = made.labels.ravel()
    >>> int((called & truth).sum()), int((called & ~truth).sum()), int(truth.sum())
    (12, 0, 14)
    """
    if not isinstance(strata, Strata):
        strata = given_strata(np.asarray(strata))
    used = large_strata(strata, max(min_cells, 4))
    edges = SpearmanEdges(expression, rows)
    n_cells, n_genes = edges.expression.shape
    names = tuple(map(str, range(n_genes) if genes is None else genes))
    shape = (len(edges.rows), n_genes)
    if len(used.codes) != n_cells or len(names) != n_genes:
        raise InputError(
            f"{len(used.codes):,} strata and {len(names):,} names for {n_cells:,} cells x "
            f"{n_genes:,} genes",
            where="edge_fdr",
            expected="one stratum a cell, one name a gene",
        )
    if mask is None:
        mask = np.ones(shape, dtype=np.bool_)
        mask[np.arange(shape[0]), edges.rows] = False
    if mask.shape != shape:
        raise InputError(f"a mask of shape {mask.shape}", expected=f"{shape}")
    scores = edges.by_stratum(used.codes, len(used.names))
    by_stratum = fisher_p(scores, used.sizes)
    place = by_stratum.argmin(0)
    p = np.minimum(1.0, len(used.names) * by_stratum.min(0))
    p[~mask] = np.nan
    return EdgeFDR(
        p, bh(p.ravel()).reshape(shape), place,
        np.take_along_axis(scores, place[None], axis=0)[0], used,
        tuple(names[r] for r in edges.rows), names,
    )  # fmt: skip


def fisher_p(correlations: NDArray[np.float64], sizes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Two-sided p of Spearman correlations within strata.

    Parameters
    ----------
    correlations
        Strata x regulators x genes.
    sizes
        Cells of each stratum, at least 4.

    Returns
    -------
    numpy.ndarray
        Same shape.

    Examples
    --------
    >>> fisher_p(np.array([[[0.0, 0.5]]]), np.array([56])).round(4).tolist()
    [[[1.0, 0.0001]]]
    """
    clipped = np.clip(np.abs(correlations), 0.0, 1.0 - 1e-12)
    error = np.sqrt(SPEARMAN_VARIANCE / (np.asarray(sizes, dtype=np.float64) - 3.0))
    return np.asarray(2.0 * special.ndtr(-np.arctanh(clipped) / error[:, None, None]))
