"""GRNBoost2: importance of each regulator in boosted trees that stop when they learn no more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .genie3 import scaled

RATE, MAX_TREES, MAX_FEATURES, SUBSAMPLE, WINDOW, DEPTH = 0.01, 5000, 0.1, 0.9, 25, 3
"""Published settings (SGBM of arboreto)."""


def grnboost2(
    regulators: NDArray[np.floating],
    target: NDArray[np.floating],
    seed: int,
    *,
    trees: int = MAX_TREES,
) -> NDArray[np.float64]:
    """Score regulators by their importance in stochastic gradient boosting.

    Parameters
    ----------
    regulators
        Expression, cells x regulators.
    target
        Expression of the target, shape (cells,); scaled to unit variance.
    seed
        Of the boosting.
    trees
        At most so many trees.

    Returns
    -------
    numpy.ndarray
        Share of each regulator in the importance times the number of trees, shape (regulators,):
        a target that boosting learns nothing of stops at once and scores low.

    Notes
    -----
    Moerman et al., Bioinformatics 2019. Squared loss, learning rate 0.01, at most 5,000 trees of
    depth 3, a tenth of the regulators tried at each split, nine tenths of the cells a tree; stops
    when the improvement on the cells left out is negative on average over 25 trees. The
    improvement of a tree is measured on the cells that this tree left out, before and after it.
    Current versions of scikit-learn compare the cells left out by this tree with those left out
    by the last one in ``oob_improvement_``, so that the published rule would stop by chance
    after some 25 trees whatever the target; the trees are scikit-learn's, the loop is here.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(100, 3))
    >>> int(grnboost2(x, x[:, 1] + 0.1 * x[:, 2], seed=1, trees=60).argmax())
    1
    """
    values = scaled(target)
    if not values.any():
        return np.zeros(regulators.shape[1])
    importance, n_trees = boosted(regulators, values, seed, trees=trees)
    total = float(importance.sum())
    return importance / total * n_trees if total > 0 else np.zeros(regulators.shape[1])


def boosted(
    regulators: NDArray[np.floating],
    values: NDArray[np.float64],
    seed: int,
    *,
    trees: int,
    subsample: float = SUBSAMPLE,
) -> tuple[NDArray[np.float64], int]:
    """Boost trees on a centred target until the cells left out gain no more.

    Parameters
    ----------
    regulators
        Expression, cells x regulators.
    values
        The target, centred, shape (cells,).
    seed
        Of cells and splits.
    trees
        At most so many.
    subsample
        Share of the cells a tree; with 1 nothing is left out and nothing stops it.

    Returns
    -------
    numpy.ndarray, int
        Variance taken away by the splits on each regulator, summed over trees; how many trees.
    """
    from sklearn.tree import DecisionTreeRegressor

    features = np.ascontiguousarray(regulators, dtype=np.float32)  # what trees work in
    n = len(values)
    n_kept = max(1, int(subsample * n))
    # One legacy stream for cells and splits: trees of scikit-learn take no other kind.
    random = np.random.RandomState(seed)
    left = values.copy()
    importance = np.zeros(features.shape[1])
    gains: list[float] = []
    for _ in range(trees):
        order = random.permutation(n) if n_kept < n else np.arange(n)
        kept, out = order[:n_kept], order[n_kept:]
        tree = DecisionTreeRegressor(
            max_depth=DEPTH, max_features=MAX_FEATURES, random_state=random
        )
        tree.fit(features[kept], left[kept], check_input=False)
        step = RATE * tree.predict(features, check_input=False)
        if len(out):
            gains.append(float(np.mean(left[out] ** 2) - np.mean((left[out] - step[out]) ** 2)))
        left -= step
        importance += tree.tree_.compute_feature_importances(normalize=False)
        if learned_enough(gains):
            break
    return importance, len(gains) or trees


def learned_enough(gains: list[float]) -> bool:
    """Whether the last 25 trees made the cells they left out no better, on average.

    Parameters
    ----------
    gains
        Improvement of each tree on the cells that it left out.

    Examples
    --------
    >>> learned_enough([-1.0] * 24), learned_enough([-1.0] * 25), learned_enough([1.0] * 25)
    (False, True, False)
    """
    return len(gains) >= WINDOW and float(np.mean(gains[-WINDOW:])) < 0
