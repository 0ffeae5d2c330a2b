"""Gene regulatory network methods on any expression: the dedicated baselines of attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass._words import plural
from cellglass.errors import InputError, nearest
from cellglass.regulation.coexpression import spearman
from cellglass.seeds import DEFAULT_SEED, integer_seed

from .genie3 import genie3
from .grnboost2 import grnboost2
from .mutual_information import mutual_information

Method = Literal["spearman", "mutual information", "GENIE3", "GRNBoost2"]
ByTarget = Callable[..., NDArray[np.float64]]

MIN_CELLS = 20
MIN_REGULATORS = 2


@dataclass(frozen=True)
class GRNMethod:
    """A method of the registry.

    Parameters
    ----------
    by_target
        Scores the regulators of one target: expression of regulators, of the target, seed.
    settings
        What it ran with, in words.
    """

    by_target: ByTarget
    settings: str


METHODS: Mapping[str, GRNMethod] = {
    "mutual information": GRNMethod(mutual_information, "3 nearest neighbours"),
    "GENIE3": GRNMethod(
        genie3, "random forest of 100 fully grown trees, square root of the regulators at a split"
    ),
    "GRNBoost2": GRNMethod(
        grnboost2, "boosting, rate 0.01, a tenth of the regulators at a split, 0.9 of the cells a "
        "tree, stopped by the cells left out (window 25)",
    ),
}  # fmt: skip


def grn_scores(
    expression: NDArray[np.floating] | sparse.spmatrix,
    regulators: Sequence[int] | NDArray[np.integer],
    *,
    method: Method = "GENIE3",
    targets: Sequence[int] | NDArray[np.integer] | None = None,
    seed: int = DEFAULT_SEED,
    task: str = "grn",
    **settings: Any,
) -> NDArray[np.float64]:
    """Score regulator -> target pairs with a dedicated method.

    Parameters
    ----------
    expression
        Normalised expression, cells x genes.
    regulators
        Columns of the candidate regulators.
    method
        ``"spearman"`` (absolute), ``"mutual information"``, ``"GENIE3"`` or ``"GRNBoost2"``.
    targets
        Columns of the targets; all genes when None.
    seed, task
        Root seed and name of the task. Each target has its own seed, by its column, so that
        neither workers nor the choice of other targets change its scores.
    **settings
        Passed to the method, for example ``trees=1000``.

    Returns
    -------
    numpy.ndarray
        float64, regulators x targets, high for likely edges; 0 for a gene with itself, which is
        never its own regulator.

    Raises
    ------
    InputError
        If the method is unknown, a column does not exist or stands twice, there are fewer than
        2 regulators or 20 cells, or a value is not finite.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(100, 4))
    >>> x[:, 3] = x[:, 0] + 0.1 * x[:, 1]
    >>> scores = grn_scores(x, [0, 1, 2], targets=[3], method="GENIE3", trees=20)
    >>> int(scores[:, 0].argmax())
    0
    """
    if method not in get_args(Method):
        raise InputError(
            f"there is no method '{method}'", where="method", fix=nearest(method, get_args(Method))
        )
    given: Any = expression
    values = np.asarray(given.toarray() if sparse.issparse(given) else given)
    rows = _columns(regulators, values, "regulators")
    every = range(values.shape[1])
    columns = _columns(every if targets is None else targets, values, "targets")
    if len(rows) < MIN_REGULATORS or len(values) < MIN_CELLS:
        raise InputError(
            f"{len(rows)} {plural('regulator', len(rows))}, {len(values)} cells",
            where="grn_scores",
            expected=f"at least {MIN_REGULATORS} regulators and {MIN_CELLS} cells",
        )  # fmt: skip
    if not np.isfinite(values).all():
        raise InputError("expression holds values that are not finite", where="expression")
    if method == "spearman":
        found = np.abs(spearman(values, rows))[:, columns]
        found[rows[:, None] == columns[None, :]] = 0.0
        return found
    return _by_target(values, rows, columns, METHODS[method].by_target, seed, task, settings)


def _by_target(
    values: NDArray[np.floating],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    method: ByTarget,
    seed: int,
    task: str,
    settings: Mapping[str, Any],
) -> NDArray[np.float64]:
    # float32 is what the trees work in; converting once saves a copy a target
    features = np.ascontiguousarray(values[:, rows], dtype=np.float32)
    found = np.zeros((len(rows), len(columns)))
    for j, column in enumerate(columns):
        others = rows != column
        part = features if others.all() else np.ascontiguousarray(features[:, others])
        own = integer_seed(seed, f"{task}/{int(column)}")
        found[others, j] = method(part, values[:, column], own, **settings)
    return found


def _columns(given: Any, values: NDArray[np.floating], where: str) -> NDArray[np.int64]:
    columns = np.asarray(given, dtype=np.int64)
    n = values.shape[1]
    if columns.ndim != 1 or len(np.unique(columns)) != len(columns):
        raise InputError("columns stand twice", where=where, expected="different columns")
    if len(columns) and not 0 <= columns.min() <= columns.max() < n:
        raise InputError(
            f"columns from {columns.min()} to {columns.max()}", where=where,
            expected=f"0 to {n - 1}",
        )  # fmt: skip
    return columns
