"""Mutual information of a target with each regulator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 3


def mutual_information(
    regulators: NDArray[np.floating], target: NDArray[np.floating], seed: int
) -> NDArray[np.float64]:
    """Estimate the mutual information of a target with each regulator from nearest neighbours.

    Parameters
    ----------
    regulators
        Expression, cells x regulators.
    target
        Expression of the target, shape (cells,).
    seed
        Of the noise that breaks ties.

    Returns
    -------
    numpy.ndarray
        Nats, 0 or more, shape (regulators,).

    Notes
    -----
    `sklearn.feature_selection.mutual_info_regression` with 3 neighbours (Kraskov, Physical
    Review E 2004; Ross, PLoS One 2014).

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> found = mutual_information(x, x[:, 0] ** 2, seed=1)
    >>> bool(found[0] > 1 > found[1])
    True
    """
    from sklearn.feature_selection import mutual_info_regression

    return np.asarray(
        mutual_info_regression(regulators, target, n_neighbors=NEIGHBOURS, random_state=seed)
    )
