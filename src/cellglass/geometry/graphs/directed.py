"""Direction of pairs: does more lead from source to target than back, over near pairs?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.named import require_pairs
from cellglass.geometry.pair_features import PairFeatures
from cellglass.geometry.support import Support

from .distances import Distances

DISTANCE_QUANTILES = (0.35, 0.50, 0.65, 0.80)
MARGIN_QUANTILES = (0.40, 0.60, 0.80)
GAIN = 4.0


@dataclass(frozen=True, eq=False)
class DirectedScore:
    """A score of each ordered pair, the opposite of that of the reversed pair.

    Attributes
    ----------
    values
        Shape (n, n), antisymmetric.
    flow
        The part that comes from paths of two steps, shape (n, n).
    support
        What orients the pairs, among the points of rows and columns.
    """

    values: NDArray[np.float64]
    flow: NDArray[np.float64]
    support: Support

    @property
    def provenance(self) -> tuple[str, ...]:
        """Sources of the margin that orients the pairs."""
        return self.support.provenance

    def pairs(self, sources: Sequence[str], targets: Sequence[str]) -> PairFeatures:
        """Score of each pair.

        Parameters
        ----------
        sources, targets
            Names, one pair an entry.

        Returns
        -------
        PairFeatures
            ``directed`` and its part ``directed_flow``.

        Raises
        ------
        InputError
            If a name is unknown or the lengths differ.
        """
        require_pairs(sources, targets)
        at = self.support.rows(sources), self.support.columns(targets)
        found = {"directed": self.values[at], "directed_flow": self.flow[at]}
        return PairFeatures(tuple(sources), tuple(targets), found)


def directed_score(
    distances: Distances,
    support: Support,
    *,
    distance_quantiles: Sequence[float] = DISTANCE_QUANTILES,
    margin_quantiles: Sequence[float] = MARGIN_QUANTILES,
    gain: float = GAIN,
) -> DirectedScore:
    """Score the direction of pairs over a grid of distances and margins.

    Parameters
    ----------
    distances
        Among all points of the support.
    support
        What orients the pairs, among the same points in both directions.
    distance_quantiles
        Pairs up to these quantiles of the distances are near.
    margin_quantiles
        Pairs from these quantiles of the absolute margins on are oriented.
    gain
        Of the margin within the tanh.

    Returns
    -------
    DirectedScore
        Of all ordered pairs of the points of the support.

    Raises
    ------
    InputError
        If the support is not among the same points, one of them has no distances, no pair has
        a margin, or a quantile is not in 0 to 1.

    Notes
    -----
    M = S - S'. At each cell of the grid A_uv = 1 where u and v are near, |M_uv| is large and
    M_uv > 0; the score is the mean over cells of (A^2 - (A^2)') + tanh(4 M) (hypotheses H50, H52,
    H55; specification of geometry, 2.10). The second part is the margin alone: it knows nothing
    of the geometry, and dominates where the support comes from the source of the labels. Hold
    ``directed_flow`` and the margin apart. Quantiles of distances are over unordered pairs,
    quantiles of margins over those that have one; the publication does not say.

    Examples
    --------
    >>> from cellglass.geometry.graphs.distances import Distances
    >>> names, near = ("A", "B", "C"), np.ones((3, 3)) - np.eye(3)
    >>> chain = np.array([[0.0, 0.5, 0.0], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]])
    >>> found = directed_score(
    ...     Distances(near, names, names, "euclidean"), Support(chain, names, names, ("made up",))
    ... )
    >>> found.flow.tolist()  # A to B to C
    [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]
    """
    levels = (*distance_quantiles, *margin_quantiles)
    if not distance_quantiles or not margin_quantiles or not all(0 <= q <= 1 for q in levels):
        raise InputError(
            f"quantiles {levels}", where="directed score", expected="from 0 to 1, some of both"
        )
    names = support.points("directed score")
    between = distances.block(names, names)
    margin = support.margin
    upper = np.triu_indices(len(names), 1)
    size = np.abs(margin[upper])
    if not size.any():
        raise InputError(
            "no pair has a margin: the support is the same in both directions",
            where="directed score",
            expected="directed evidence",
            fix="give support that differs between source and target",
        )
    reach = np.quantile(between[upper], distance_quantiles)
    least = np.quantile(size[size > 0], margin_quantiles)
    flow = np.zeros(margin.shape)
    for near in reach:
        for large in least:
            step = ((between <= near) & (margin >= large)).astype(np.float64)
            two = step @ step
            flow += two - two.T
    flow /= reach.size * least.size
    return DirectedScore(flow + np.tanh(gain * margin), flow, support)
