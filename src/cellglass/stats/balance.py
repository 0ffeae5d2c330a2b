"""Balance of a covariate between two groups of matched items."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def standardised_mean_difference(values: NDArray[np.floating], treated: NDArray[np.bool_]) -> float:
    """Difference of means over the root of the mean of the two variances.

    Parameters
    ----------
    values
        One covariate, shape (n,).
    treated
        Which items belong to the first group.

    Returns
    -------
    float
        0 where neither group varies.

    Examples
    --------
    >>> standardised_mean_difference(np.array([1.0, 3.0, 0.0, 2.0]), np.array([1, 1, 0, 0], bool))
    1.0
    """
    first, second = values[treated], values[~treated]
    spread = np.sqrt((first.var() + second.var()) / 2.0)
    return float((first.mean() - second.mean()) / spread) if spread > 0 else 0.0
