"""What scGPT's tokeniser draws, drawn once for each gene and the same in every cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.seeds import generator

from .binning import Ties, bin_values


@dataclass(frozen=True, eq=False)
class GeneDraws:
    """Common random numbers of a vocabulary.

    Drawn anew for each cell, ties and the choice among too many genes add noise to every
    comparison of a cell with itself after a change. Drawn once for each gene, they are part of
    the model: equal cells give equal tokens, and a change moves what it must move.

    Parameters
    ----------
    ties
        Where each gene's tied values fall, between 0 and 1. Shape (n_embeddings,).
    priority
        Genes of the smallest priority are kept of a cell with too many. Shape (n_embeddings,).
    silent
        The same for unexpressed genes that become tokens. Shape (n_embeddings,).

    Examples
    --------
    >>> draws = GeneDraws.of(seed=1, n_embeddings=5)
    >>> draws.bins(np.array([2, 4]), np.array([3.0, 3.0]), 51).tolist() == draws.bins(
    ...     np.array([2, 4]), np.array([7.0, 7.0]), 51).tolist()
    True
    """

    ties: NDArray[np.float64]
    priority: NDArray[np.float64]
    silent: NDArray[np.float64]

    @classmethod
    def of(cls, seed: int, n_embeddings: int) -> GeneDraws:
        """Draw for all ids of a vocabulary, from `seed` alone."""
        streams = (generator(seed, f"scgpt-genes/{what}") for what in ("ties", "priority", "zeros"))
        return cls(*(stream.random(n_embeddings) for stream in streams))

    def bins(
        self,
        ids: NDArray[np.int64],
        values: NDArray[np.floating],
        n_bins: int,
        ties: Ties = "random",
        edges: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float32]:
        """Bins of the expressed values of one cell, shape (genes,); see `bin_values`."""
        if not len(ids):
            return np.zeros(0, np.float32)
        return bin_values(values, n_bins, ties=ties, uniforms=self.ties[ids], edges=edges)

    def sampled(self, ids: NDArray[np.int64], room: int) -> NDArray[np.int64]:
        """Places, ascending, of the `room` genes of the smallest priority."""
        return _first(self.priority[ids], room)

    def zeros(self, ids: NDArray[np.int64], room: int) -> NDArray[np.int64]:
        """Places, ascending, of the `room` silent genes that become tokens."""
        return _first(self.silent[ids], room)


def top(bins: NDArray[np.floating], room: int) -> NDArray[np.int64]:
    """Places, ascending, of the `room` largest bins; ties in the order given."""
    return _first(-bins, room)


def _first(keys: NDArray[np.floating], room: int) -> NDArray[np.int64]:
    return np.sort(np.argsort(keys, kind="stable")[:room])
