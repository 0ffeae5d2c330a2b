"""What is left of a score once gene-level statistics are taken out."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats.arguments import as_scores
from cellglass.stats.boosting import boosted_predictions
from cellglass.stats.design import Matrix, as_columns, standardised

Model = Literal["linear", "boosted"]

RANK_TOLERANCE = 1e-10
"""A covariate counts as a combination of others where so little of it is left beside them."""


class CrossFit:
    """Out-of-sample predictions of scores from the same covariates, many scores and seeds.

    Parameters
    ----------
    features
        Covariates of each pair, shape (n,) or (n, q).
    n_folds
        Folds over pairs, shuffled.
    model
        ``"linear"``: ordinary least squares with intercept. ``"boosted"``: gradient-boosted
        trees, see `cellglass.stats.boosting.boosted_predictions`.

    Raises
    ------
    InputError
        If a value is not finite, the model is unknown, or a fold leaves fewer pairs than
        covariates.

    Notes
    -----
    Specification 2.8. Everything is float64, whatever comes in: in float32 the published
    port's fit was not the least-squares solution in three of four runs, because `lstsq` cuts
    off singular values below the precision of the type times the number of pairs, which for
    float32 and 400,000 pairs is 5 % of the largest. There is no way to ask for less.

    The linear fit goes through one QR decomposition of the standardised covariates, with
    pivoting. In that basis the normal equations of any training set are well conditioned, so
    that every fold, score and seed costs one pass over the pairs.

    Examples
    --------
    >>> x = np.arange(50.0)
    >>> bool(np.abs(CrossFit(x).residuals(2 * x + 1, seed=1, task="example")).max() < 1e-9)
    True
    """

    def __init__(self, features: ArrayLike, *, n_folds: int = 5, model: Model = "linear") -> None:
        covariates = as_columns(features, "features")
        n, q = covariates.shape
        if model not in get_args(Model):
            raise InputError(
                f"model is {model!r}", where="model", expected=" or ".join(get_args(Model))
            )
        if not 2 <= n_folds <= n or n - -(-n // n_folds) <= q:
            raise InputError(
                f"{n} pairs, {q} covariates, {n_folds} folds",
                where="residualisation",
                expected="at least 2 folds, and more training pairs than covariates",
            )
        self.n_pairs, self.n_folds, self.model = n, n_folds, model
        self._held = covariates if model == "boosted" else _basis(covariates)
        self._splits: dict[tuple[int, str], tuple[NDArray[np.int8], Matrix]] = {}

    def residuals(self, score: ArrayLike, *, seed: int, task: str) -> Matrix:
        """Observed minus predicted from the pairs of the other folds.

        Parameters
        ----------
        score
            The score of each pair, shape (n,).
        seed, task
            Root seed of the run and name of the task: they decide the folds.

        Returns
        -------
        numpy.ndarray
            float64, shape (n,).

        Raises
        ------
        InputError
            If shapes differ or a value is not finite.
        """
        values = as_scores(score, "score").astype(np.float64)
        if values.size != self.n_pairs:
            raise InputError(f"{values.size} scores for {self.n_pairs} pairs", where="score")
        if self.model == "boosted":
            folds = self._folds(seed, task)
            return values - boosted_predictions(
                self._held, values, folds, seed=seed, task=f"{task}/boosted"
            )
        return values - self._linear(values, seed, task)

    def _folds(self, seed: int, task: str) -> NDArray[np.int8]:
        return (generator(seed, task).permutation(self.n_pairs) % self.n_folds).astype(np.int8)

    def _linear(self, values: Matrix, seed: int, task: str) -> Matrix:
        folds, grams = self._split(seed, task)
        everywhere = np.arange(values.size)
        apart = np.zeros((values.size, self.n_folds))
        apart[everywhere, folds] = values
        by_fold = self._held.T @ apart
        whole = by_fold.sum(1)
        slopes = np.empty_like(by_fold)
        for fold in range(self.n_folds):
            slopes[:, fold] = np.linalg.lstsq(
                grams.sum(0) - grams[fold], whole - by_fold[:, fold], rcond=RANK_TOLERANCE
            )[0]
        predicted = np.matmul(self._held, slopes, out=apart)
        return np.asarray(predicted[everywhere, folds])

    def _split(self, seed: int, task: str) -> tuple[NDArray[np.int8], Matrix]:
        """Fold of each pair, and the products of the basis with itself in each fold."""
        if (seed, task) not in self._splits:
            folds = self._folds(seed, task)
            parts = [self._held[folds == fold] for fold in range(self.n_folds)]
            self._splits[seed, task] = folds, np.stack([part.T @ part for part in parts])
        return self._splits[seed, task]


def _basis(covariates: Matrix) -> Matrix:
    """Orthonormal columns that span the intercept and the covariates."""
    from scipy import linalg

    design = np.empty((len(covariates), covariates.shape[1] + 1), order="F")
    design[:, 0] = 1.0
    design[:, 1:] = standardised(covariates, np.ones(len(covariates), dtype=np.bool_))
    q, r, _ = linalg.qr(
        design, mode="economic", pivoting=True, overwrite_a=True, check_finite=False
    )
    sizes = np.abs(np.diag(r))
    return np.asarray(q[:, sizes > RANK_TOLERANCE * sizes[0]])


def out_of_sample_r2(score: ArrayLike, residual: ArrayLike) -> float:
    """Share of a score's variance that its out-of-sample predictions explain.

    Parameters
    ----------
    score
        Observed, shape (n,).
    residual
        Observed minus predicted, shape (n,).

    Returns
    -------
    float
        1 - residual / total sum of squares; it may be below 0.

    Raises
    ------
    InputError
        If the score is constant.

    Examples
    --------
    >>> out_of_sample_r2([0.0, 2.0], [0.5, -0.5])
    0.75
    """
    values = as_scores(score, "score").astype(np.float64)
    total = float(np.sum((values - values.mean()) ** 2))
    if total == 0.0:
        raise InputError("the score is constant", where="score", expected="a score that varies")
    return 1.0 - float(np.sum(np.asarray(residual, dtype=np.float64) ** 2)) / total


def residual_r2(
    features: ArrayLike,
    score: ArrayLike,
    *,
    n_folds: int = 5,
    seed: int = 42,
    task: str = "r2",
    model: Model = "linear",
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
    model
        See `CrossFit`.

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
    left = cross_fitted_residuals(
        features, score, n_folds=n_folds, seed=seed, task=task, model=model
    )
    return out_of_sample_r2(score, left)


def cross_fitted_residuals(
    features: ArrayLike,
    score: ArrayLike,
    *,
    n_folds: int = 5,
    seed: int = 42,
    task: str = "r2",
    model: Model = "linear",
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
    model
        ``"linear"`` or ``"boosted"``, see `CrossFit`, which also does many scores at a time.

    Returns
    -------
    numpy.ndarray
        float64, shape (n,): observed minus predicted.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, or a fold leaves fewer pairs than covariates.

    Examples
    --------
    >>> x = np.arange(50.0)
    >>> bool(np.abs(cross_fitted_residuals(x, 2 * x + 1)).max() < 1e-9)
    True
    """
    fit = CrossFit(features, n_folds=n_folds, model=model)
    return fit.residuals(score, seed=seed, task=task)
