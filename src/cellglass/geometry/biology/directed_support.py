"""Directed support of pairs by databases: the prior that the published screen leaned on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.named import numbered, places, require_different
from cellglass.geometry.support import Support

if TYPE_CHECKING:
    from cellglass.data.gene_sets import GeneSets
    from cellglass.data.network import Network

Floats = NDArray[np.float64]
WEIGHTS: Mapping[str, float] = {"dorothea": 0.40, "omnipath": 0.25, "string": 0.20, "go": 0.15}
"""Weights of the published screen."""
LEVELS: Mapping[str, float] = {"A": 4.0, "B": 3.0, "C": 2.0, "D": 1.0, "E": 0.0}
"""Points of DoRothEA's confidence levels; 4 is full support."""


def directed_support(
    sources: Sequence[str],
    targets: Sequence[str],
    *,
    dorothea: Network | None = None,
    omnipath: Network | None = None,
    string: Network | None = None,
    go: GeneSets | None = None,
    weights: Mapping[str, float] = WEIGHTS,
) -> Support:
    """Sum what databases say for each pair, with the weights of the published screen.

    Parameters
    ----------
    sources, targets
        Names of rows and columns.
    dorothea
        With a column ``confidence`` of levels A to E; the best level of a pair counts.
    omnipath
        Any directed network: 1 where it has the pair in this direction.
    string
        Undirected; its weights are scores of 0 to 1, or of 0 to 1,000. Where it has none, as in a
        file cut at a threshold, a pair in it counts 1.
    go
        Terms with their genes, used as they stand: Jaccard index of the terms of both genes, 0
        where one has none.
    weights
        Weight of each database, 0 or more, 1 in sum or less.

    Returns
    -------
    Support
        Its provenance names the databases that were given. The two directions of a pair are two
        numbers: ask for the same genes as sources and targets to have both.

    Raises
    ------
    InputError
        If no database is given, a name comes twice, a weight is negative or of none of them,
        levels are missing or scores are out of range.

    Notes
    -----
    Specification 2.12: S = 0.40 DoRothEA / 4 + 0.25 OmniPath + 0.20 STRING + 0.15 GO Jaccard. It is
    no geometry: DoRothEA A to C alone holds TRRUST pairs with a precision of 0.93 to 0.99
    (specification 0.2). Whatever contains it carries its `Support.provenance`.

    Examples
    --------
    >>> import pandas as pd
    >>> from cellglass.data import Network
    >>> rows = pd.DataFrame({"source": ["A", "A"], "target": ["B", "C"], "confidence": ["B", "E"]})
    >>> found = directed_support(["A"], ["B", "C"], dorothea=Network.from_frame(rows))
    >>> found.values.round(2).tolist(), found.missing
    ([[0.3, 0.0]], ('omnipath', 'string', 'go'))
    """
    given = {"dorothea": dorothea, "omnipath": omnipath, "string": string, "go": go}
    unknown = sorted(set(weights) - set(given))
    if unknown or min(weights.values(), default=-1.0) < 0 or sum(weights.values()) > 1 + 1e-9:
        raise InputError(
            f"weights {dict(weights)}", where="support",
            expected=f"weights of {', '.join(given)}, 0 or more and at most 1 in sum",
        )  # fmt: skip
    if all(one is None for one in given.values()):
        raise InputError(
            "no database was given", where="support", expected="at least one",
            fix="cellglass data fetch dorothea",
        )  # fmt: skip
    require_different(sources, "support, sources")
    require_different(targets, "support, targets")
    parts: dict[str, Floats] = {}
    if dorothea is not None:
        parts["dorothea"] = _levels(dorothea, sources, targets) / LEVELS["A"]
    if omnipath is not None:
        parts["omnipath"] = omnipath.matrix(sources, targets).astype(np.float64)
    if string is not None:
        parts["string"] = _scores(string, sources, targets)
    if go is not None:
        parts["go"] = _shared_terms(go, sources, targets)
    values = np.zeros((len(sources), len(targets)))
    for name, part in parts.items():
        values += weights.get(name, 0.0) * part
    missing = tuple(name for name, one in given.items() if one is None)
    return Support(values, tuple(sources), tuple(targets), tuple(parts), parts, missing)


def _levels(network: Network, sources: Sequence[str], targets: Sequence[str]) -> Floats:
    """Points of the best level of each pair."""
    if "confidence" not in network.frame.columns:
        raise InputError(
            f"{network.name} has no column 'confidence'", where="support, dorothea",
            expected="levels A to E", fix="pass it as omnipath= if it has no levels",
        )  # fmt: skip
    points = network.frame["confidence"].map(
        lambda joined: max((LEVELS.get(v, np.nan) for v in str(joined).split(";")), default=np.nan)
    )
    if points.isna().any():
        bad = network.frame["confidence"][points.isna()].iloc[0]
        raise InputError(f"confidence {bad!r}", where="support, dorothea", expected="A to E")
    return _filled(network, points.to_numpy(dtype=np.float64), sources, targets)


def _scores(network: Network, sources: Sequence[str], targets: Sequence[str]) -> Floats:
    """Scores of pairs as shares of 1, in both directions."""
    score = network.frame["weight"].to_numpy(dtype=np.float64)
    if not (np.isfinite(score).all() and score.min() >= 0 and score.max() <= 1000):
        raise InputError(
            f"scores from {score.min():g} to {score.max():g}", where="support, string",
            expected="0 to 1, or 0 to 1,000",
        )  # fmt: skip
    return _filled(network, score / (1000 if score.max() > 1 else 1), sources, targets)


def _filled(
    network: Network, values: Floats, sources: Sequence[str], targets: Sequence[str]
) -> Floats:
    row, column = numbered(sources), numbered(targets)
    found = np.zeros((len(row), len(column)))
    ends = [("source", "target")] + ([] if network.directed else [("target", "source")])
    for a, b in ends:
        i = network.frame[a].map(row).to_numpy(dtype=np.float64, na_value=np.nan)
        j = network.frame[b].map(column).to_numpy(dtype=np.float64, na_value=np.nan)
        inside = ~(np.isnan(i) | np.isnan(j))
        np.maximum.at(found, (i[inside].astype(int), j[inside].astype(int)), values[inside])
    return found


def _shared_terms(sets: GeneSets, sources: Sequence[str], targets: Sequence[str]) -> Floats:
    """Jaccard index of the terms of both genes, 0 where a gene has none."""
    from .gene_similarity import GeneTerms

    genes = tuple(dict.fromkeys((*sources, *targets)))
    members = GeneTerms.flat(genes, sets).members
    place = numbered(genes)
    one, other = (members[places(place, names, "genes")] for names in (sources, targets))
    shared = np.asarray((one @ other.T).todense(), dtype=np.float64)
    sizes = [np.asarray(m.sum(1), dtype=np.float64).ravel() for m in (one, other)]
    either = sizes[0][:, None] + sizes[1][None, :] - shared
    return np.divide(shared, either, out=np.zeros_like(shared), where=either > 0)
