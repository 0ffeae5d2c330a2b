"""Intervals of the gain of stratified over pooled edges, over regulators."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats import BootstrapResult
from cellglass.stats.resampling import GroupResamples

from .judged_pairs import JudgedPairs


def gain_intervals(
    scores: NDArray[np.float64],
    judged: JudgedPairs,
    *,
    draws: int,
    seed: int,
    task: str,
) -> NDArray[np.float64]:
    """Bootstrap the gain in AUROC of each score over the first one, regulators resampled.

    Parameters
    ----------
    scores
        Scores x judged pairs; the first is the pooled one.
    judged
        The pairs, all in one part.
    draws
        Number of resamples.
    seed, task
        Root seed and name of the stream.

    Returns
    -------
    numpy.ndarray
        Ends of the 95 % interval of each score's gain, shape (scores - 1, 2); nan where fewer
        than two regulators have edges. Resamples are shared, so that scores are paired.

    Raises
    ------
    InputError
        If the pairs have several parts.

    Examples
    --------
    >>> from cellglass.regulation.networks.recovery import Pairs
    >>> rng = np.random.default_rng(0)
    >>> names = tuple(map(str, range(30)))
    >>> labels, mask = rng.random((6, 30)) < 0.3, np.ones((6, 30), bool)
    >>> judged = JudgedPairs.of(Pairs(names[:6], names, labels, mask, "net"))
    >>> noise = rng.normal(size=(6, 30))
    >>> both = np.stack([judged.take(noise), judged.take(noise + 2 * labels)])
    >>> gain_intervals(both, judged, draws=100, seed=1, task="x").round(1).tolist()
    [[0.4, 0.5]]
    """
    if len(judged.bounds) != 1:
        raise InputError(f"{len(judged.bounds)} parts", where="interval of gains", expected="one")
    begin, middle, _ = judged.bounds[0]
    labels = np.arange(len(judged)) < middle - begin
    names, codes = np.unique(judged.regulator, return_inverse=True)
    if len(np.unique(codes[labels])) < 2:
        return np.full((len(scores) - 1, 2), np.nan)
    resamples = GroupResamples.draw(len(names), draws=draws, seed=seed, task=task)
    pooled, *others = (resamples.auroc(s, labels, codes) for s in scores)
    spans = [
        BootstrapResult(
            ("gain",), o.estimates - pooled.estimates, o.draws - pooled.draws, o.unit, o.n, o.level
        ).interval()
        for o in others
    ]
    return np.array([(span.low, span.high) for span in spans])
