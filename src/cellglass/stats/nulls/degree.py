"""Labels redrawn with both margins kept: every regulator's and every gene's degree."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import Ints
from cellglass.stats.nulls.base import MIN_JACCARD_DISTANCE, LabelNull, Margin
from cellglass.stats.nulls.curveball import curveball_paths
from cellglass.stats.nulls.swaps import pack, swap_paths

Method = Literal["swap", "curveball"]

SWAPS_PER_POSITIVE = 5
"""Accepted swaps a positive in one draw; the chain forgets e^-1 of its state in about 0.8."""

MIN_TRADES = 5_000
TRADES_PER_ROW = 10

# A draw of twice the length may lie no further from the start than this.
_PLATEAU = 0.02
_CHAINS = (8, 64)
# Chains x positives that the mixing curve looks at where it can: few positives make it noisy.
_CHAIN_POSITIVES = 3_200
# A rise of the mixing curve is told from its noise at so many standard errors over chains.
_NOISE = 4.0


class DegreePreserving(LabelNull):
    """Positives uniform over the label matrices with the observed row and column sums.

    It asks whether a score knows more than how many targets a regulator has and how often a
    gene is a target. Passing it is not evidence of knowledge in a model: plain co-expression
    passes too (specification 2.9), so run that through the same null.

    Parameters
    ----------
    labels, mask, min_distance
        See `LabelNull`. Only rows and columns with a positive take part in the chain.
    method
        ``"swap"`` for checkerboard swaps or ``"curveball"`` for trades between rows. Both have
        the same distribution; swaps reach it sooner where degrees are heavy-tailed.
    steps
        Moves a draw: attempted swaps, or trades. None takes as many attempts as give 5
        accepted swaps a positive on average, or 5,000 trades and at least 10 a row.
    seed
        Root of the streams of hub, pilot and mixing curve. Draws have their own.

    Raises
    ------
    InputError
        If the method is unknown, `steps` is below 1, or see `LabelNull`.

    Notes
    -----
    A chain of `steps` moves leads from the observed labels to a hub, and a chain of as many
    moves leads from the hub to each draw, independently (the parallel method of Besag and
    Clifford, Biometrika 1989). The moves are reversible and their number is fixed in advance,
    so that under the null the observed labels and the draws are exchangeable and p is valid
    however well the chain mixes; mixing decides power, z and the null mean, and `mixing` shows
    it. The default number of attempts comes from a pilot run on the observed labels, so that
    it is fixed up to the noise of the pilot; pass `steps` to fix it outright.

    Counting accepted swaps instead of attempts, as is often done, would favour matrices from
    which many swaps are possible. Curveball takes its first row in proportion to its targets:
    with rows drawn evenly, 5,000 trades left a heavy-tailed network of 300 regulators and
    20,000 edges at distance 0.73 of 0.77.

    Structural zeros are never filled. With them, a matrix may exist that no sequence of
    moves reaches (three regulators that can only rotate their targets); where that leaves
    nothing to move, the check fails.

    Examples
    --------
    >>> labels = np.arange(60).reshape(6, 10) % 3 == 0
    >>> null = DegreePreserving(labels, np.ones((6, 10), bool))
    >>> null.check(null.draw_positives(np.random.default_rng(0), 20)).margins_kept
    True
    """

    name: ClassVar[str] = "degree"
    preserves: ClassVar[str] = (
        "the number of targets of every regulator and of regulators of every target"
    )
    keeps: ClassVar[frozenset[Margin]] = frozenset({"rows", "columns"})

    def __init__(
        self,
        labels: ArrayLike,
        mask: ArrayLike,
        *,
        method: Method = "swap",
        steps: int | None = None,
        seed: int = DEFAULT_SEED,
        min_distance: float = MIN_JACCARD_DISTANCE,
    ) -> None:
        super().__init__(labels, mask, min_distance=min_distance)
        if method not in get_args(Method):
            raise InputError(
                f"method is {method!r}", where="method", expected=" or ".join(get_args(Method))
            )
        if steps is not None and steps < 1:
            raise InputError(f"steps is {steps}", where="steps", expected="at least 1")
        self.method = method
        self.seed = seed
        self._row_ids = np.flatnonzero(self.labels.any(1))
        self._column_ids = np.flatnonzero(self.labels.any(0))
        active = np.ix_(self._row_ids, self._column_ids)
        self._free = self.mask[active]
        rows, columns = np.nonzero(self.labels[active])
        self._rows = rows.astype(np.int32)
        self._columns = columns.astype(np.int32)
        counts = np.bincount(rows, minlength=self._row_ids.size)
        self._start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.steps = steps if steps is not None else self._default_steps()

    def _default_steps(self) -> int:
        if self.method == "curveball":
            return max(MIN_TRADES, TRADES_PER_ROW * self._row_ids.size)
        # Counting accepted swaps within a draw would bias it towards matrices with many swaps,
        # so a pilot measures their rate once and draws count attempts.
        pilot = 20 * self._rows.size
        _, accepted = self._run(self._columns, [pilot], self._seeds("pilot", 1))
        rate = max(accepted / pilot, 0.01)
        return int(np.ceil(SWAPS_PER_POSITIVE * self._rows.size / rate))

    def _seeds(self, task: str, n: int) -> NDArray[np.uint64]:
        rng = generator(self.seed, f"nulls/degree/{self.method}/{task}")
        return rng.integers(0, 2**64 - 1, n, dtype=np.uint64, endpoint=True)

    def _run(
        self, columns: NDArray[np.int32], stops: list[int], seeds: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int32], int]:
        """Run chains from a state; columns of each positive, chains x stops x positives."""
        ends = np.empty((seeds.size, len(stops), self._rows.size), dtype=np.int32)
        ends[:] = columns
        if self._row_ids.size < 2:
            return ends, 0
        cells = np.where(self._free, 0, 2).astype(np.uint8)
        cells[self._rows, columns] = 1
        at = np.asarray(stops, dtype=np.int64)
        if self.method == "curveball":
            curveball_paths(cells, self._rows, columns, self._start, at, seeds, ends)
            return ends, 0
        words, stride = pack(cells > 0)
        accepted = swap_paths(words, stride, self._rows, columns, at, seeds, ends)
        return ends, int(accepted)

    @cached_property
    def _hub(self) -> NDArray[np.int32]:
        """Columns of the positives in the state from which all draws start."""
        ends, _ = self._run(self._columns, [self.steps], self._seeds("hub", 1))
        return ends[0, 0].copy()

    def draw_from_seeds(self, seeds: NDArray[np.uint64]) -> Ints:
        """Return one draw a seed: flat indices, shape (len(seeds), n_positives)."""
        ends, _ = self._run(self._hub, [self.steps], seeds)
        base = self._row_ids[self._rows].astype(np.int64) * self.labels.shape[1]
        return base + self._column_ids[ends[:, 0]]

    @cached_property
    def _chains(self) -> tuple[list[int], NDArray[np.float64]]:
        """Jaccard distance from the observed labels after so many moves, chains x stops."""
        stops = sorted(
            {max(1, round(self.steps * part)) for part in (1 / 16, 1 / 8, 1 / 4, 0.5, 1)}
        )
        stops.append(2 * self.steps)
        chains = int(np.clip(_CHAIN_POSITIVES // self.n_positives, *_CHAINS))
        ends, _ = self._run(self._columns, stops, self._seeds("mixing", chains))
        observed = self.labels[np.ix_(self._row_ids, self._column_ids)]
        kept = observed[self._rows, ends].sum(2)
        return stops, np.asarray(1.0 - kept / (2 * self._rows.size - kept))

    @property
    def mixing_curve(self) -> tuple[tuple[int, float], ...]:
        """Mean Jaccard distance from the observed labels after so many moves, over chains."""
        stops, distance = self._chains
        return tuple(zip(stops, distance.mean(0).tolist(), strict=True))

    def mixing(self) -> tuple[tuple[tuple[int, float], ...], tuple[str, ...]]:
        """Return the mixing curve, and a complaint if it still rises at the length of a draw."""
        curve = self.mixing_curve
        (_, once), (_, twice) = curve[-2:]
        rise = np.subtract(*self._chains[1][:, [-1, -2]].T)
        noise = float(rise.std(ddof=1) / np.sqrt(rise.size))
        if twice - once <= max(_PLATEAU, _NOISE * noise):
            return curve, ()
        return curve, (
            f"The chain is not mixed after {self.steps} moves: distance {once:.3f}, and "
            f"{twice:.3f} after twice as many; set steps to more.",
        )
