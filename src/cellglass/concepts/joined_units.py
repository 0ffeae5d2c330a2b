"""Units of several kinds read together: one pass through a model serves all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from cellglass.errors import InputError

from .units import Readout, UnitKind, Units

Rows = NDArray[np.int64]


class JoinedUnits(Units):
    """Units, or some of them, one after the other.

    Parameters
    ----------
    parts
        Units with the indexes of those that are taken; all where None. All read the same
        embedding.

    Attributes
    ----------
    kinds
        Kind of each unit.

    Raises
    ------
    InputError
        If no unit is left, two share a name, or they read embeddings of different width.

    Examples
    --------
    >>> from cellglass.concepts import LinearUnits, Transform
    >>> t = Transform(np.zeros(2, np.float32), 1.0)
    >>> a = LinearUnits("neuron", ("a", "b"), np.eye(2), 0.0, t)
    >>> c = LinearUnits("component", ("c",), [[1.0, 1.0]], 0.0, t)
    >>> both = JoinedUnits([(a, [1]), (c, None)])
    >>> both.names, both.kinds
    (('b', 'c'), ('neuron', 'component'))
    """

    def __init__(self, parts: Sequence[tuple[Units, ArrayLike | None]]) -> None:
        self.parts: list[tuple[Units, Rows]] = [
            (units, np.arange(len(units)) if which is None else np.asarray(which, dtype=np.int64))
            for units, which in parts
        ]
        self.parts = [(units, index) for units, index in self.parts if index.size]
        names = [units.names[i] for units, index in self.parts for i in index]
        widths = {units.directions.shape[1] for units, _ in self.parts}
        if not names or len(set(names)) < len(names) or len(widths) > 1:
            raise InputError(
                f"{len(names)} units of {len(set(names))} names, over embeddings of "
                f"{len(widths)} widths",
                where="JoinedUnits",
                expected="at least one unit, unique names, one embedding",
            )
        self.names = tuple(names)
        self.kinds: tuple[UnitKind, ...] = tuple(
            units.kind for units, index in self.parts for _ in index
        )
        self.kind = self.kinds[0]
        self.transform = self.parts[0][0].transform
        self.directions = np.concatenate([u.directions[index] for u, index in self.parts])

    def _split(self, which: ArrayLike | None) -> list[tuple[Units, Rows, Rows]]:
        """Part, indexes within its units, and columns of the result that they fill."""
        wanted = np.arange(len(self)) if which is None else np.asarray(which, dtype=np.int64)
        found, start = [], 0
        for units, index in self.parts:
            here = np.flatnonzero((wanted >= start) & (wanted < start + index.size))
            if here.size:
                found.append((units, index[wanted[here] - start], here))
            start += index.size
        return found

    def read(self, embedding: NDArray[np.floating], which: ArrayLike | None = None) -> Readout:
        """See `Units`."""
        n = len(self) if which is None else np.asarray(which).size
        out = Readout(*(np.empty((len(embedding), n), np.float32) for _ in range(3)))
        for units, index, columns in self._split(which):
            part = units.read(embedding, index)
            for name in ("gated", "pre", "margin"):
                getattr(out, name)[:, columns] = getattr(part, name)
        return out

    def pre(self, embedding: Tensor, which: ArrayLike) -> Tensor:
        """See `Units`."""
        return self._joined(embedding, which, "pre")

    def margin(self, embedding: Tensor, which: ArrayLike) -> Tensor:
        """See `Units`."""
        return self._joined(embedding, which, "margin")

    def _joined(self, embedding: Tensor, which: ArrayLike, name: str) -> Tensor:
        """One differentiable read-out of all parts, in the order asked for."""
        parts = self._split(which)
        if not parts:
            return embedding.new_zeros((len(embedding), 0))
        read = torch.cat([getattr(units, name)(embedding, i) for units, i, _ in parts], dim=1)
        order = np.argsort(np.concatenate([columns for _, _, columns in parts]), kind="stable")
        return read[:, torch.as_tensor(order)]
