"""Gradient-boosted trees that tell positives from negatives, for held-out log odds."""

from __future__ import annotations

import numpy as np

from cellglass.seeds import generator, integer_seed
from cellglass.stats.arguments import Bools
from cellglass.stats.design import Matrix

TREES, LEAVES, RATE, LEAST = 200, 31, 0.05, 40
MAX_TRAINING = 200_000
"""Rows a model is fitted to at most: all positives, and negatives drawn to fill up."""


def boosted_log_odds(
    features: Matrix,
    labels: Bools,
    train: Bools,
    test: Bools,
    *,
    seed: int,
    task: str,
    max_training: int = MAX_TRAINING,
) -> Matrix:
    """Log odds of the test rows under trees that were fitted to the training rows.

    Parameters
    ----------
    features
        Shape (n, q), finite.
    labels
        True at positives, shape (n,); both classes among the training rows.
    train, test
        Booleans over rows.
    seed, task
        Root seed of the run and name of the task.
    max_training
        Rows a model is fitted to at most.

    Returns
    -------
    numpy.ndarray
        float64, one value a test row.

    Notes
    -----
    scikit-learn's `HistGradientBoostingClassifier`, 200 trees of up to 31 leaves of 40 rows or
    more, learning rate 0.05, classes balanced (specification 2.7). One thread, so that sums add
    up the same on every machine. Where leaves of 40 rows would leave fewer than 10 of them,
    leaves may be smaller.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 400)[:, None]
    >>> even = np.arange(400) % 2 == 0
    >>> odds = boosted_log_odds(x, np.abs(x[:, 0]) > 0.5, even, ~even, seed=1, task="example")
    >>> bool(((odds > 0) == (np.abs(x[~even, 0]) > 0.5)).mean() > 0.95)
    True
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    rows = np.flatnonzero(train)
    if rows.size > max_training:
        positives = rows[labels[rows]]
        negatives = rows[~labels[rows]]
        room = max(max_training - positives.size, positives.size)
        drawn = generator(seed, task).choice(negatives, min(room, negatives.size), replace=False)
        rows = np.sort(np.concatenate([positives, drawn]))
    model = HistGradientBoostingClassifier(
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        learning_rate=RATE,
        min_samples_leaf=max(1, min(LEAST, rows.size // 10)),
        class_weight="balanced",
        early_stopping=False,
        random_state=integer_seed(seed, task),
    )
    with threadpool_limits(1, user_api="openmp"):
        model.fit(features[rows], labels[rows])
        return np.asarray(model.decision_function(features[test]), dtype=np.float64)
