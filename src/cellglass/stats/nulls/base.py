"""What every null over label matrices has in common: seeded draws and a check of itself."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError, StudyError
from cellglass.seeds import generator
from cellglass.stats.arguments import Bools, Ints, as_labels
from cellglass.stats.permutation import BATCH

Margin = Literal["rows", "columns"]

MIN_JACCARD_DISTANCE = 0.2
"""A null passes only if its draws move at least 11 % of the positives on average.

A Jaccard distance d from the observed labels leaves the share 2 (1 - d) / (2 - d) in place.
"""

_BLOCK_BYTES = 64 * 1024**2

_log = logging.getLogger(__name__)


class SelfCheck:
    """Part of the check of a null's draws: whether it passed, and a refusal where not."""

    null: str
    passed: bool
    messages: tuple[str, ...]
    fix: ClassVar[str] = "use more data, or another null"

    def require(self) -> Self:
        """Return the check, or raise if it failed.

        Raises
        ------
        StudyError
            With the messages, if the check failed.
        """
        if not self.passed:
            raise StudyError(
                f"the null '{self.null}' failed its self-check: " + " ".join(self.messages),
                expected="draws that keep what the null states and change the rest",
                fix=self.fix,
            )
        return self


@dataclass(frozen=True)
class NullCheck(SelfCheck):
    """What a null's draws really did, against what the null claims.

    Attributes
    ----------
    null
        Name of the null.
    passed
        Whether every check passed. A p value of a null that failed is no evidence.
    n_draws
        Draws that were looked at.
    margins_kept
        Whether every draw has the margins the null claims to keep, and as many distinct
        positives as observed.
    structural_zeros_filled
        Positives put on pairs that are not evaluable, over all draws.
    n_identical
        Draws equal to the observed labels.
    mean_jaccard_distance
        Mean over draws of 1 - intersection / union with the observed positives.
    column_score_constant
        Whether a score that depends on the target only has the same pooled AUROC in every
        draw; None for nulls that do not claim it.
    messages
        One sentence for each failure, and remarks.
    mixing
        Pairs of (steps, mean Jaccard distance from the observed labels) along the chain;
        empty for nulls that draw without a chain.
    """

    null: str
    passed: bool
    n_draws: int
    margins_kept: bool
    structural_zeros_filled: int
    n_identical: int
    mean_jaccard_distance: float
    column_score_constant: bool | None
    messages: tuple[str, ...]
    mixing: tuple[tuple[int, float], ...] = ()
    fix: ClassVar[str] = "use a larger set of labels, or another null"


class LabelNull(ABC):
    """A way to redraw the positives of a regulators x genes label matrix.

    Parameters
    ----------
    labels
        True at reference edges, shape (R, G).
    mask
        True at pairs that can be evaluated, shape (R, G). False on the diagonal regulator =
        gene and at pairs never seen together: structural zeros that no draw may fill.
    min_distance
        Mean Jaccard distance below which the check fails.

    Raises
    ------
    InputError
        If shapes differ, a label is not evaluable, or there is no positive.

    Notes
    -----
    A new null gives `name`, `preserves`, `keeps` and `draw_from_seeds`, which must make each
    draw from its own seed alone.
    """

    name: ClassVar[str]
    preserves: ClassVar[str]
    keeps: ClassVar[frozenset[Margin]] = frozenset()

    def __init__(
        self, labels: ArrayLike, mask: ArrayLike, *, min_distance: float = MIN_JACCARD_DISTANCE
    ) -> None:
        observed = np.asarray(labels)
        if observed.ndim != 2 or observed.size == 0:
            raise InputError(
                f"labels of shape {observed.shape}", where="labels", expected="regulators x genes"
            )
        self.labels: Bools = as_labels(observed, observed.shape)
        self.mask: Bools = as_labels(mask, observed.shape, "mask")
        outside = int(np.count_nonzero(self.labels & ~self.mask))
        if outside:
            raise InputError(
                f"{outside} positives lie on pairs that are not evaluable",
                where="labels",
                expected="labels only where the mask is True",
                fix="use labels & mask",
            )
        self.n_positives = int(np.count_nonzero(self.labels))
        if self.n_positives == 0:
            raise InputError("no positive among the evaluable pairs", where="labels")
        if self.labels.size >= 2**31:
            raise InputError(
                f"{self.labels.size} pairs", where="labels", expected="fewer than 2^31"
            )
        self.min_distance = min_distance

    @property
    def shape(self) -> tuple[int, int]:
        """Regulators and genes."""
        return self.labels.shape[0], self.labels.shape[1]

    @property
    def positives(self) -> Ints:
        """Flat indices of the observed positives, ascending."""
        return np.flatnonzero(self.labels).astype(np.int64)

    @abstractmethod
    def draw_from_seeds(self, seeds: NDArray[np.uint64]) -> Ints:
        """Return one draw a seed: flat indices, shape (len(seeds), n_positives)."""

    def draw_positives(self, rng: np.random.Generator, n: int) -> Ints:
        """Draw n sets of positives.

        Parameters
        ----------
        rng
            Source of one 64-bit seed a draw; two calls of n/2 give what one call of n gives.
        n
            Number of draws, at least 1.

        Returns
        -------
        numpy.ndarray
            int64, shape (n, n_positives): flat indices into the R x G matrix.

        Raises
        ------
        InputError
            If n is below 1.
        """
        if n < 1:
            raise InputError(f"{n} draws", where="n", expected="at least 1")
        return self.draw_from_seeds(rng.integers(0, 2**64 - 1, n, dtype=np.uint64, endpoint=True))

    def batches(self, draws: int, seed: int, task: str) -> Iterator[Ints]:
        """Yield draws in pieces of bounded memory.

        Parameters
        ----------
        draws
            Number of draws in all.
        seed
            Root seed of the run.
        task
            Name of the test. Draws 100 i to 100 i + 99 use the stream ``f"{task}/{i}"``, as in
            `permutation_test`; the pieces do not change them.

        Yields
        ------
        numpy.ndarray
            int64, shape (at most 100, n_positives).
        """
        piece = max(1, _BLOCK_BYTES // (8 * self.n_positives))
        for i, first in enumerate(range(0, draws, BATCH)):
            rng = generator(seed, f"{task}/{i}")
            left = min(BATCH, draws - first)
            while left:
                n = min(left, piece)
                yield self.draw_positives(rng, n)
                left -= n

    def check(self, draws: Ints) -> NullCheck:
        """Check draws of this null against what it claims.

        Parameters
        ----------
        draws
            Flat indices, shape (n, n_positives), from `draw_positives`.

        Returns
        -------
        NullCheck
            Whether it passed, with a sentence for each failure.

        Raises
        ------
        InputError
            If the draws have another shape.
        """
        audit = Audit(self)
        audit.add(draws)
        return audit.result()

    def mixing(self) -> tuple[tuple[tuple[int, float], ...], tuple[str, ...]]:
        """Return the mixing curve of the chain and its complaints; none without a chain."""
        return (), ()

    def remarks(self) -> tuple[str, ...]:
        """Sentences for the check that are no failures."""
        return ()


class Audit:
    """Running check of a null's draws; `LabelNull.check` for draws that come in pieces.

    Parameters
    ----------
    null
        The null that makes the draws.
    """

    def __init__(self, null: LabelNull) -> None:
        self._null = null
        self._rows = null.labels.sum(1, dtype=np.int64)
        self._columns = null.labels.sum(0, dtype=np.int64)
        self._counts: list[Ints] = []
        # A score that ranks genes by their place and regulators not at all.
        per_gene = null.mask.sum(0, dtype=np.int64)
        self._column_ranks = 2 * np.cumsum(per_gene) - per_gene + 1
        self._column_score = int(self._columns @ self._column_ranks)

    def add(self, draws: Ints) -> None:
        """Take more draws, shape (n, n_positives)."""
        from cellglass.stats.nulls.kernels import tally

        null = self._null
        if draws.ndim != 2 or draws.shape[1] != null.n_positives:
            raise InputError(
                f"draws of shape {draws.shape}",
                where=f"null '{null.name}'",
                expected=f"(n, {null.n_positives}): as many positives as observed",
            )
        if draws.size and (draws.min() < 0 or draws.max() >= null.labels.size):
            raise InputError("a draw points outside the matrix", where=f"null '{null.name}'")
        self._counts.append(
            tally(draws, null.labels, null.mask, self._rows, self._columns, self._column_ranks)
        )

    def result(self) -> NullCheck:
        """Judge the draws taken so far.

        Raises
        ------
        InputError
            If no draw was taken.
        """
        null = self._null
        counts = np.concatenate(self._counts) if self._counts else np.zeros((0, 6), np.int64)
        if not len(counts):
            raise InputError("no draw to check", where=f"null '{null.name}'")
        kept, outside, duplicates, rows_differ, columns_differ, column_score = counts.T
        p = null.n_positives
        distance = float(np.mean(1.0 - kept / (2 * p - kept)))
        identical = int(np.count_nonzero(kept == p))
        failures = []
        for margin, differ in (("rows", rows_differ), ("columns", columns_differ)):
            if margin in null.keeps and differ.any():
                failures.append(f"{int(differ.sum())} draws change the sums of {margin}.")
        constant = bool((column_score == self._column_score).all())
        if "columns" in null.keeps and not constant:
            failures.append("The pooled AUROC of a score of the target only is not constant.")
        if duplicates.any():
            failures.append(f"{int(np.count_nonzero(duplicates))} draws repeat a pair.")
        margins_kept = not failures
        if outside.any():
            failures.append(f"{int(outside.sum())} positives lie on pairs that are not evaluable.")
        if identical:
            failures.append(f"{identical} of {len(counts)} draws equal the observed labels.")
        if distance < null.min_distance:
            failures.append(
                f"The draws hardly move: mean Jaccard distance {distance:.3f} from the observed "
                f"labels, below {null.min_distance:g}."
            )
        curve, complaints = null.mixing()
        failures.extend(complaints)
        check = NullCheck(
            null=null.name,
            passed=not failures,
            n_draws=len(counts),
            margins_kept=margins_kept,
            structural_zeros_filled=int(outside.sum()),
            n_identical=identical,
            mean_jaccard_distance=distance,
            column_score_constant=constant if "columns" in null.keeps else None,
            messages=(*failures, *null.remarks()),
            mixing=curve,
        )
        if failures:
            _log.warning("null '%s' failed its self-check: %s", null.name, " ".join(failures))
        return check
