"""Units: whatever may mean something, read in the same way - concepts, neurons, components."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from cellglass.errors import InputError

from .transform import Transform

UnitKind = Literal["concept", "neuron", "rotated neuron", "component", "random direction", "decoy"]
KINDS: tuple[UnitKind, ...] = get_args(UnitKind)


@dataclass(frozen=True, eq=False)
class Readout:
    """What some units say of some embeddings, each array n x units.

    Attributes
    ----------
    gated
        Activation, not negative; 0 where the unit is silent.
    pre
        Before gate and threshold.
    margin
        How far `pre` is above what it must exceed to be active: the threshold, and in a Top-K
        dictionary the k-th largest among the other concepts. Smooth where the gate is not;
        positive exactly where `gated` is.
    """

    gated: NDArray[np.float32]
    pre: NDArray[np.float32]
    margin: NDArray[np.float32]


class Units(ABC):
    """Some units of one kind over the embeddings of one model.

    Attributes
    ----------
    kind
        See `KINDS`.
    names
        Unique, for example ``"concept 17"``.
    directions
        Unit vectors in the transformed space, units x width.
    transform
        From embeddings to that space.
    """

    kind: UnitKind
    names: tuple[str, ...]
    directions: NDArray[np.float32]
    transform: Transform

    def __len__(self) -> int:
        return len(self.names)

    @abstractmethod
    def read(self, embedding: NDArray[np.floating], which: ArrayLike | None = None) -> Readout:
        """Read units (all where `which` is None) from embeddings, n x width."""

    @abstractmethod
    def pre(self, embedding: Tensor, which: ArrayLike) -> Tensor:
        """Pre-activations, n x len(which), differentiable in the embedding."""

    @abstractmethod
    def margin(self, embedding: Tensor, which: ArrayLike) -> Tensor:
        """Margins, n x len(which), differentiable in the embedding; see `Readout`."""

    def activations(self, embedding: NDArray[np.floating]) -> NDArray[np.float32]:
        """Gated activations of all units, n x units, computed in blocks of cells."""
        parts = [
            self.read(embedding[start : start + 4096]).gated
            for start in range(0, len(embedding), 4096)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, len(self)), np.float32)


class LinearUnits(Units):
    """Units that are directions with a threshold: ``max(0, <t, w> - threshold)``.

    Neurons, components and random directions are dense and signed. Each becomes two units here,
    one a tail, made sparse by a threshold: so they can be compared with concepts.

    Parameters
    ----------
    kind, names, transform
        See `Units`.
    directions
        Units x width in the transformed space; normalised here. A negative tail is the negated
        direction.
    thresholds
        What the projection must exceed, shape (units,).

    Examples
    --------
    >>> t = Transform(np.zeros(2, np.float32), 1.0)
    >>> units = LinearUnits("neuron", ("neuron 0 +",), [[1.0, 0.0]], [0.5], t)
    >>> units.read(np.array([[2.0, 0.0], [0.1, 0.0]])).gated.tolist()
    [[1.5], [0.0]]
    """

    def __init__(
        self,
        kind: UnitKind,
        names: tuple[str, ...],
        directions: ArrayLike,
        thresholds: ArrayLike,
        transform: Transform,
    ) -> None:
        rows = np.atleast_2d(np.asarray(directions, dtype=np.float64))
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        if len(rows) != len(names) or not (norms > 0).all():
            raise InputError(
                f"{len(names)} names for {len(rows)} directions, "
                f"{int((norms == 0).sum())} of which are zero",
                where="LinearUnits",
                expected="one direction a name, none of them zero",
            )
        self.kind = kind
        self.names = tuple(names)
        self.directions = (rows / norms).astype(np.float32)
        self.thresholds = np.broadcast_to(
            np.asarray(thresholds, dtype=np.float32), (len(names),)
        ).copy()
        self.transform = transform

    def with_rate(self, embedding: NDArray[np.floating], rates: ArrayLike) -> LinearUnits:
        """Set thresholds so that each unit is active in a share of some cells.

        Parameters
        ----------
        embedding
            Cells x width.
        rates
            Share of cells in which each unit is to be active, shape (units,) or one number:
            those of matched concepts.
        """
        projected = self.transform(embedding) @ self.directions.T
        wanted = np.broadcast_to(np.asarray(rates, dtype=np.float64), (len(self),))
        ordered = -np.sort(-projected, axis=0)
        active = np.clip(np.rint(wanted * len(projected)).astype(int), 1, len(projected) - 1)
        columns = np.arange(len(self))
        # halfway between the last active and the first silent cell
        thresholds = (ordered[active - 1, columns] + ordered[active, columns]) / 2
        return LinearUnits(self.kind, self.names, self.directions, thresholds, self.transform)

    def read(self, embedding: NDArray[np.floating], which: ArrayLike | None = None) -> Readout:
        """See `Units`."""
        index = np.arange(len(self)) if which is None else np.asarray(which, dtype=np.int64)
        pre = self.transform(embedding) @ self.directions[index].T
        margin = pre - self.thresholds[index]
        return Readout(np.maximum(margin, 0), pre, margin)

    def pre(self, embedding: Tensor, which: ArrayLike) -> Tensor:
        """See `Units`."""
        index = np.asarray(which, dtype=np.int64)
        mean = torch.as_tensor(self.transform.mean).to(embedding)
        rows = torch.as_tensor(self.directions[index]).to(embedding)
        return ((embedding - mean) * self.transform.scale) @ rows.T

    def margin(self, embedding: Tensor, which: ArrayLike) -> Tensor:
        """See `Units`."""
        thresholds = torch.as_tensor(self.thresholds[np.asarray(which, dtype=np.int64)])
        return self.pre(embedding, which) - thresholds.to(embedding)
