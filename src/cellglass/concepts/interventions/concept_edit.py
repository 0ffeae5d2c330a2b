"""Edit one concept of an embedding and keep everything else, the reconstruction error included."""

from __future__ import annotations

from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.concepts.transform import Transform
from cellglass.concepts.units import Units
from cellglass.errors import InputError

How = Literal["ablate", "scale", "set", "swap"]
_BLOCK = 4096


class CodeBook(Protocol):
    """What an edit needs of a dictionary; `concepts.Dictionary` has it."""

    @property
    def transform(self) -> Transform:
        """From embeddings to the space of the dictionary."""

    @property
    def decoder(self) -> NDArray[np.float32]:
        """Directions of the concepts, concepts x width."""

    def encode(self, embedding: Any, /) -> Any:
        """Embeddings to codes, n x concepts."""

    def decode(self, codes: Any, /) -> NDArray[np.floating]:
        """Codes to the transformed space, n x width."""


Source = Units | CodeBook


def directions_of(source: Source) -> NDArray[np.float64]:
    """Directions in the transformed space, units x width."""
    rows = source.directions if isinstance(source, Units) else source.decoder
    return np.asarray(rows, dtype=np.float64)


def codes_of(source: Source, embedding: NDArray[np.floating]) -> sparse.csr_matrix:
    """Activations of all units, n x units, float64: sparse, read in blocks of cells."""
    parts = [
        sparse.csr_matrix(
            source.activations(block) if isinstance(source, Units) else source.encode(block)
        )
        for block in (embedding[i : i + _BLOCK] for i in range(0, max(len(embedding), 1), _BLOCK))
    ]
    return sparse.vstack(parts, format="csr").astype(np.float64)


def activity(source: Source, embedding: NDArray[np.floating], which: ArrayLike) -> NDArray:
    """Activations of some units, n x len(which), float64.

    Raises
    ------
    InputError
        If a unit does not exist, or embeddings are not cells x width.
    """
    index = np.atleast_1d(np.asarray(which, dtype=np.int64))
    rows = directions_of(source)
    if embedding.ndim != 2 or embedding.shape[1] != rows.shape[1]:
        raise InputError(f"an array of shape {embedding.shape}", where="embedding",
                         expected=f"cells x {rows.shape[1]}")  # fmt: skip
    bad = index[(index < 0) | (index >= len(rows))]
    if bad.size:
        raise InputError(f"unit {bad[0]} asked for", where="concept edit",
                         expected=f"0 to {len(rows) - 1}")  # fmt: skip
    parts = []
    for start in range(0, len(embedding), _BLOCK):
        block = embedding[start : start + _BLOCK]
        if isinstance(source, Units):
            parts.append(source.read(block, index).gated.astype(np.float64))
        else:
            codes = source.encode(block)[:, index]
            dense = codes.toarray() if sparse.issparse(codes) else codes
            parts.append(np.asarray(dense, dtype=np.float64))
    return np.concatenate(parts) if parts else np.zeros((0, len(index)))


def edit(
    source: Source,
    embedding: ArrayLike,
    concept: int,
    how: How = "ablate",
    value: float | ArrayLike | None = None,
    *,
    with_error: bool = True,
) -> NDArray[np.floating]:
    """Change the activation of a concept in every cell.

    Parameters
    ----------
    source
        Units of any kind, or a dictionary.
    embedding
        Cells x width, as the model gives it.
    concept
        Which unit.
    how
        ``"ablate"``: the activation becomes 0. ``"scale"``: it is multiplied by `value`.
        ``"set"``: it becomes `value`, a number or one a cell (those of other cells, say).
        ``"swap"``: it is exchanged with that of concept `value`.
    value
        See `how`.
    with_error
        Keep what the dictionary does not reconstruct. Without it, the embedding is replaced by
        its edited reconstruction, which changes cells even where the concept is silent; only
        for comparison.

    Returns
    -------
    numpy.ndarray
        Edited embeddings, cells x width: ``h + (z' - z) d / transform.scale``; float64 where
        the embedding is.

    Raises
    ------
    InputError
        If the concept does not exist, `value` does not fit `how`, or units without a
        reconstruction are to drop its error.

    Examples
    --------
    >>> from cellglass.concepts import LinearUnits, Transform
    >>> t = Transform(np.zeros(2, np.float32), 1.0)
    >>> units = LinearUnits("component", ("first +",), [[1.0, 0.0]], 0.0, t)
    >>> edit(units, np.array([[2.0, 5.0], [-1.0, 3.0]]), 0).tolist()
    [[0.0, 5.0], [-1.0, 3.0]]
    """
    h = np.asarray(embedding)
    if not with_error:
        return _edited_reconstruction(source, h, _changes(source, h, concept, how, value))
    delta = edit_delta(source, h, concept, how, value)
    return np.asarray((h + delta).astype(np.result_type(h.dtype, np.float32)))


def edit_delta(
    source: Source,
    embedding: NDArray[np.floating],
    concept: int,
    how: How = "ablate",
    value: float | ArrayLike | None = None,
) -> NDArray[np.float64]:
    """How far `edit` moves each cell, cells x width, not rounded to the embedding's precision."""
    rows = directions_of(source)
    scale = float(source.transform.scale)
    delta = np.zeros(embedding.shape, dtype=np.float64)
    for unit, change in _changes(source, embedding, concept, how, value).items():
        delta += change[:, None] * (rows[unit] / scale)
    return delta


def ablate(
    source: Source,
    embedding: ArrayLike,
    concepts: ArrayLike,
    *,
    activations: NDArray[np.floating] | None = None,
) -> NDArray[np.floating]:
    """Set several concepts to 0 at once, the reconstruction error kept.

    Parameters
    ----------
    source, embedding
        As in `edit`.
    concepts
        Which units.
    activations
        Those of the units, cells x len(concepts), where they are known already.

    Returns
    -------
    numpy.ndarray
        Cells x width.

    Examples
    --------
    >>> from cellglass.concepts import LinearUnits, Transform
    >>> t = Transform(np.zeros(2, np.float32), 1.0)
    >>> units = LinearUnits("component", ("x +", "y +"), np.eye(2), 0.0, t)
    >>> ablate(units, np.array([[2.0, 5.0]]), [0, 1]).tolist()
    [[0.0, 0.0]]
    """
    h = np.asarray(embedding)
    index = np.atleast_1d(np.asarray(concepts, dtype=np.int64))
    z = activity(source, h, index) if activations is None else activations
    moved = z @ directions_of(source)[index] / float(source.transform.scale)
    return np.asarray((h - moved).astype(np.result_type(h.dtype, np.float32)))


def _changes(
    source: Source,
    h: NDArray[np.floating],
    concept: int,
    how: How,
    value: float | ArrayLike | None,
) -> dict[int, NDArray[np.float64]]:
    """Change of activation by unit, one number a cell."""
    z = activity(source, h, [concept])[:, 0]
    if how == "ablate":
        if value is not None:
            raise _unfit(how, value, "no value")
        return {concept: -z}
    if how == "swap":
        if not isinstance(value, int | np.integer):
            raise _unfit(how, value, "the number of another concept")
        other = activity(source, h, [int(value)])[:, 0]
        return {concept: other - z, int(value): z - other} if value != concept else {}
    if how not in get_args(How):
        raise _unfit(how, value, "ablate, scale, set or swap")
    new = np.asarray(np.nan if value is None else value, dtype=np.float64)
    if new.shape not in ((), z.shape) or not (np.isfinite(new) & (new >= 0)).all():
        raise _unfit(how, value, f"a number, or {len(z)} numbers, finite and not negative")
    return {concept: new * z - z if how == "scale" else np.broadcast_to(new, z.shape) - z}


def _edited_reconstruction(
    source: Source, h: NDArray[np.floating], changes: dict[int, NDArray[np.float64]]
) -> NDArray[np.float32]:
    book: Any = getattr(source, "dictionary", source)
    if not (hasattr(book, "encode") and hasattr(book, "decode")):
        raise InputError(
            f"{type(source).__name__} does not reconstruct embeddings",
            where="edit(with_error=False)",
            fix="give a dictionary, or keep the error (with_error=True)",
        )
    codes = book.encode(h)
    z = np.asarray(codes.toarray() if sparse.issparse(codes) else codes, dtype=np.float64)
    for unit, change in changes.items():
        z[:, unit] += change
    packed = sparse.csr_matrix(z.astype(np.float32)) if sparse.issparse(codes) else z
    return np.asarray(book.transform.inverse(np.asarray(book.decode(packed))))


def _unfit(how: str, value: object, expected: str) -> InputError:
    return InputError(f"how='{how}' with value {value!r}", where="concept edit",
                      expected=expected)  # fmt: skip
