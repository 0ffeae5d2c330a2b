"""Maps fitted on some genes and judged on the others; how the published way differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Ints
from cellglass.stats.folds import assert_disjoint

from .costs import Metric
from .matched import Matched
from .method import Alignment, FittedAlignment, Reduction
from .pair_ranks import retrieval_values

Matrix = NDArray[np.float64]

FEWEST_HELD_OUT = 5
"""Genes that a fold must hold out: retrieval among fewer says little."""


class Untrained(Protocol):
    """A method that needs no pairs to learn from: all genes are held out."""

    @property
    def name(self) -> str:
        """Name of the method."""

    @property
    def trained(self) -> bool:
        """Whether it learns from pairs: False."""

    def costs(self, first: Matrix, second: Matrix, metric: Metric = "euclidean") -> Matrix:
        """Cost of each pair of rows, from the shapes of both clouds alone."""


class Scorer(Protocol):
    """Judges pairings of the genes of a matched pair of models."""

    sizes: Ints
    """Candidates among which each gene is sought, shape (n,)."""

    def values(
        self, pairing: Ints | None, rng: np.random.Generator, *, one_to_one: bool = True
    ) -> Matrix:
        """Score against the pairing itself and, second, against the pairs as they came.

        Shape (2, directions, measures, n).
        """


@dataclass(frozen=True, eq=False)
class Fold:
    """One split of the genes, with what is learnt of either side alone.

    Attributes
    ----------
    train, test
        Indices of the genes.
    one, other
        Principal axes of the training rows of either side.
    first, second
        Those rows on these axes.
    """

    train: Ints
    test: Ints
    one: Reduction
    other: Reduction
    first: Matrix
    second: Matrix


class HeldOut:
    """Fit on all folds but one, judge on that one.

    Parameters
    ----------
    matched
        Genes of two models.
    method
        The map.
    fold_of
        Fold of each gene, 0 to k - 1, shape (n,).
    metric
        What nearest means in the common space.

    Raises
    ------
    InputError
        If a fold holds out fewer than 5 genes, or training and held-out genes overlap.

    Notes
    -----
    A pairing may only exchange genes of one fold, so that a gene is never trained on in one role
    and judged in another.
    """

    def __init__(
        self, matched: Matched, method: Alignment, fold_of: Ints, metric: Metric = "euclidean"
    ) -> None:
        sizes = np.bincount(fold_of)
        if sizes.size < 2 or sizes.min() < FEWEST_HELD_OUT:
            raise InputError(
                f"{len(matched)} matched genes in {sizes.size} folds, the smallest of "
                f"{sizes.min()}",
                where="held-out retrieval", expected=f"at least {FEWEST_HELD_OUT} genes a fold",
                fix="match more genes, or use fewer folds",
            )  # fmt: skip
        self.matched, self.method, self.fold_of, self.metric = matched, method, fold_of, metric
        self.sizes: Ints = sizes[fold_of].astype(np.int64)
        self.folds = [self._fold(fold) for fold in range(sizes.size)]

    def _fold(self, fold: int) -> Fold:
        train, test = np.flatnonzero(self.fold_of != fold), np.flatnonzero(self.fold_of == fold)
        assert_disjoint(train, test, by={"gene": self.matched.names})
        first, second = self.matched.first[train], self.matched.second[train]
        one, other = self.method.reduce(first), self.method.reduce(second)
        return Fold(train, test, one, other, one.apply(first), other.apply(second))

    def fits(
        self, pairing: Ints | None = None
    ) -> Iterator[tuple[Fold, FittedAlignment, FittedAlignment, Ints]]:
        """Fit each fold on the pairs of its training genes.

        Parameters
        ----------
        pairing
            Partner of each gene, within folds; the pairs as they came where None.

        Yields
        ------
        fold, forth, back, truth
            The split; the map, and the one fitted the other way round (the same, unless the
            method has a direction; `back` then takes the second side first); and the place of
            each held-out gene's partner among the held-out genes.

        Raises
        ------
        InputError
            If the pairing leaves a fold.
        """
        n = len(self.matched)
        partner = np.arange(n) if pairing is None else pairing
        if (self.fold_of[partner] != self.fold_of).any():
            raise InputError(
                "the pairing takes genes out of their fold", where="held-out retrieval",
                expected="a pairing within folds",
            )  # fmt: skip
        place = np.empty(n, dtype=np.int64)
        for fold in self.folds:
            place[fold.train], place[fold.test] = (
                np.arange(fold.train.size),
                np.arange(fold.test.size),
            )
            second = fold.second[place[partner[fold.train]]]
            forth = self.method.join(fold.one, fold.other, fold.first, second)
            back = forth
            if not self.method.symmetric:
                back = self.method.join(fold.other, fold.one, second, fold.first)
            yield fold, forth, back, place[partner[fold.test]]

    def values(
        self, pairing: Ints | None, rng: np.random.Generator, *, one_to_one: bool = True
    ) -> Matrix:
        """Refit and judge the held-out genes of every fold; see `Scorer`."""
        parts, where = [], []
        for fold, forth, back, truth in self.fits(pairing):
            first, second = self.matched.first[fold.test], self.matched.second[fold.test]
            costs = forth.costs(first, second, self.metric)
            returned = costs.T if back is forth else back.costs(second, first, self.metric)
            truths = [truth, np.arange(fold.test.size)]
            parts.append(retrieval_values(costs, returned, truths, rng, one_to_one=one_to_one))
            where.append(fold.test)
        out = np.empty((*parts[0].shape[:3], len(self.matched)))
        for part, test in zip(parts, where, strict=True):
            out[..., test] = part
        return out


class AllGenes:
    """Judge a method that learns from no pair on all genes at once.

    Parameters
    ----------
    matched
        Genes of two models.
    method
        Costs from the shapes of both clouds.
    metric
        What nearest means, where the method asks.
    """

    def __init__(self, matched: Matched, method: Untrained, metric: Metric = "euclidean") -> None:
        self.sizes: Ints = np.full(len(matched), len(matched), dtype=np.int64)
        self.costs = method.costs(matched.first, matched.second, metric)

    def values(
        self, pairing: Ints | None, rng: np.random.Generator, *, one_to_one: bool = True
    ) -> Matrix:
        """Judge the same costs against a pairing; see `Scorer`."""
        own = np.arange(len(self.costs))
        truths = [own if pairing is None else pairing, own]
        return retrieval_values(self.costs, self.costs.T, truths, rng, one_to_one=one_to_one)


class InSample:
    """Fit and judge on the same genes: the published way, which measures the fit.

    Parameters
    ----------
    matched, method, metric
        See `HeldOut`.
    """

    def __init__(self, matched: Matched, method: Alignment, metric: Metric = "euclidean") -> None:
        self.matched, self.method, self.metric = matched, method, metric
        self.sizes: Ints = np.full(len(matched), len(matched), dtype=np.int64)
        self._one, self._other = method.reduce(matched.first), method.reduce(matched.second)
        self._first = self._one.apply(matched.first)
        self._second = self._other.apply(matched.second)

    def fit(self, pairing: Ints | None = None) -> FittedAlignment:
        """Fit on all genes in a pairing."""
        second = self._second if pairing is None else self._second[pairing]
        return self.method.join(self._one, self._other, self._first, second)

    def values(
        self, pairing: Ints | None, rng: np.random.Generator, *, one_to_one: bool = False
    ) -> Matrix:
        """Refit on all genes in a pairing and judge those genes; see `Scorer`."""
        first, second = self.matched.first, self.matched.second
        own = np.arange(len(self.matched))
        truth = own if pairing is None else pairing
        costs = self.fit(pairing).costs(first, second, self.metric)
        returned = costs.T
        if not self.method.symmetric:
            partner = self._second[truth]
            fitted = self.method.join(self._other, self._one, partner, self._first)
            returned = fitted.costs(second, first, self.metric)
        return retrieval_values(costs, returned, [truth, own], rng, one_to_one=one_to_one)
