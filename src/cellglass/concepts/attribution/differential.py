"""Attribution beside differential expression: genes a unit reads, and genes that go along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.errors import InputError
from cellglass.stats.differential import RankedControls, group_moments, mann_whitney, welch

from .aggregate import spearman
from .result import Attribution

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DifferentialExpression:
    """Genes of active against inactive cells, each array of shape (genes,).

    Attributes
    ----------
    log_fold
        Difference of mean log1p counts per 10,000.
    t, t_p
        Welch's test.
    auroc, wilcoxon_p
        Wilcoxon rank-sum test, and the probability that an active cell has more.
    logistic
        Coefficient of the gene, scaled to unit variance, in a ridge logistic regression on all
        genes; nan where it was not asked for.
    """

    log_fold: Floats
    t: Floats
    t_p: Floats
    auroc: Floats
    wilcoxon_p: Floats
    logistic: Floats

    def strengths(self) -> dict[str, Floats]:
        """How strongly each statistic calls a gene, whatever the sign."""
        strong = {
            "log fold change": np.abs(self.log_fold),
            "t": np.abs(self.t),
            "wilcoxon": np.abs(self.auroc - 0.5),
        }
        if np.isfinite(self.logistic).all():
            strong["logistic"] = np.abs(self.logistic)
        return strong


def log_counts_per_10k(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Log1p counts per 10,000, cells x genes; cells without counts stay 0."""
    csr = sparse.csr_matrix(counts, dtype=np.float64, copy=True)
    total = np.asarray(csr.sum(1)).ravel()
    csr.data *= np.repeat(10_000.0 / np.where(total > 0, total, 1.0), np.diff(csr.indptr))
    np.log1p(csr.data, out=csr.data)
    return csr


def differential_expression(
    expression: sparse.csr_matrix, active: ArrayLike, *, logistic: bool = True
) -> DifferentialExpression:
    """Compare active with inactive cells, gene by gene.

    Parameters
    ----------
    expression
        Of `log_counts_per_10k`, cells x genes.
    active
        Whether the unit is active, shape (cells,).
    logistic
        Also fit the logistic regression, the costly one.

    Returns
    -------
    DifferentialExpression
        Statistics of each gene.

    Raises
    ------
    InputError
        If fewer than 2 cells are active, or inactive.

    Examples
    --------
    >>> x = sparse.csr_matrix(np.array([[3.0, 1.0], [2.0, 1.0], [0.0, 1.0], [1.0, 1.0]]))
    >>> found = differential_expression(x, [True, True, False, False])
    >>> found.log_fold.tolist(), found.auroc.tolist()
    ([2.0, 0.0], [1.0, 0.5])
    """
    on = np.asarray(active, dtype=bool)
    if min(on.sum(), (~on).sum()) < 2:
        raise InputError(
            f"{int(on.sum())} active and {int((~on).sum())} inactive cells",
            where="differential expression",
            expected="at least 2 of each",
        )
    moments = group_moments(expression, on.astype(np.int64), 2)
    t, t_p = welch(moments.rows([1]), moments.rows([0]))
    auroc, rank_p = mann_whitney(expression[on], RankedControls.of(expression[~on]))
    coefficients = np.full(expression.shape[1], np.nan)
    if logistic:
        coefficients = _logistic(expression, on)
    return DifferentialExpression(
        moments.mean[1] - moments.mean[0], t[0], t_p[0], auroc, rank_p, coefficients
    )


def _logistic(expression: sparse.csr_matrix, active: NDArray[np.bool_]) -> Floats:
    from sklearn.linear_model import LogisticRegression

    dense = expression.toarray()
    spread = dense.std(0)
    dense = (dense - dense.mean(0)) / np.where(spread > 0, spread, 1.0)
    model = LogisticRegression(C=1.0, tol=1e-4, max_iter=500).fit(dense, active)
    return np.asarray(model.coef_[0], dtype=np.float64)


def compare_with_differential(
    attribution: Attribution,
    counts: sparse.csr_matrix,
    activations: ArrayLike,
    *,
    n_top: int = 50,
    logistic: bool = True,
) -> pd.DataFrame:
    """Set attribution against differential expression, unit by unit.

    Parameters
    ----------
    attribution
        Of single genes.
    counts
        Of all cells of the space and its genes, cells x genes.
    activations
        Gated activations of the attributed units, cells x units.
    n_top
        Genes at the top that are compared.
    logistic
        See `differential_expression`.

    Returns
    -------
    pandas.DataFrame
        One row a unit and statistic: Spearman correlation of |score| with its strength over the
        genes that were tested, and the share that the `n_top` genes have in common.

    Examples
    --------
    >>> import cellglass as cg
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = cg.concepts.NetworkSpace(counts, cg.concepts.linear_network([[1, 1, 0]]))
    >>> same = cg.concepts.Transform(np.zeros(1, np.float32), 1.0)
    >>> units = cg.concepts.LinearUnits("component", ("sum",), [[1]], [2.5], same)
    >>> found = cg.concepts.attribute(space, units)
    >>> active = units.activations(space.embed())
    >>> told = compare_with_differential(found, space.values, active, n_top=2, logistic=False)
    >>> told.columns.tolist()
    ['unit', 'statistic', 'genes', 'spearman', 'top overlap']
    """
    import pandas as pd

    active = np.asarray(activations) > 0
    expression = log_counts_per_10k(counts)
    if expression.shape[1] != len(attribution.genes) or active.shape != (
        expression.shape[0], len(attribution.unit_names),
    ):  # fmt: skip
        raise InputError(
            f"counts of shape {expression.shape}, activations of shape {active.shape}",
            where="compare_with_differential",
            expected=f"cells x {len(attribution.genes)} genes, and cells x "
            f"{len(attribution.unit_names)} units",
        )
    rows = []
    for u, name in enumerate(attribution.unit_names):
        tested = np.flatnonzero(attribution.n_tested[u] > 0)
        score = np.abs(attribution.score[u, tested])
        found = differential_expression(expression, active[:, u], logistic=logistic)
        for statistic, strength in found.strengths().items():
            rows.append(
                {"unit": name, "statistic": statistic, "genes": tested.size,
                 "spearman": spearman(score, strength[tested]),
                 "top overlap": top_overlap(score, strength[tested], n_top)}
            )  # fmt: skip
    return pd.DataFrame(rows)


def top_overlap(a: ArrayLike, b: ArrayLike, n: int) -> float:
    """Share of the `n` largest of `a` that are among those of `b`; ties go to the first.

    Examples
    --------
    >>> top_overlap([3, 2, 1, 0], [3, 0, 2, 1], 2)
    0.5
    """
    first, second = (np.argsort(-np.asarray(x), kind="stable")[:n] for x in (a, b))
    return float(np.isin(first, second).mean()) if first.size else float("nan")
