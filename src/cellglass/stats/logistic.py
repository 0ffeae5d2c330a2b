"""Logistic regression, and the test of a column that a fitted model lacks."""

from __future__ import annotations

import numpy as np

from cellglass.stats.arguments import Bools
from cellglass.stats.design import Matrix, standardised


def fit_logistic(design: Matrix, labels: Bools) -> Matrix:
    """Fit a logistic regression with a weak ridge penalty.

    Parameters
    ----------
    design
        Standardised columns without an intercept, shape (n, q).
    labels
        True at positives, both classes present, shape (n,).

    Returns
    -------
    numpy.ndarray
        Intercept and slopes, float64, shape (q + 1,).

    Notes
    -----
    scikit-learn's `LogisticRegression`, newton-cholesky, C = 1.

    Examples
    --------
    >>> fit_logistic(np.array([[-1.0], [0], [0], [1]]), np.array([False, False, True, True])).size
    2
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(solver="newton-cholesky", C=1.0, tol=1e-6, max_iter=200)
    model.fit(design, labels)
    return np.concatenate([model.intercept_, model.coef_[0]]).astype(np.float64)


def linear_predictor(model: Matrix, design: Matrix) -> Matrix:
    """Log odds under a model: they rank pairs as the probability does, and do not saturate.

    Parameters
    ----------
    model
        Intercept and slopes, shape (q + 1,).
    design
        Columns without an intercept, shape (n, q).

    Returns
    -------
    numpy.ndarray
        float64, shape (n,).

    Examples
    --------
    >>> linear_predictor(np.array([1.0, 2.0]), np.array([[3.0]])).tolist()
    [7.0]
    """
    return model[0] + design @ model[1:]


def held_out_predictor(columns: Matrix, labels: Bools, train: Bools, test: Bools) -> Matrix:
    """Log odds of test rows under a model of the training rows.

    Parameters
    ----------
    columns
        Without an intercept, shape (n, q); standardised with the training rows.
    labels
        True at positives, shape (n,).
    train, test
        Rows to fit on, both classes among them, and to judge, shape (n,).

    Returns
    -------
    numpy.ndarray
        float64, one a test row.

    Examples
    --------
    >>> columns, labels = np.arange(6.0)[:, None], np.arange(6) > 2
    >>> train = np.arange(6) % 2 == 0
    >>> odds = held_out_predictor(columns, labels, train, ~train)
    >>> bool(odds[0] < odds[1] < odds[2])
    True
    """
    design = standardised(columns, train)
    return linear_predictor(fit_logistic(design[train], labels[train]), design[test])


def score_test(design: Matrix, fitted: Matrix, labels: Bools, candidates: Matrix) -> Matrix:
    """Rao score test of each candidate added to a fitted logistic model.

    Parameters
    ----------
    design
        Columns of the model, its intercept among them, shape (n, q).
    fitted
        Its probabilities, shape (n,).
    labels
        True at positives, shape (n,).
    candidates
        Candidate columns, shape (n, k).

    Returns
    -------
    numpy.ndarray
        z of each candidate, shape (k,); 0 where the model's columns already span it.

    Notes
    -----
    U / sqrt(V) with U = c'(y - p) - B'A^-1 X'(y - p), V = c'Wc - B'A^-1 B, A = X'WX, B = X'Wc,
    W = p (1 - p) (Rao 1948). The term in X'(y - p) is 0 for a model fitted without penalty.
    No model is refitted.

    Examples
    --------
    >>> y = np.array([False, False, True, True])
    >>> z = score_test(np.ones((4, 1)), np.full(4, 0.5), y, np.array([[0.0], [1], [2], [3]]))
    >>> z.round(3).tolist()
    [1.789]
    """
    weight = fitted * (1.0 - fitted)
    residual = labels.astype(np.float64) - fitted
    weighted = design * weight[:, None]
    information = design.T @ weighted
    cross = weighted.T @ candidates
    explained = np.linalg.lstsq(information, cross, rcond=None)[0]
    total = np.einsum("nk,n,nk->k", candidates, weight, candidates)
    left = total - np.einsum("qk,qk->k", cross, explained)
    effective = candidates.T @ residual - explained.T @ (design.T @ residual)
    known = left <= 1e-10 * np.maximum(total, np.finfo(np.float64).tiny)
    return np.where(known, 0.0, effective / np.sqrt(np.where(known, 1.0, left)))
