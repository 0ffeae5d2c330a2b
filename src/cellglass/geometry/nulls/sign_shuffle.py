"""Signs of regulation permuted among the pairs of each regulator."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.nulls.draw_null import DrawNull
from cellglass.geometry.nulls.within_bins import permutation_within
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import as_labels

Zeros = Literal["in", "out"]
Signs = NDArray[np.int64]


class SignShuffle(DrawNull[Signs]):
    """Activation and repression exchanged among the pairs of a regulator.

    Parameters
    ----------
    signs
        1 activation, -1 repression, 0 no known sign, shape (sources, targets).
    mask
        Pairs that are judged, of the same shape; signs outside it must be 0.
    zeros
        ``"in"``: pairs without a sign take part, as in the published null, which so moves
        where a sign is and not only which. ``"out"``: only pairs with a sign exchange theirs.
    groups
        Group of each source, for example a bin of its degree, shape (sources,); signs are
        exchanged within groups of sources. Each source its own where None.

    Raises
    ------
    InputError
        If a value is none of -1, 0, 1, shapes differ, no pair has a sign, or with zeros out no
        regulator has both signs.

    Notes
    -----
    Beating the null with zeros in is no evidence for signs: a feature that only knows where
    the signs are, such as "the pair is in the database", beats it too (specification 0.1).
    `presence_moved` says how much of that a draw destroyed.

    Examples
    --------
    >>> signs = np.array([[1, -1, 0, 0], [0, 1, 1, -1]])
    >>> null = SignShuffle(signs, np.ones((2, 4), bool), zeros="out")
    >>> drawn = null.draw(np.random.default_rng(1))
    >>> null.presence_moved(drawn), drawn.sum(1).tolist()
    (0.0, [0, 1])
    """

    name: ClassVar[str] = "sign shuffle"
    preserves: ClassVar[str] = "how many pairs of each sign every regulator has"

    def __init__(
        self,
        signs: ArrayLike,
        mask: ArrayLike,
        *,
        zeros: Zeros = "in",
        groups: NDArray[np.integer] | None = None,
    ) -> None:
        where = f"null '{self.name}'"
        if zeros not in get_args(Zeros):
            raise InputError(f"zeros is {zeros!r}", where=where, expected="'in' or 'out'")
        matrix = np.asarray(signs)
        if matrix.ndim != 2 or not np.isin(matrix, (-1, 0, 1)).all():
            raise InputError(
                f"signs of shape {matrix.shape}",
                where=where,
                expected="-1, 0 or 1 for each pair of source and target",
            )
        judged = as_labels(mask, matrix.shape, "mask")
        if not matrix[judged].any() or matrix[~judged].any():
            raise InputError(
                f"{np.count_nonzero(matrix[judged])} signs on judged pairs, "
                f"{np.count_nonzero(matrix[~judged])} on others",
                where=where,
                expected="signs, and on judged pairs only",
                fix="use np.where(mask, signs, 0)",
            )
        super().__init__(matrix.astype(np.int64))
        self.zeros = zeros
        rows, columns = np.nonzero(judged if zeros == "in" else matrix != 0)
        of_source = np.arange(len(matrix)) if groups is None else np.asarray(groups)
        if of_source.shape != (len(matrix),):
            raise InputError(
                f"groups of shape {of_source.shape}", where=where, expected=f"({len(matrix)},)"
            )
        self._at = (rows, columns)
        self._groups = of_source[rows]
        values = self.observed[self._at]
        both = np.intersect1d(self._groups[values == 1], self._groups[values == -1])
        if zeros == "out" and not both.size:
            raise InputError(
                "no regulator has both signs",
                where=where,
                expected="activation and repression by one regulator",
                fix="shuffle within groups of regulators, or with zeros in",
            )

    def draw(self, rng: np.random.Generator) -> Signs:
        """Return one draw of the signs.

        Parameters
        ----------
        rng
            Source of the draw.

        Returns
        -------
        numpy.ndarray
            Shape (sources, targets).
        """
        drawn = np.zeros_like(self.observed)
        drawn[self._at] = self.observed[self._at][permutation_within(self._groups, rng)]
        return drawn

    def changed(self, drawn: Signs) -> float:
        """Share of the pairs with a sign, in the data or the draw, whose sign differs."""
        either = (drawn != 0) | (self.observed != 0)
        return float((drawn != self.observed)[either].mean())

    def presence_moved(self, drawn: Signs) -> float:
        """Share of the pairs with a sign that have none in the draw: signs that left."""
        held = self.observed != 0
        return float((drawn[held] == 0).mean())

    def remarks(self) -> tuple[str, ...]:
        """Say whether it moves where signs are."""
        if self.zeros == "out":
            return ("It leaves where signs are: only which sign is exchanged.",)
        moved = self.presence_moved(self.draw(generator(DEFAULT_SEED, f"nulls/{self.name}/remark")))
        return (
            f"It moves where signs are, and not only which: {moved:.0%} of the pairs with a sign "
            "have none in a draw. Beating it is no evidence for signs.",
        )
