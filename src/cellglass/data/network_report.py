"""What reading a network did, and what two networks share."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class NetworkReport:
    """What reading a network did to its rows.

    Parameters
    ----------
    layout
        Format found.
    n_rows
        Rows of the file.
    n_edges
        Edges kept.
    n_sources, n_targets
        Distinct names on either side (for an undirected network: genes).
    n_duplicates
        Rows joined to another row of the same pair.
    n_self
        Rows of a gene with itself, removed.
    n_unnamed
        Rows without a source or a target, removed.
    n_outside
        Rows removed because an end was not among the genes given.
    notes
        What else was decided.
    """

    layout: str
    n_rows: int
    n_edges: int
    n_sources: int
    n_targets: int
    n_duplicates: int
    n_self: int
    n_unnamed: int
    n_outside: int = 0
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary of all fields."""
        return {**asdict(self), "notes": list(self.notes)}


@dataclass(frozen=True)
class Overlap:
    """Pairs that two networks share.

    Parameters
    ----------
    n_shared, n_first, n_second
        Numbers of pairs.
    pairs
        The shared pairs, sorted.
    """

    n_shared: int
    n_first: int
    n_second: int
    pairs: tuple[tuple[str, str], ...] = field(repr=False)

    @property
    def share_of_first(self) -> float:
        """Share of the first network's pairs that the second has; nan if it has none."""
        return self.n_shared / self.n_first if self.n_first else float("nan")

    @property
    def share_of_second(self) -> float:
        """Share of the second network's pairs that the first has; nan if it has none."""
        return self.n_shared / self.n_second if self.n_second else float("nan")
