"""GENIE3: importance of each regulator in a random forest that predicts the target."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TREES = 100
"""Published: 1,000. The ranking of regulators settles long before; told with every result."""


def genie3(
    regulators: NDArray[np.floating], target: NDArray[np.floating], seed: int, *, trees: int = TREES
) -> NDArray[np.float64]:
    """Score regulators by how much variance of the target their splits take away.

    Parameters
    ----------
    regulators
        Expression, cells x regulators.
    target
        Expression of the target, shape (cells,); it is scaled to unit variance, so that scores
        of different targets can be compared.
    seed
        Of the forest.
    trees
        Number of trees.

    Returns
    -------
    numpy.ndarray
        Variance taken away by the splits on each regulator, mean over trees, not normalised,
        shape (regulators,); all 0 for a target that does not vary.

    Notes
    -----
    Huynh-Thu et al., PLoS One 2010: forests of fully grown trees on bootstrap samples of cells,
    the square root of the number of regulators tried at each split.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(100, 3))
    >>> int(genie3(x, x[:, 1] + 0.1 * x[:, 2], seed=1, trees=10).argmax())
    1
    """
    from sklearn.ensemble import RandomForestRegressor

    values = scaled(target)
    if not values.any():
        return np.zeros(regulators.shape[1])
    forest = RandomForestRegressor(trees, max_features="sqrt", random_state=seed, n_jobs=1)
    forest.fit(regulators, values)
    parts = [t.tree_.compute_feature_importances(normalize=False) for t in forest.estimators_]
    return np.asarray(np.mean(parts, axis=0), dtype=np.float64)


def scaled(target: NDArray[np.floating]) -> NDArray[np.float64]:
    """Centre a target and scale it to unit variance; all 0 where it does not vary.

    Parameters
    ----------
    target
        Expression, shape (cells,).

    Examples
    --------
    >>> scaled(np.array([1.0, 3.0])).tolist()
    [-1.0, 1.0]
    """
    values = np.asarray(target, dtype=np.float64)
    values = values - values.mean()
    sd = float(values.std())
    return values / sd if sd > 1e-9 else np.zeros_like(values)
