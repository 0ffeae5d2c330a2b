"""Weights over raw embeddings, as other packages keep them, and back to ours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.concepts.transform import Transform
from cellglass.errors import CheckpointError, InputError

from .dictionary import Dictionary

SAME_NORM = 1e-4  # norms of decoder rows that differ by less are rounding


@dataclass(frozen=True, eq=False)
class RawWeights:
    """A dictionary without a transform: ``pre = (h - bias) @ encoder.T + encoder_bias``.

    Its reconstruction is ``z @ decoder + bias``, in the space of embeddings.

    Parameters
    ----------
    encoder, decoder
        Concepts x width; decoder rows of any norm.
    encoder_bias
        Shape (concepts,).
    bias
        Shape (width,).
    threshold
        Shape (concepts,), where there is one.
    """

    encoder: NDArray[np.float32]
    encoder_bias: NDArray[np.float32]
    decoder: NDArray[np.float32]
    bias: NDArray[np.float32]
    threshold: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        shape = np.shape(self.decoder)
        wanted = {
            "encoder": shape, "encoder_bias": shape[:1], "bias": shape[1:],
            "threshold": shape[:1],
        }  # fmt: skip
        for name, expected in wanted.items():
            value = getattr(self, name)
            if len(shape) != 2 or (value is not None and np.shape(value) != expected):
                raise CheckpointError(
                    f"{name} of shape {np.shape(value)} beside a decoder of shape {shape}",
                    where="weights",
                    expected=f"{expected}" if len(shape) == 2 else "a decoder, concepts x width",
                )


def to_raw(dictionary: Dictionary) -> RawWeights:
    """Fold centring and scale of a dictionary into its weights and biases; codes stay the same.

    Examples
    --------
    >>> t = Transform(np.array([10.0, 0.0], np.float32), 2.0)
    >>> d = Dictionary("l1", np.eye(2), np.zeros(2), np.eye(2), np.ones(2), t)
    >>> raw = to_raw(d)
    >>> raw.bias.tolist(), raw.encoder[0].tolist(), raw.decoder[0].tolist()
    ([10.5, 0.5], [2.0, 0.0], [0.5, 0.0])
    """
    scale = float(dictionary.transform.scale)
    mean = dictionary.transform.mean.astype(np.float64)
    return RawWeights(
        _single(dictionary.encoder.astype(np.float64) * scale),
        dictionary.encoder_bias,
        _single(dictionary.decoder.astype(np.float64) / scale),
        _single(mean + dictionary.bias.astype(np.float64) / scale),
        dictionary.threshold,
    )


@dataclass(frozen=True, eq=False)
class UnitWeights:
    """Weights with unit decoder rows behind a transform.

    Attributes
    ----------
    weights
        In the transformed space.
    transform
        From embeddings to that space.
    norms_folded
        Whether decoder rows had different norms: codes are then those of the raw weights times
        the norm of the concept's row.
    """

    weights: RawWeights
    transform: Transform
    norms_folded: bool


def from_raw(
    raw: RawWeights,
    transform: Transform | None = None,
    *,
    selects: bool = False,
    selects_by_norm: bool = False,
    threshold_by_norm: bool = False,
) -> UnitWeights:
    """Give weights of another package unit decoder rows.

    Parameters
    ----------
    raw
        Their weights.
    transform
        The one that was folded into them; where None, a scale that makes equal norms 1.
    selects
        Whether the largest pre-activations are selected, so that they must keep their order.
    selects_by_norm
        Whether they are multiplied by the norms of decoder rows before selection.
    threshold_by_norm
        Whether the threshold holds after that multiplication.

    Raises
    ------
    InputError
        If decoder rows of different norms would change what is selected, or a row is zero.

    Notes
    -----
    A concept whose decoder row has norm n, code z, is the concept with a unit row and code n z.
    """
    norms = np.linalg.norm(raw.decoder.astype(np.float64), axis=1)
    if not (norms > 0).all():
        raise InputError(
            f"{int((norms == 0).sum())} decoder rows are zero",
            where="weights",
            expected="a direction for each concept",
        )
    if transform is None:
        middle = float(np.median(norms))
        even = bool(np.abs(norms / middle - 1).max() <= SAME_NORM)
        scale = 1 / middle if even else 1.0
        transform = Transform(np.zeros(raw.decoder.shape[1], np.float32), scale)
    scale = float(transform.scale)
    factor = norms * scale
    uneven = bool(np.abs(factor - 1).max() > SAME_NORM)
    if uneven and selects and not selects_by_norm:
        raise InputError(
            f"decoder rows have norms from {norms.min():.3g} to {norms.max():.3g}",
            where="weights",
            expected="equal norms where the k largest are kept: with unit rows, which our "
            "dictionaries have, others would be the largest",
            fix="train with decoder rows of unit norm",
        )
    if not uneven:
        factor = np.ones_like(factor)
    threshold = raw.threshold
    if threshold is not None and not threshold_by_norm:
        threshold = _single(threshold * factor)
    weights = RawWeights(
        _single(raw.encoder.astype(np.float64) / scale * factor[:, None]),
        _single(raw.encoder_bias * factor),
        _single(raw.decoder.astype(np.float64) * scale / factor[:, None]),
        _single((raw.bias.astype(np.float64) - transform.mean) * scale),
        threshold,
    )
    return UnitWeights(weights, transform, uneven)


def _single(array: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.ascontiguousarray(array, dtype=np.float32)
