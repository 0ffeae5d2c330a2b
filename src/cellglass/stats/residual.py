"""What is left of a score once gene-level statistics are taken out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats.arguments import as_scores
from cellglass.stats.design import Matrix, as_columns, standardised


def residual_r2(
    features: ArrayLike, score: ArrayLike, *, n_folds: int = 5, seed: int = 42, task: str = "r2"
) -> float:
    """Share of a score's variance that gene-level covariates predict out of sample.

    Parameters
    ----------
    features
        Covariates of each pair, shape (n,) or (n, q).
    score
        The score of each pair, shape (n,).
    n_folds
        Folds over pairs, shuffled.
    seed, task
        Root seed of the run and name of the task.

    Returns
    -------
    float
        1 - residual / total sum of squares, of `cross_fitted_residuals`; it may be below 0.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, the score is constant or pairs are few.

    Examples
    --------
    >>> x = np.arange(50.0)
    >>> round(residual_r2(x, 2 * x + 1), 6)
    1.0
    """
    values = as_scores(score, "score").astype(np.float64)
    total = float(np.sum((values - values.mean()) ** 2))
    if total == 0.0:
        raise InputError("the score is constant", where="score", expected="a score that varies")
    left = cross_fitted_residuals(features, values, n_folds=n_folds, seed=seed, task=task)
    return 1.0 - float(np.sum(left**2)) / total


def cross_fitted_residuals(
    features: ArrayLike, score: ArrayLike, *, n_folds: int = 5, seed: int = 42, task: str = "r2"
) -> Matrix:
    """Take out of a score what gene-level covariates predict of it out of sample.

    Parameters
    ----------
    features
        Covariates of each pair, shape (n,) or (n, q).
    score
        The score of each pair, shape (n,).
    n_folds
        Folds over pairs, shuffled.
    seed, task
        Root seed of the run and name of the task.

    Returns
    -------
    numpy.ndarray
        float64, shape (n,): observed minus predicted.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, or a fold leaves fewer pairs than covariates.

    Notes
    -----
    Specification 2.8: ordinary least squares with intercept. Inputs of any precision are
    turned into float64 first: in float32 the published port's fit was not the least-squares
    solution. Covariates are standardised with the training rows, so that their scale does not
    decide their rank.

    Examples
    --------
    >>> x = np.arange(50.0)
    >>> bool(np.abs(cross_fitted_residuals(x, 2 * x + 1)).max() < 1e-9)
    True
    """
    covariates = as_columns(features, "features")
    values = as_scores(score, "score").astype(np.float64)
    n, q = covariates.shape
    if values.size != n:
        raise InputError(f"{values.size} scores for {n} pairs", where="score")
    if not 2 <= n_folds <= n or n - -(-n // n_folds) <= q:
        raise InputError(
            f"{n} pairs, {q} covariates, {n_folds} folds",
            where="residualisation",
            expected="at least 2 folds, and more training pairs than covariates",
        )
    folds = generator(seed, task).permutation(n) % n_folds
    left = np.empty(n)
    for fold in range(n_folds):
        test = folds == fold
        design = np.column_stack([np.ones(n), standardised(covariates, ~test)])
        slopes = np.linalg.lstsq(design[~test], values[~test], rcond=None)[0]
        left[test] = values[test] - design[test] @ slopes
    return left
