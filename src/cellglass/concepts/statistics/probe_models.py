"""Classifiers of probes: fitted on training cells only, scaling included."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError

Classifier = Literal["logistic", "knn"]
Features = Any
"""A float64 array or a `scipy.sparse.csr_matrix`, cells x features."""
STEPS = 1000
NEIGHBOURS = 15


def as_features(values: Any, n: int, where: str = "features") -> Features:
    """Check features: one row a cell, finite; sparse ones stay sparse.

    Raises
    ------
    InputError
        If rows do not match the cells, there is no column, or a value is not finite.
    """
    x: Any = sparse.csr_matrix(values) if sparse.issparse(values) else np.asarray(values)
    if x.ndim != 2 or x.shape[0] != n or not x.shape[1]:
        raise InputError(f"an array of shape {x.shape}", where=where,
                         expected=f"{n} cells x at least 1 feature")  # fmt: skip
    held = np.asarray(x.data if sparse.issparse(x) else x)
    bad = held.size - int(np.count_nonzero(np.isfinite(held)))
    if bad:
        raise InputError(f"{bad:,} values are not finite", where=where,
                         fix="drop these cells or features")  # fmt: skip
    return x.astype(np.float64)


class Scaler:
    """Centres and scales by training cells; sparse features are scaled only."""

    def __init__(self, train: Features) -> None:
        if sparse.issparse(train):
            mean = np.asarray(train.mean(0)).ravel()
            square = np.asarray(train.multiply(train).mean(0)).ravel()
            sd = np.sqrt(np.maximum(square - mean**2, 0))
            self.mean: NDArray[np.float64] | None = None
        else:
            self.mean = np.asarray(train.mean(0), dtype=np.float64)
            sd = np.asarray(train.std(0), dtype=np.float64)
            # the sd of a constant column is rounding, not scale
            sd = np.where(sd > 1e-12 * np.abs(self.mean), sd, 0)
        self.sd = np.where(sd > 0, sd, 1.0)

    def __call__(self, x: Features) -> Features:
        """Scale features, n x m."""
        if self.mean is None:
            return sparse.csr_matrix(x.multiply(1 / self.sd))
        return np.asarray((x - self.mean) / self.sd)


def fit_logistic(
    x: Features, codes: NDArray[np.integer], *, penalty: float = 1.0, steps: int = STEPS
) -> tuple[Any, bool]:
    """Multinomial logistic regression (two classes: binomial), classes weighing alike.

    Parameters
    ----------
    x, codes
        Scaled features and classes of the training cells.
    penalty
        Inverse of scikit-learn's C.
    steps
        Iterations of L-BFGS at most.

    Returns
    -------
    model, converged
        Fitted `sklearn.linear_model.LogisticRegression`, and whether it converged in time; the
        caller tells where it did not.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1 / penalty, max_iter=steps, class_weight="balanced")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, codes)
    failed = [w for w in caught if issubclass(w.category, ConvergenceWarning)]
    for other in caught:
        if other not in failed:
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
    return model, not failed


def fit_predict(
    train: Features,
    codes: NDArray[np.integer],
    test: Features,
    *,
    classifier: Classifier = "logistic",
    penalty: float = 1.0,
    steps: int = STEPS,
    neighbours: int = NEIGHBOURS,
) -> tuple[NDArray[np.int64], bool]:
    """Fit on training cells and name the classes of others.

    Parameters
    ----------
    train, codes
        Features and classes of the training cells.
    test
        Features of the cells to be named.
    classifier
        ``"logistic"``, or ``"knn"``: votes of the nearest training cells (Euclidean, scaled
        features), each over the frequency of its class, so that no class wins by size.
    penalty, steps
        See `fit_logistic`.
    neighbours
        Voters of ``"knn"``.

    Returns
    -------
    predicted, converged
        Class of each test cell; whether the fit converged.

    Raises
    ------
    InputError
        If the classifier is unknown.
    """
    if classifier not in ("logistic", "knn"):
        raise InputError(f"classifier '{classifier}'", where="probe", expected="logistic or knn")
    if len(np.unique(codes)) == 1:
        return np.full(test.shape[0], codes[0], dtype=np.int64), True
    scaler = Scaler(train)
    x, y = scaler(train), scaler(test)
    if classifier == "logistic":
        model, converged = fit_logistic(x, codes, penalty=penalty, steps=steps)
        return np.asarray(model.predict(y), dtype=np.int64), converged
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(min(neighbours, x.shape[0])).fit(x, codes)
    share = np.bincount(codes)[model.classes_] / len(codes)
    votes = model.predict_proba(y) / share
    return np.asarray(model.classes_[votes.argmax(1)], dtype=np.int64), True
