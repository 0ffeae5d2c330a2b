"""Pairs of regulator and gene that are judged, and which of them a reference network holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.data.network import Network
from cellglass.errors import InputError
from cellglass.geometry.named import numbered, require_different
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import Bools, Ints, as_labels


@dataclass(frozen=True, eq=False)
class Pairs:
    """Regulators x genes with a label each, and a mask of the pairs that are judged.

    Attributes
    ----------
    sources, targets
        Names of regulators (rows) and genes (columns).
    labels
        True at pairs of the network, shape (sources, targets); False outside the mask.
    mask
        True at pairs that are judged, shape (sources, targets); never a gene with itself.
    network
        Name of the reference.

    Raises
    ------
    InputError
        If shapes differ, a name comes twice, a label lies outside the mask or the mask holds a
        gene with itself.

    Examples
    --------
    >>> import pandas as pd
    >>> from cellglass.data import Network
    >>> table = pd.DataFrame({"source": ["A", "A", "B"], "target": ["B", "C", "C"]})
    >>> pairs = Pairs.of_network(Network.from_frame(table, name="n"), ["A", "B", "C"])
    >>> pairs.sources, pairs.targets, pairs.labels.astype(int).tolist(), int(pairs.mask.sum())
    (('A', 'B'), ('B', 'C'), [[1, 1], [0, 1]], 3)
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    labels: Bools
    mask: Bools
    network: str

    def __post_init__(self) -> None:
        shape = (len(self.sources), len(self.targets))
        mask, labels = as_labels(self.mask, shape, "mask"), as_labels(self.labels, shape)
        object.__setattr__(self, "mask", mask)
        object.__setattr__(self, "labels", labels)
        for where, names in (("sources", self.sources), ("targets", self.targets)):
            require_different(names, where)
        outside = int((labels & ~mask).sum())
        if outside:
            raise InputError(
                f"{outside} labels lie on pairs that are not judged", where="labels",
                expected="labels only where the mask is True",
            )  # fmt: skip
        column = numbered(self.targets)
        selves = [g for i, g in enumerate(self.sources) if g in column and mask[i, column[g]]]
        if selves:
            raise InputError(
                f"{len(selves)} genes are paired with themselves, the first {selves[0]}",
                where="mask", expected="pairs of two genes",
            )  # fmt: skip

    @classmethod
    def of_network(
        cls,
        network: Network,
        genes: Sequence[str],
        *,
        negatives: float | None = None,
        seed: int = DEFAULT_SEED,
    ) -> Pairs:
        """Take the pairs of a network among some genes, and what they are held against.

        Parameters
        ----------
        network
            The reference.
        genes
            Genes that can be judged, such as those with an embedding.
        negatives
            Pairs outside the network that are judged for each one in it, drawn at random, as
            the published screen did (3); all where there are fewer, or where None.
        seed
            Of that draw.

        Returns
        -------
        Pairs
            Regulators and targets that have at least one pair, in the order of `genes`.

        Raises
        ------
        InputError
            If the network has no pair among the genes, or `negatives` is below 0.
        """
        if negatives is not None and not 0 <= negatives < float("inf"):
            raise InputError(
                f"negatives is {negatives}", where="negatives", expected="0 or more a pair"
            )
        known = set(genes)
        held = [p for p in network.directed_pairs() if p[0] != p[1] and known.issuperset(p)]
        if not held:
            raise InputError(
                f"no pair of {network.name} lies among the {len(known)} genes",
                where=f"network {network.name}",
                expected="genes named as the network names them",
                fix="check the identifiers (symbols or Ensembl), or take more genes",
            )
        regulators, regulated = {s for s, _ in held}, {t for _, t in held}
        order = list(dict.fromkeys(genes))
        sources = tuple(g for g in order if g in regulators)
        targets = tuple(g for g in order if g in regulated)
        labels = network.matrix(sources, targets)
        mask = np.array(sources)[:, None] != np.array(targets)[None, :]
        if negatives is not None:
            mask = _sampled(labels & mask, mask, negatives, seed)
        return cls(sources, targets, labels & mask, mask, network.name)

    @property
    def index(self) -> tuple[Ints, Ints]:
        """Rows and columns of the judged pairs, row by row."""
        rows, columns = np.nonzero(self.mask)
        return rows, columns

    @property
    def ends(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of regulator and gene of the judged pairs, in the order of `index`."""
        rows, columns = self.index
        return tuple(self.sources[i] for i in rows), tuple(self.targets[j] for j in columns)

    @property
    def positive(self) -> Bools:
        """Labels of the judged pairs, in the order of `index`."""
        return self.labels[self.mask]

    @property
    def prevalence(self) -> float:
        """Share of judged pairs that the network holds; nan where none is judged."""
        n = int(self.mask.sum())
        return float(self.labels.sum() / n) if n else float("nan")

    def within(self, mask: ArrayLike) -> Pairs:
        """Judge only some of the pairs.

        Parameters
        ----------
        mask
            Booleans, sources x targets or in the order of `index`.

        Raises
        ------
        InputError
            If it has neither shape.
        """
        kept = np.asarray(mask)
        if kept.ndim == 1:
            chosen = as_labels(kept, (int(self.mask.sum()),), "mask")
            kept = np.zeros_like(self.mask)
            kept[self.mask] = chosen
        kept = self.mask & as_labels(kept, self.mask.shape, "mask")
        return replace(self, mask=kept, labels=self.labels & kept)


def _sampled(labels: Bools, mask: Bools, negatives: float, seed: int) -> Bools:
    """Judged pairs: all in the network and some of those outside, without repeats."""
    outside: NDArray[np.int64] = np.flatnonzero(mask & ~labels)
    n = min(outside.size, round(negatives * int(labels.sum())))
    drawn = generator(seed, "pairs/negatives").choice(outside, n, replace=False)
    kept = labels.copy()
    kept.ravel()[drawn] = True
    return kept
