"""Units most tied to a label, ranked on training cells."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError

from .probe_models import Features

Selection = Literal["mean difference", "auroc"]


def label_scores(
    features: Features, positive: NDArray[np.bool_], how: Selection = "mean difference"
) -> NDArray[np.float64]:
    """Signed association of every unit with a label.

    Parameters
    ----------
    features
        Activations, cells x units.
    positive
        True in cells of the label, shape (cells,); both kinds of cell must be there.
    how
        ``"mean difference"``: mean in the label minus mean elsewhere, over the standard
        deviation of all these cells, so that units of different scale compare. ``"auroc"``:
        twice the AUROC minus 1; slower, blind to outliers.

    Returns
    -------
    numpy.ndarray
        Shape (units,), positive where the unit is larger in the label; 0 for constant units.

    Raises
    ------
    InputError
        If a class is empty or `how` is unknown.

    Examples
    --------
    >>> x = np.array([[0.0, 1.0], [0.0, 1.0], [2.0, 1.0], [4.0, 1.0]])
    >>> label_scores(x, np.array([False, False, True, True])).round(2).tolist()
    [1.81, 0.0]
    """
    n_pos, n = int(positive.sum()), len(positive)
    if not 0 < n_pos < n:
        raise InputError(f"{n_pos} of {n} cells have the label", where="choice of units",
                         expected="cells with and without it")  # fmt: skip
    if how == "auroc":
        return _signed_auroc(features, positive)
    if how != "mean difference":
        raise InputError(f"selection '{how}'", where="choice of units",
                         expected="'mean difference' or 'auroc'")  # fmt: skip
    total = np.asarray(features.sum(0), dtype=np.float64).ravel()
    inside = np.asarray(features[np.flatnonzero(positive)].sum(0), dtype=np.float64).ravel()
    mean = total / n
    if sparse.issparse(features):
        second = np.asarray(features.multiply(features).sum(0)).ravel() / n
        variance = second - mean**2
        variance[variance <= 1e-12 * second] = 0
    else:
        variance = np.asarray(features.var(0))
        variance[variance <= 1e-24 * mean**2] = 0
    difference = inside / n_pos - (total - inside) / (n - n_pos)
    scale = np.sqrt(np.where(variance > 0, variance, 1.0))
    return np.asarray(np.where(variance > 0, difference / scale, 0.0))


def _signed_auroc(features: Features, positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    from cellglass.stats.row_auroc import row_auroc

    out = np.empty(features.shape[1])
    for start in range(0, features.shape[1], 256):
        part = features[:, start : start + 256]
        dense = part.toarray() if sparse.issparse(part) else np.asarray(part)
        shape = dense.T.shape
        values = row_auroc(
            dense.T, np.broadcast_to(positive, shape), np.ones(shape, dtype=np.bool_)
        )
        out[start : start + 256] = 2 * values - 1
    return out


def strongest(scores: NDArray[np.floating], n: int, *, signed: bool = False) -> NDArray[np.int64]:
    """Units with the largest absolute score (the largest score where `signed`), ties by place.

    Examples
    --------
    >>> strongest(np.array([0.1, -3.0, 2.0]), 2).tolist()
    [1, 2]
    """
    return np.argsort(-(scores if signed else np.abs(scores)), kind="stable")[:n]


def matched_units(
    chosen: NDArray[np.int64],
    activity: NDArray[np.floating],
    rng: np.random.Generator,
    *,
    pool: int = 20,
) -> NDArray[np.int64]:
    """Random other units whose mean activity is close to that of chosen ones.

    Parameters
    ----------
    chosen
        Units to be matched.
    activity
        Mean activation of every unit, shape (units,).
    rng
        Draws.
    pool
        How many of the nearest units by activity each is drawn from, the chosen and those
        drawn already excepted.

    Returns
    -------
    numpy.ndarray
        One unit for each chosen one, without repeats.

    Raises
    ------
    InputError
        If too few units are left to draw from.
    """
    free = np.ones(len(activity), dtype=np.bool_)
    free[chosen] = False
    if int(free.sum()) < len(chosen):
        raise InputError(
            f"{len(chosen)} units to match, {int(free.sum())} others",
            where="random units of matched activity",
            fix="ablate fewer units",
        )
    drawn = np.empty(len(chosen), dtype=np.int64)
    for i, unit in enumerate(chosen):
        others = np.flatnonzero(free)
        near = np.argsort(np.abs(activity[others] - activity[unit]), kind="stable")[:pool]
        drawn[i] = others[rng.choice(near)]
        free[drawn[i]] = False
    return drawn
