"""The pairs that are judged, in an order in which AUROCs of many scores are fast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.regulation.networks.recovery import Pairs


@dataclass(frozen=True, eq=False)
class JudgedPairs:
    """Evaluable pairs, part by part, and within a part edges before the others.

    Parameters
    ----------
    index
        Positions in the raveled regulators x genes, int64, shape (n,).
    bounds
        Begin, end of the edges and end of each part, int64, shape (parts, 3).
    n_genes
        Columns of that matrix.

    Examples
    --------
    >>> labels = np.array([[False, True, False]])
    >>> pairs = Pairs(("A",), ("A", "B", "C"), labels, ~np.eye(1, 3, dtype=bool), "net")
    >>> judged = JudgedPairs.of(pairs)
    >>> judged.index.tolist(), judged.aurocs(np.array([[0.9, 0.1]])).tolist()
    ([1, 2], [[1.0]])
    """

    index: NDArray[np.int64]
    bounds: NDArray[np.int64]
    n_genes: int

    @classmethod
    def of(cls, pairs: Pairs, part_of_row: NDArray[np.integer] | None = None) -> JudgedPairs:
        """Order the evaluable pairs.

        Parameters
        ----------
        pairs
            Labels and mask.
        part_of_row
            Part of each regulator, 0..n-1, such as its fold; all in one when None.

        Returns
        -------
        JudgedPairs
            With one AUROC a part.

        Raises
        ------
        InputError
            If a part holds no edge or nothing else.
        """
        mask, labels = pairs.mask.ravel(), (pairs.labels & pairs.mask).ravel()
        rows = np.zeros(len(pairs.regulators), np.int64) if part_of_row is None else part_of_row
        part = np.repeat(np.asarray(rows, dtype=np.int64), len(pairs.genes))
        pieces, bounds, begin = [], [], 0
        for p in range(int(rows.max()) + 1):
            edges = np.flatnonzero(labels & (part == p))
            others = np.flatnonzero(mask & ~labels & (part == p))
            if not len(edges) or not len(others):
                raise InputError(
                    f"{len(edges)} edges and {len(others)} other pairs of {pairs.network}",
                    where=f"part {p + 1} of the regulators",
                    expected="some of both",
                )
            pieces += [edges, others]
            end = begin + len(edges) + len(others)
            bounds.append((begin, begin + len(edges), end))
            begin = end
        return cls(np.concatenate(pieces), np.array(bounds, dtype=np.int64), len(pairs.genes))

    @property
    def regulator(self) -> NDArray[np.int64]:
        """Row of each pair."""
        return self.index // self.n_genes

    def __len__(self) -> int:
        return len(self.index)

    def take(self, matrix: NDArray[np.floating]) -> NDArray[np.float64]:
        """Values of the judged pairs in a matrix of regulators x genes; 0 where it has none."""
        return np.nan_to_num(np.asarray(matrix, dtype=np.float64).ravel()[self.index])

    def aurocs(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """AUROC of each part.

        Parameters
        ----------
        scores
            Finite, shape (..., n).

        Returns
        -------
        numpy.ndarray
            Shape (..., parts); ties count one half.

        Notes
        -----
        As `cellglass.stats.auroc`, to the bit: the sorted negatives are searched for the
        positives, which are few, instead of ranking all pairs.
        """
        flat = scores.reshape(-1, scores.shape[-1])
        out = np.empty((len(flat), len(self.bounds)))
        for row, values in enumerate(flat):
            for part, (begin, middle, end) in enumerate(self.bounds):
                out[row, part] = _auroc(values[begin:middle], np.sort(values[middle:end]))
        return out.reshape(*scores.shape[:-1], len(self.bounds))

    def overall(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """AUROC over all parts together, shape (...)."""
        edges = np.concatenate([np.arange(b, m) for b, m, _ in self.bounds])
        others = np.concatenate([np.arange(m, e) for _, m, e in self.bounds])
        flat = scores.reshape(-1, scores.shape[-1])
        found = [_auroc(values[edges], np.sort(values[others])) for values in flat]
        return np.array(found).reshape(scores.shape[:-1])


def _auroc(positives: NDArray[np.float64], negatives: NDArray[np.float64]) -> float:
    """Share of (positive, negative) that are in order; `negatives` are sorted."""
    ordered = np.sort(positives)
    below = np.searchsorted(negatives, ordered, "left").sum(dtype=np.int64)
    not_above = np.searchsorted(negatives, ordered, "right").sum(dtype=np.int64)
    return float((int(below) + int(not_above)) / (2.0 * positives.size * negatives.size))
