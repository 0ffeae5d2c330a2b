"""Strata of pairs: quantile bins of degree, co-expression, distance, and their product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.nulls.within_bins import quantile_edges
from cellglass.geometry.pair_values import pair_values
from cellglass.geometry.pairs import Pairs
from cellglass.stats.arguments import Ints
from cellglass.stats.nulls.label_within_strata import LabelWithinStrata
from cellglass.stats.ranks import midranks_by_group

Feature = ArrayLike | tuple[ArrayLike, ArrayLike]
At = Literal["pairs", "positives"]

_S = TypeVar("_S")


@dataclass(frozen=True, eq=False)
class PairStrata:
    """Strata of the judged pairs, and what they leave of the features they were made of.

    Attributes
    ----------
    pairs
        The pairs.
    codes
        Number of the stratum, shape (sources, targets); -1 at pairs that are not judged.
    edges
        Inner edges of the bins of each feature. A feature given as two vectors has two:
        ``"degree (source)"``, ``"degree (target)"``.
    values
        Value of each feature at the judged pairs, in the order of `Pairs.index`.
    notes
        One sentence for each feature that has fewer bins than asked for.
    """

    pairs: Pairs
    codes: Ints
    edges: Mapping[str, NDArray[np.float64]]
    values: Mapping[str, NDArray[np.float64]]
    notes: tuple[str, ...]

    @property
    def by(self) -> str:
        """Names of the features, joined."""
        return " x ".join(self.edges)

    def null(self, **settings: float) -> LabelWithinStrata:
        """Labels permuted within these strata.

        Parameters
        ----------
        **settings
            `min_movable`, `min_distance` of `LabelWithinStrata`.

        Returns
        -------
        LabelWithinStrata
            Its check tells the residuals and the notes.
        """
        left = ", ".join(f"{name} {area:.3f}" for name, area in self.residual().items())
        return LabelWithinStrata(
            self.pairs.labels,
            self.pairs.mask,
            self.codes,
            by=self.by,
            notes=(f"AUROC of what the strata were made of, within them: {left}.", *self.notes),
            **settings,
        )

    def residual(self) -> dict[str, float]:
        """AUROC of each feature within strata: 0.5 where its bins took all of it away.

        Returns
        -------
        dict
            By feature: share of pairs of a positive and a negative of one stratum in which the
            positive has the larger value, ties one half, over all strata; nan where no stratum
            holds both.

        Notes
        -----
        Bins are coarse: in a wide one, labels may still follow the feature, and a score that
        copies it passes the null for that reason alone. Far from 0.5, use more bins. Degrees
        of the labels themselves never come down to 0.5: within a bin, the regulator with more
        positives has more of them.
        """
        stratum = self.codes[self.pairs.mask]
        truth = self.pairs.positive
        size, positive = (np.bincount(stratum, w) for w in (np.ones(truth.size), truth * 1.0))
        contests = float((positive * (size - positive)).sum())
        left = {}
        for name, values in self.values.items():
            ranks = midranks_by_group(values, stratum)
            wins = float(ranks[truth].sum()) - float((positive * (positive + 1) / 2).sum())
            left[name] = wins / contests if contests else float("nan")
        return left


def pair_strata(
    pairs: Pairs,
    features: Mapping[str, Feature],
    *,
    bins: int | Mapping[str, int] = 5,
    at: At | Mapping[str, At] = "pairs",
) -> PairStrata:
    """Cut pairs into strata by quantile bins of each feature.

    Parameters
    ----------
    pairs
        The pairs.
    features
        By name: a matrix (sources, targets), or two vectors (sources,), (targets,), which are
        cut apart. For degree, `reference_degrees(pairs)` of `cellglass.geometry.degrees`.
    bins
        Bins of each feature; by name, or one number.
    at
        Whose quantiles the bins are cut at: of the judged ``"pairs"``, as the published nulls
        were, or of the ``"positives"``; by name, or for all.

    Returns
    -------
    PairStrata
        The product of all bins; strata that hold no pair are left out.

    Raises
    ------
    InputError
        If a feature has the wrong shape or is not finite at a judged pair, there is no
        feature, a setting is missing or makes no sense, or no feature varies.

    Notes
    -----
    Equal values share a bin, so that ties leave fewer bins; a note says so. A feature that
    does not vary makes one bin, and a note. The published nulls cut degree x absolute
    co-expression 5 x 5, and length x degree 6 x 4 (specification 3.1).

    Quantiles of pairs do not depend on labels, and make the null exact. Few bins are wide,
    though: where labels follow a distance, a score that copies it is significant at 0.05 in
    about 1 of 4 data sets with 5 bins of pairs, and in 1 of 20, as it should be, with 40 of
    positives. Degrees have a heavy tail, so that the top bin holds most positives, degrees of
    10 and of 100 alike: with 5 bins of pairs a score of degree alone is always significant,
    with 10 of positives in 1 of 20. See tests/calibration/test_geometry_nulls.py.

    Degrees of the reference are sums of the labels themselves. The plain degrees are the same
    for all pairs of a regulator, so that their strata are blocks of regulators x genes: draws
    move positives between genes of like degree. `leave_one_out_degrees` take the pair's own
    label out, but then a positive and a negative of one regulator differ by 1 in degree and
    fall into two bins for no other reason than the label, and pairs of degree 0 are positive
    without exception. They are for scores, which must not see the label they are held
    against. Because the strata of degree hold part of the labels' own noise, p is conservative:
    2 % of p are at or below 0.05 for labels that know nothing. What degrees within one bin
    still tell is in `PairStrata.residual`; `DegreePreserving` keeps degrees exactly, and its p
    is uniform.

    Examples
    --------
    >>> mask = np.ones((2, 4), bool)
    >>> pairs = Pairs(("A", "B"), tuple("CDEF"), mask & (np.arange(4) % 2 > 0), mask, "n")
    >>> pair_strata(pairs, {"distance": np.arange(8.0).reshape(2, 4)}, bins=2).codes.tolist()
    [[0, 0, 0, 0], [1, 1, 1, 1]]
    """
    if not features:
        raise InputError("no feature to make strata of", where="pair_strata")
    parts: dict[str, NDArray[np.float64]] = {}
    edges, notes = {}, []
    codes = np.zeros(int(pairs.mask.sum()), dtype=np.int64)
    for name, values, wanted, whose in _parts(pairs, features, bins, at):
        inner = quantile_edges(values, wanted, of=values[pairs.positive] if whose else values)
        edges[name], parts[name] = inner, values
        if inner.size + 1 < wanted:
            notes.append(
                f"{name} does not vary: one bin."
                if np.ptp(values) == 0
                else f"{name} has {inner.size + 1} bins of {wanted}: equal values share one."
            )
        codes = codes * (inner.size + 1) + np.searchsorted(inner, values, side="right")
        codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    if all(np.ptp(values) == 0 for values in parts.values()):
        raise InputError(
            "no feature varies over the judged pairs",
            where=f"strata by {', '.join(features)}",
            expected="at least one that does",
            fix="use LabelPermutation, which has no strata",
        )
    whole = np.full(pairs.mask.shape, -1, dtype=np.int64)
    whole[pairs.mask] = codes
    return PairStrata(pairs, whole, edges, parts, tuple(notes))


def _parts(
    pairs: Pairs,
    features: Mapping[str, Feature],
    bins: int | Mapping[str, int],
    at: At | Mapping[str, At],
) -> Iterator[tuple[str, NDArray[np.float64], int, bool]]:
    """Name, values, bins and whether they are cut at the positives, of each part."""
    if not pairs.labels.any():
        raise InputError("no positive among the judged pairs", where="pair_strata")
    for name, feature in features.items():
        number, whose = _setting(bins, name, "bins"), _setting(at, name, "at")
        if number < 1:
            raise InputError(f"{number} bins of {name}", where="bins", expected="at least 1")
        if whose not in get_args(At):
            raise InputError(f"at is {whose!r}", where="at", expected=" or ".join(get_args(At)))
        for told, values in _at_pairs(pairs, name, feature).items():
            yield told, values, number, whose == "positives"


def _setting(given: _S | Mapping[str, _S], name: str, where: str) -> _S:
    if not isinstance(given, Mapping):
        return given
    if name not in given:
        raise InputError(f"nothing for {name}", where=where, expected="a setting a feature")
    found: _S = given[name]
    return found


def _at_pairs(pairs: Pairs, name: str, feature: Feature) -> dict[str, NDArray[np.float64]]:
    """Values at the judged pairs, by name; two vectors give two."""
    if not isinstance(feature, tuple):
        return {name: pair_values(feature, pairs, f"feature {name}")}
    if len(feature) != 2:
        raise InputError(
            f"{len(feature)} arrays", where=f"feature {name}", expected="sources and targets"
        )
    found = {}
    for side, vector, at, n in zip(
        ("source", "target"), feature, pairs.index, pairs.mask.shape, strict=True
    ):
        values = np.asarray(vector, dtype=np.float64)
        told = f"{name} ({side})"
        if values.shape != (n,):
            raise InputError(
                f"an array of shape {values.shape}", where=f"feature {told}", expected=f"({n},)"
            )
        found[told] = pair_values(values[at], pairs, f"feature {told}")
    return found
