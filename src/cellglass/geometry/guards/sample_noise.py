"""Would another sample of pairs say the same? Spread of a statistic over samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator

from .guard import GuardResult

ENOUGH = 2.0
"""How many standard deviations over samples an effect must be."""
LEAST_ROWS = 4
"""Rows (domains, splits) from which on samples are correlated with one another."""


def repeat_samples(
    statistic: Callable[[np.random.Generator], ArrayLike],
    samples: int,
    *,
    seed: int = DEFAULT_SEED,
    task: str = "sample noise",
) -> NDArray[np.float64]:
    """Evaluate a statistic on several samples of pairs.

    Parameters
    ----------
    statistic
        Draws its pairs (and folds) with the generator it is given, and returns a number, or one a
        row (domain, split, layer).
    samples
        How many, at least 2.
    seed, task
        Root seed, and name of the task; sample i uses the stream ``f"{task}/{i}"``.

    Returns
    -------
    numpy.ndarray
        float64, shape (samples,) or (samples, rows).

    Raises
    ------
    InputError
        If there are fewer than 2 samples.

    Examples
    --------
    >>> repeat_samples(lambda rng: rng.normal(size=3), 5).shape
    (5, 3)
    """
    _enough(samples)
    return np.array(
        [statistic(generator(seed, f"{task}/{i}")) for i in range(samples)], dtype=np.float64
    )


def sample_noise(values: ArrayLike, effect: float | None = None) -> GuardResult:
    """Refuse an effect that is no larger than the spread over samples of pairs.

    Parameters
    ----------
    values
        The statistic on each sample, shape (samples,), or by row as well, (samples, rows).
    effect
        The effect that is claimed, of one sample; the mean of `values` where None.

    Returns
    -------
    GuardResult
        G10: failed where the effect is below twice the standard deviation of one sample (of the
        mean over rows, where there are several); with a warning where rows differ in one sample
        but not alike in another.

    Raises
    ------
    InputError
        If there are fewer than 2 samples or a value is not finite.

    Notes
    -----
    Specification 0, last paragraph: two hypotheses that computed one quantity on other samples of
    190 to 220 edges agreed with r = 0.14 over eight domains and splits. The correlation is the
    mean over pairs of samples of Pearson's r over rows.

    Examples
    --------
    >>> sample_noise([0.031, -0.012, 0.055, 0.004]).state
    'failed'
    >>> sample_noise([0.031, 0.028, 0.033, 0.030]).state
    'passed'
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim not in (1, 2) or table.size == 0 or not np.isfinite(table).all():
        raise InputError(
            f"values of shape {table.shape}, {int((~np.isfinite(table)).sum())} not finite",
            where="sample noise",
            expected="samples, or samples x rows, of finite numbers",
        )
    _enough(len(table))
    of_sample = table if table.ndim == 1 else table.mean(1)
    spread = float(of_sample.std(ddof=1))
    claimed = float(of_sample.mean()) if effect is None else float(effect)
    # a spread of rounding errors is no spread
    varies = spread > 1e-12 * float(np.abs(of_sample).max())
    ratio = abs(claimed) / spread if varies else float("inf")
    detail = (
        f"the effect {claimed:.4g} is {ratio:.1f} standard deviations ({spread:.4g}) of one sample"
        f", over {len(table)} samples"
    )
    warning = ""
    if table.ndim == 2 and table.shape[1] >= LEAST_ROWS and (table.std(1) > 0).all():
        alike: NDArray[np.float64] = np.asarray(np.corrcoef(table))
        r = float(alike[np.triu_indices(len(table), 1)].mean())
        detail += f"; the {table.shape[1]} rows correlate r = {r:.2f} between samples"
        if r < 0.5:
            warning = f"rows differ by the sample more than by themselves (r = {r:.2f})"
    return GuardResult.of("G10", failed=ratio < ENOUGH, detail=detail, warning=warning)


def _enough(samples: int) -> None:
    if samples < 2:
        raise InputError(
            f"{samples} samples", where="sample noise", expected="at least 2",
            fix="repeat the statistic with other samples of pairs",
        )  # fmt: skip
