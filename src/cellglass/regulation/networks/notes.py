"""What became of a reference network on its way to the pairs that are judged, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from cellglass._words import plural
from cellglass.data import Network

from .recovery import Pairs

SHOWN = 3


def network_note(network: Network, pairs: Pairs, genes: Sequence[str]) -> str:
    """Say what reading removed, what the genes lack and what is left.

    Parameters
    ----------
    network
        The reference.
    pairs
        Universe.
    genes
        Genes with scores.

    Returns
    -------
    str
        Rows joined and removed, names of the network that are no evaluable gene, regulators
        without enough targets, edges that are judged.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> network = Network.from_frame(pd.DataFrame({"source": ["A", "A"], "target": ["B", "Z"]}))
    >>> pairs = Pairs(("A",), ("A", "B"), np.array([[False, True]]), np.array([[False, True]]), "x")
    >>> network_note(network, pairs, ("A", "B")).split(". ")[1]
    'Not among the 2 evaluable genes: 0 of 1 regulator, 1 of 2 targets (Z)'
    """
    report = network.report
    read = f"{pairs.network}: {_count(len(network), 'edge')} of {report.n_rows:,} rows"
    removed = [
        (report.n_duplicates, "joined to another row of the same pair"),
        (report.n_self, "of a gene with itself left out"),
        (report.n_unnamed, "without a name left out"),
        (report.n_outside, "outside the genes given left out"),
    ]
    told = [f"{n:,} {what}" for n, what in removed if n]
    known = set(map(str, genes))
    judged = int((pairs.labels & pairs.mask).sum())
    regulators = int((pairs.labels & pairs.mask).any(1).sum())
    sentences = [
        read + (f" ({'; '.join(told)})" if told else ""),
        f"Not among the {len(known):,} evaluable genes: {_lacking(network, known)}",
        f"{_count(judged, 'edge')} of {_count(regulators, 'regulator')} can be judged, among "
        f"{int(pairs.mask.sum()):,} pairs; pairs that are not listed count as no edge",
    ]
    return ". ".join(sentences) + "."


def _lacking(network: Network, known: set[str]) -> str:
    """How many names of either side are unknown, with the first."""
    sides = [("regulator", network.sources), ("target", network.targets)]
    if not network.directed:
        sides = [("gene", network.sources)]
    parts = []
    for what, names in sides:
        unknown = [n for n in names if n not in known]
        first = ", ".join(unknown[:SHOWN]) + (", ..." if len(unknown) > SHOWN else "")
        parts.append(
            f"{len(unknown):,} of {_count(len(names), what)}" + (f" ({first})" if first else "")
        )
    return ", ".join(parts)


def _count(n: int, what: str) -> str:
    return f"{n:,} {plural(what, n)}"
