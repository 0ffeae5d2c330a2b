"""The pairs on which a score can be judged against a reference network."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellglass.data.identifiers import guess_identifier
from cellglass.errors import InputError, NetworkError

if TYPE_CHECKING:
    from cellglass.data.network import Network

FEW_SHARED = 0.01  # a share below this is coincidence, not a common language


@dataclass(frozen=True, eq=False)
class Universe:
    """Regulators x genes with the edges of a network.

    Parameters
    ----------
    sources
        Regulators evaluated (rows), in the order of the genes.
    targets
        All genes (columns), in the order given.
    labels
        Edges, bool, shape (n_sources, n_targets); a regulator's own column is False.
    n_positives
        Edges in `labels`.
    unknown_sources, unknown_targets
        Names of the network that are not among the genes.
    self_edges
        Cells of `labels` where source and target are the same gene: not to be evaluated.
    dropped_regulators
        Regulators among the genes with too few targets, and how many they have.
    directed
        False if the network is undirected and each pair stands in both directions.

    Examples
    --------
    >>> Universe(("A",), ("A", "B"), np.array([[False, True]]), 1, (), (), 1, {}).base_rate
    1.0
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    labels: NDArray[np.bool_] = field(repr=False)
    n_positives: int
    unknown_sources: tuple[str, ...] = field(repr=False)
    unknown_targets: tuple[str, ...] = field(repr=False)
    self_edges: int
    dropped_regulators: Mapping[str, int] = field(repr=False)
    directed: bool = True

    @property
    def base_rate(self) -> float:
        """Share of edges among pairs of two different genes."""
        return self.n_positives / (self.labels.size - self.self_edges)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready summary: sizes, not names."""
        return {
            "n_sources": len(self.sources),
            "n_targets": len(self.targets),
            "n_positives": self.n_positives,
            "base_rate": self.base_rate,
            "n_unknown_sources": len(self.unknown_sources),
            "n_unknown_targets": len(self.unknown_targets),
            "n_dropped_regulators": len(self.dropped_regulators),
            "directed": self.directed,
        }


def build_universe(
    network: Network,
    genes: Sequence[str],
    *,
    regulators: Collection[str] | None = None,
    min_targets: int = 3,
) -> Universe:
    """Find the regulators that can be judged among some genes.

    Parameters
    ----------
    network
        The reference.
    genes
        Genes that have scores; all of them become columns.
    regulators
        Only these may be rows; else every source of the network.
    min_targets
        Targets among the genes that a regulator needs (specs/edges.md, section 2.2).

    Returns
    -------
    Universe
        Unlisted pairs are negatives. An undirected network is used in both directions.

    Raises
    ------
    InputError
        If a gene occurs twice.
    NetworkError
        If no regulator is left: the numbers, and whether case, identifiers or species are to
        blame.
    """
    names = [str(g) for g in genes]
    known = set(names)
    if len(known) != len(names):
        raise InputError(
            f"{len(names) - len(known):,} genes occur twice", where="genes", expected="unique names"
        )
    allowed = None if regulators is None else {str(r) for r in regulators}
    in_network = set(network.sources)
    candidates = [g for g in names if g in in_network and (allowed is None or g in allowed)]
    labels = network.matrix(candidates, names)
    column = {g: j for j, g in enumerate(names)}
    for i, g in enumerate(candidates):
        labels[i, column[g]] = False
    n_targets = labels.sum(axis=1)
    enough = n_targets >= min_targets
    if not enough.any():
        raise _no_pair(network, names, candidates, n_targets, allowed, min_targets)
    sources = tuple(g for g, e in zip(candidates, enough, strict=True) if e)
    dropped = {g: int(n) for g, n, e in zip(candidates, n_targets, enough, strict=True) if not e}
    return Universe(
        sources,
        tuple(names),
        labels[enough],
        int(labels[enough].sum()),
        tuple(s for s in network.sources if s not in known),
        tuple(t for t in network.targets if t not in known),
        len(sources),
        dropped,
        network.directed,
    )


def _no_pair(
    network: Network,
    genes: list[str],
    candidates: list[str],
    n_targets: NDArray[np.int64],
    allowed: set[str] | None,
    min_targets: int,
) -> NetworkError:
    in_network = set(network.sources) | set(network.targets)
    shared = sum(g in in_network for g in genes)
    found = (
        f"no regulator of {network.name} can be judged: {shared:,} of {len(genes):,} genes are in "
        f"the network of {len(in_network):,}, {len(candidates):,} of them are regulators"
    )
    if candidates:
        found += f", the best with {int(n_targets.max())} targets among the genes"
    if allowed is not None:
        found += f" ({len(allowed):,} regulators were allowed)"
    some = bool(candidates) and int(n_targets.max()) > 0
    more = "use more genes or a smaller min_targets" if some else "use more genes"
    return NetworkError(
        found,
        where="universe",
        expected=f"a regulator with at least {min_targets} targets among the genes",
        fix=_hint(genes, in_network, shared) or more,
    )


def _hint(genes: list[str], in_network: set[str], shared: int) -> str:
    """Why names do not meet, if they do not."""
    if shared > FEW_SHARED * len(genes):
        return ""
    ours, theirs = guess_identifier(genes[:500]), guess_identifier(sorted(in_network)[:500])
    if ours != theirs:
        return (
            f"the genes are {ours} identifiers (such as '{genes[0]}'), the network has {theirs} "
            f"(such as '{min(in_network)}'): translate one of them"
        )
    upper = {n.upper() for n in in_network}
    folded = sum(g.upper() in upper for g in genes)
    if folded:
        return (
            f"{folded:,} names would match if upper and lower case were ignored: is the network "
            "of another species?"
        )
    return "check species and identifiers of the genes and of the network"
