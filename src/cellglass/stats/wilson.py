"""Wilson's interval of a share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def wilson(hits: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of shares.

    Parameters
    ----------
    hits, n
        Successes and trials, of one shape; fractions where ties or repeats were averaged. No
        trial gives nan.
    level
        Confidence; the lower end by itself is a bound of confidence (1 + level) / 2.

    Returns
    -------
    low, high : numpy.ndarray
        Between 0 and 1, about the share; never of no width, also where there is no success.

    Notes
    -----
    Wilson, Journal of the American Statistical Association 1927.

    Examples
    --------
    >>> [round(float(end), 3) for end in wilson(5, 10)]
    [0.237, 0.763]
    """
    from scipy import special

    k, total = np.asarray(hits, np.float64), np.asarray(n, np.float64)
    z2 = float(special.ndtri((1 + level) / 2)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = k / total
        centre = (share + z2 / (2 * total)) / (1 + z2 / total)
        half = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * total)) / total) / (1 + z2 / total)
    # the share lies within, also at 0 and 1, where rounding might put it beside
    low, high = np.minimum(share, centre - half), np.maximum(share, centre + half)
    return np.maximum(low, 0.0), np.minimum(high, 1.0)
