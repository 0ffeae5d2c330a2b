"""One universe for several subjects: the genes, regulators and pairs that all of them have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass._words import plural
from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.regulation.networks.layer_scores import FEWEST_REGULATORS
from cellglass.regulation.networks.recovery import Pairs, with_edges
from cellglass.regulation.study_edges import StudyEdges, network_out_degree


@dataclass(frozen=True, eq=False)
class Place:
    """Where the shared universe lies in one subject.

    Parameters
    ----------
    held
        The subject.
    rows, columns
        Rows of the shared regulators and columns of the shared genes in its edges.
    """

    held: StudyEdges
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    def of(self, matrix: NDArray[np.floating]) -> NDArray[np.float64]:
        """The shared part of a score over all rows and genes; 0 where it has none."""
        part = np.asarray(matrix, dtype=np.float64)[self.rows][:, self.columns]
        return np.nan_to_num(part)


def shared_pairs(
    subjects: Sequence[StudyEdges], network: Network, name: str, min_targets: int
) -> tuple[Pairs, list[Place]]:
    """Pairs that every subject can be judged on.

    Parameters
    ----------
    subjects
        Edges on the cells of one data set.
    network, name
        The reference and what the report calls it.
    min_targets
        Targets among the shared genes that a regulator needs.

    Returns
    -------
    Pairs, list of Place
        The universe, and where it lies in each subject.

    Raises
    ------
    NetworkError
        If no regulator is left.
    """
    first = subjects[0]
    genes = [g for g in first.edges.targets if all(g in s.edges.targets for s in subjects)]
    rows = set.intersection(*(set(s.regulators) for s in subjects))
    universe = network.universe(genes, regulators=rows, min_targets=min_targets)
    places = []
    mask = np.ones(universe.labels.shape, dtype=bool)
    for held in subjects:
        row = {g: i for i, g in enumerate(held.regulators)}
        column = {g: j for j, g in enumerate(held.edges.targets)}
        place = Place(
            held,
            np.array([row[g] for g in universe.sources], dtype=np.int64),
            np.array([column[g] for g in genes], dtype=np.int64),
        )
        mask &= held.edges.evaluable[place.rows][:, place.columns]
        places.append(place)
    pairs = with_edges(
        Pairs(
            universe.sources, tuple(genes), universe.labels, mask, name,
            network_out_degree(network, tuple(genes)),
        )
    )  # fmt: skip
    n = int(pairs.labels.any(1).sum())
    if n < FEWEST_REGULATORS or not (mask & ~pairs.labels).any():
        raise NetworkError(
            f"{n} {plural('regulator', n)} of {name} can be judged on the pairs that all subjects "
            "share",
            where=f"{len(genes):,} shared genes",
            expected=f"at least {FEWEST_REGULATORS}, and pairs that are no edges",
        )
    return pairs, places


def coverage(pairs: Pairs, places: Sequence[Place]) -> str:
    """Say what each subject had and what all share.

    Parameters
    ----------
    pairs, places
        See `shared_pairs`.
    """
    own = [
        f"{p.held.name} {len(p.held.edges.targets):,} genes and {len(p.held.regulators):,} rows"
        for p in places
    ]
    return (
        f"{len(pairs.genes):,} genes and {len(pairs.regulators):,} regulators are shared "
        f"(of {'; '.join(own)}); {int(pairs.mask.sum()):,} pairs can be judged in all."
    )
