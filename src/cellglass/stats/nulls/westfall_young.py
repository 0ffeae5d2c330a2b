"""p values adjusted for having looked at many scores, from their joint null."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats.permutation import TIE_TOLERANCE, Alternative


def max_z(
    observed: NDArray[np.float64],
    draws: NDArray[np.float64],
    alternative: Alternative = "greater",
) -> NDArray[np.float64]:
    """Adjust p values over scores by the maximum of their z values in each draw.

    Parameters
    ----------
    observed
        Statistic of each score, shape (scores,).
    draws
        Statistic of each score on the same draws of one null, shape (scores, m).
    alternative
        Direction of the test.

    Returns
    -------
    numpy.ndarray
        Adjusted p of each score, shape (scores,). The probability of any p at or below a level
        is at most that level if nothing is true of any score.

    Raises
    ------
    InputError
        If the shapes do not fit.

    Notes
    -----
    The single-step maximum of Westfall and Young (1993). Mean and standard deviation are taken
    over the draws and the observed value together, which treats data and draws alike and keeps
    the test exact. A score that the null does not vary gets z = 0.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> max_z(np.array([9.0, 0.0]), rng.normal(size=(2, 99))).tolist()[0]
    0.01
    """
    if draws.ndim != 2 or observed.shape != draws.shape[:1] or draws.shape[1] < 1:
        raise InputError(
            f"observed of shape {observed.shape}, draws of shape {draws.shape}",
            expected="(scores,) and (scores, draws)",
        )
    values = np.concatenate([observed[:, None], draws], axis=1)
    spread = np.ptp(values, axis=1, keepdims=True)
    varies = spread > TIE_TOLERANCE * np.abs(values).max(1, keepdims=True)
    sd = np.where(varies, values.std(1, keepdims=True), 1.0)
    z = np.where(varies, (values - values.mean(1, keepdims=True)) / sd, 0.0)
    if alternative == "less":
        z = -z
    elif alternative == "two-sided":
        z = np.abs(z)
    largest = z.max(0)
    # The observed data set is one of the draws it is compared with, hence no "+ 1".
    slack = TIE_TOLERANCE * np.maximum(1.0, np.abs(z[:, :1]))
    return np.asarray((largest[None, :] >= z[:, :1] - slack).mean(1))
