"""Parts of a reference network with stronger or independent evidence, and what references share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import plural
from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.stats import derived

from .layer_scores import FEWEST_REGULATORS, Score
from .recovery import Pairs
from .resampled import RegulatorBootstrap, ends, three

DIRECTION = "direction known"
CHIP = "ChIP-type evidence"
ALONE = "in no other reference"
LEFT_OUT, NO_EDGE = "left out", "count as no edge"

SIGNED_LAYOUTS = frozenset({"TRRUST", "DoRothEA", "CollecTRI", "OmniPath"})
EVIDENCE_COLUMNS = frozenset(
    {"resources", "resource", "sources", "evidence", "method", "methods", "database", "databases"}
)
CHIP_WORDS = r"chip|remap|encode|chea\b|cistrome|gtrd"
_TRUE = frozenset({"1", "true", "yes", "t", "y"})
_EMPTY = {"", "0", "false", "no", "nan", "none"}


@dataclass(frozen=True, eq=False)
class Restriction:
    """A part of a reference and what becomes of the edges outside it.

    Parameters
    ----------
    name
        What sets the part apart.
    kept
        Edges of the part; None where it cannot be told apart.
    removed
        Whether the other edges are left out of the judged pairs or count as no edge.
    told
        How the part was found, or why there is none.
    """

    name: str
    kept: Network | None
    removed: str
    told: str


def restrictions(network: Network, others: Mapping[str, Network]) -> list[Restriction]:
    """Parts of a network by direction, by ChIP-type evidence and by absence elsewhere.

    Parameters
    ----------
    network
        The reference that is judged.
    others
        The other references of the study.

    Returns
    -------
    list of Restriction
        Direction twice: edges without one left out of the pairs (ours), and counted as no edge
        (as published). A part that is the whole, or empty, has `kept` None and says so.

    Notes
    -----
    Analysis A28, specification 2.11. An edge whose direction is not known is still likely to be
    an edge: counting it as none lowers every AUROC by mislabelled negatives.

    Examples
    --------
    >>> rows = pd.DataFrame({"source": ["A", "A"], "target": ["B", "C"], "weight": [1.0, -1.0],
    ...     "evidence": ["ChIP-seq", "text mining"]})
    >>> found = restrictions(Network.from_frame(rows), {})
    >>> [(r.name, None if r.kept is None else len(r.kept)) for r in found]
    [('direction known', None), ('ChIP-type evidence', 1), ('in no other reference', None)]
    """
    part, told = _with_direction(network)
    found = [Restriction(DIRECTION, part, LEFT_OUT, told)]
    if part is not None:
        found.append(Restriction(DIRECTION, part, NO_EDGE, f"{told}, as published"))
    chip, told = _with_chip(network)
    found.append(Restriction(CHIP, chip, LEFT_OUT, told))
    alone, told = _alone(network, others)
    found.append(Restriction(ALONE, alone, LEFT_OUT, told))
    return found


def _with_direction(network: Network) -> tuple[Network | None, str]:
    frame = network.frame
    if not network.directed:
        return None, "the network is undirected"
    if "mode" in frame.columns:
        known = frame["mode"].str.contains("Activation|Repression", case=False, regex=True)
        what = "mode Activation or Repression"
    elif network.report.layout in SIGNED_LAYOUTS or (frame["weight"] < 0).any():
        known, what = frame["weight"].notna() & (frame["weight"] != 0), "a sign"
    else:
        return None, "no column gives the direction of an effect"
    return _part(network, known.to_numpy(bool), what)


def _with_chip(network: Network) -> tuple[Network | None, str]:
    frame = network.frame
    keep, used = np.zeros(len(frame), bool), []
    for column in frame.columns:
        name = str(column).lower()
        if "chip" in name:
            keep |= _is_true(frame[column])
            used.append(str(column))
        elif name in EVIDENCE_COLUMNS:
            text = frame[column].astype(str)
            keep |= text.str.contains(CHIP_WORDS, case=False, regex=True).to_numpy(bool)
            used.append(str(column))
    if not used:
        return None, "no column says which edges rest on ChIP-type evidence"
    return _part(network, keep, f"ChIP-type evidence in {', '.join(used)}")


def _is_true(column: pd.Series) -> NDArray[np.bool_]:
    """Flags, joined flags ("False;True") or lists of experiments."""
    text = column.astype(str).str.lower()
    # what several rows of a pair say is joined by semicolons
    parts = text.str.split(";")
    flags = parts.map(lambda said: bool(_TRUE & set(said)))
    empty = parts.map(lambda said: set(said) <= _EMPTY)
    return np.asarray(flags if (flags | empty).all() else ~empty, dtype=bool)


def _alone(network: Network, others: Mapping[str, Network]) -> tuple[Network | None, str]:
    if not others:
        return None, "the study has no other reference"
    elsewhere: set[tuple[str, str]] = set()
    for other in others.values():
        elsewhere |= other.directed_pairs()
    if not network.directed:
        elsewhere |= {(b, a) for a, b in elsewhere}
    frame = network.frame
    keep = np.array(
        [p not in elsewhere for p in zip(frame["source"], frame["target"], strict=True)], dtype=bool
    )
    return _part(network, keep, f"not in {', '.join(others)}")


def _part(network: Network, keep: NDArray[np.bool_], what: str) -> tuple[Network | None, str]:
    n, whole = int(keep.sum()), len(network)
    if n == whole:
        return None, f"every edge has {what}" if not what.startswith("not in") else (
            "no edge is in another reference"
        )  # fmt: skip
    if n == 0:
        return None, f"no edge has {what}" if not what.startswith("not in") else (
            "every edge is in another reference"
        )  # fmt: skip
    frame = network.frame[keep].reset_index(drop=True)
    return replace(network, frame=frame), f"{what}: {n:,} of {whole:,} edges"


def restricted_pairs(pairs: Pairs, restriction: Restriction, min_targets: int) -> Pairs:
    """The universe of a part of the reference, over the same regulators.

    Parameters
    ----------
    pairs
        The universe of the whole reference.
    restriction
        A part of it.
    min_targets
        Targets that a regulator needs to stay.

    Returns
    -------
    Pairs
        Rows of regulators that lost their targets are masked, so that resamples stay paired.

    Raises
    ------
    NetworkError
        If fewer than two regulators are left.
    """
    if restriction.kept is None:
        raise NetworkError(restriction.told, where=restriction.name)
    labels = restriction.kept.matrix(pairs.regulators, pairs.genes) & pairs.labels
    mask = pairs.mask.copy()
    if restriction.removed == LEFT_OUT:
        mask &= labels | ~pairs.labels
    enough = labels.sum(1) >= min_targets
    mask[~enough] = False
    labels = labels & mask
    if enough.sum() < FEWEST_REGULATORS:
        n = int(enough.sum())
        raise NetworkError(
            f"{n} {plural('regulator', n)} with {min_targets} targets or more left",
            where=restriction.name,
        )
    return replace(pairs, labels=labels, mask=mask)


def restricted_table(
    pairs: Pairs,
    parts: Sequence[tuple[Restriction, Pairs]],
    scores: Sequence[Score],
    boot: RegulatorBootstrap,
) -> pd.DataFrame:
    """Every score against each part of the reference, and the change from the whole.

    Parameters
    ----------
    pairs
        The universe of the whole reference.
    parts
        Restrictions with their universes, see `restricted_pairs`.
    scores
        Candidates and references.
    boot
        Resamples of the regulators of `pairs`.

    Returns
    -------
    pandas.DataFrame
        One row a part and score: pooled AUROC and mean per-regulator AUROC against the part and
        against the whole over the same regulators, the change of each in the same resamples,
        edges and regulators left; AUROC against the whole over all regulators.

    Notes
    -----
    A part keeps fewer regulators than the whole. Compared over the regulators it keeps, a change
    comes from the edges and not from who is judged.

    Examples
    --------
    See `judge_circularity`.
    """
    rows = []
    for score in scores:
        matrix = score.make()
        everywhere = ends(boot.pooled(matrix))[0]
        for restriction, part in parts:
            same = _same_regulators(pairs, part)
            whole = boot.pooled(matrix, same)
            whole_mean = boot.mean(boot.by_regulator(matrix, same))
            pooled = boot.pooled(matrix, part)
            mean = boot.mean(boot.by_regulator(matrix, part))
            moved = None
            if whole_mean is not None and mean is not None:
                moved = derived("change", np.subtract, mean, whole_mean)
            rows.append(
                {
                    "part": restriction.name,
                    "other_edges": restriction.removed,
                    "score": score.name,
                    "kind": score.kind,
                    "auroc_all_regulators": everywhere,
                    "auroc_whole": ends(whole)[0],
                    **three("auroc", pooled),
                    **three("change", derived("change", np.subtract, pooled, whole)),
                    "per_regulator_whole": ends(whole_mean)[0],
                    **three("per_regulator", mean),
                    **three("per_regulator_change", moved),
                    "n_regulators": int(part.labels.any(1).sum()),
                    "n_edges": int(part.labels.sum()),
                    "n_edges_whole": int(same.labels.sum()),
                }
            )
    table = pd.DataFrame(rows)
    order = {(r.name, r.removed): i for i, (r, _) in enumerate(parts)}
    place = [order[p] for p in zip(table["part"], table["other_edges"], strict=True)]
    return table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _same_regulators(pairs: Pairs, part: Pairs) -> Pairs:
    """The whole reference over the regulators that a part keeps."""
    kept = part.labels.any(axis=1, keepdims=True)
    return replace(pairs, labels=pairs.labels & kept, mask=pairs.mask & kept)


def overlap_table(networks: Mapping[str, Network]) -> pd.DataFrame:
    """How much of each reference every other one contains.

    Parameters
    ----------
    networks
        References by name, two or more.

    Returns
    -------
    pandas.DataFrame
        One row an ordered pair of references: their edges, those they share, and the share of
        the first that the second contains.

    Examples
    --------
    >>> one = Network.from_frame(pd.DataFrame({"source": ["A", "A"], "target": ["B", "C"]}))
    >>> two = Network.from_frame(pd.DataFrame({"source": ["A"], "target": ["B"]}))
    >>> overlap_table({"one": one, "two": two})["share_of_first"].tolist()
    [0.5, 1.0]
    """
    rows = {}
    names = list(networks)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            found = networks[first].overlap(networks[second])
            rows[first, second] = (found.n_first, found.n_second, found.n_shared,
                                   found.share_of_first)  # fmt: skip
            rows[second, first] = (found.n_second, found.n_first, found.n_shared,
                                   found.share_of_second)  # fmt: skip
    columns = ["first", "second", "edges_of_first", "edges_of_second", "shared", "share_of_first"]
    ordered = [(a, b) for a in names for b in names if a != b]
    return pd.DataFrame([(*key, *rows[key]) for key in ordered], columns=columns)
