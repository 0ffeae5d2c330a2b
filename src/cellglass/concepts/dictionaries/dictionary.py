"""A dictionary: concepts as directions, and how active each is in a cell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.concepts.transform import Transform
from cellglass.errors import InputError, nearest

DictionaryKind = Literal["topk", "batchtopk", "matryoshka", "jumprelu", "l1"]
DICTIONARY_KINDS: tuple[DictionaryKind, ...] = get_args(DictionaryKind)
WITH_K = ("topk", "batchtopk", "matryoshka")
BLOCK = 2048  # cells encoded at once: 64 MB of pre-activations at 8,192 concepts


@dataclass(frozen=True, eq=False)
class Dictionary:
    """A sparse auto-encoder of cell embeddings: ``t ~ z @ decoder + bias``.

    ``t`` is the embedding after `transform`; ``pre = (t - bias) @ encoder.T + encoder_bias``;
    the codes ``z`` are what the gate leaves of ``max(0, pre)``: the k largest of a cell
    (``"topk"``, ``"matryoshka"``), those above a threshold (``"batchtopk"``, ``"jumprelu"``), or
    all (``"l1"``).

    Parameters
    ----------
    kind
        See `DICTIONARY_KINDS`.
    encoder, encoder_bias
        Concepts x width, and one number a concept.
    decoder
        Concepts x width; each row a unit vector, the direction of its concept.
    bias
        Subtracted before encoding and added after decoding, shape (width,).
    transform
        From embeddings to the space in which the dictionary lives.
    k
        Active concepts a cell: at most (Top-K, Matryoshka) or on average (BatchTopK).
    threshold
        One a concept, for BatchTopK and JumpReLU.
    groups
        Sizes of the nested prefixes of a Matryoshka dictionary.
    meta
        What is known of it: seed, settings, fit on training and held-out cells, hashes.

    Raises
    ------
    InputError
        If shapes disagree, values are not finite or decoder rows are no unit vectors.

    Notes
    -----
    Formulation of Gao et al. 2024 (arXiv 2406.04093).

    Examples
    --------
    >>> plain = Transform(np.zeros(2, np.float32), 1.0)
    >>> d = Dictionary("topk", np.eye(2), np.zeros(2), np.eye(2), np.zeros(2), plain, k=1)
    >>> d.encode(np.array([[3.0, 2.0]])).toarray().tolist()
    [[3.0, 0.0]]
    """

    kind: DictionaryKind
    encoder: NDArray[np.float32]
    encoder_bias: NDArray[np.float32]
    decoder: NDArray[np.float32]
    bias: NDArray[np.float32]
    transform: Transform
    k: int | None = None
    threshold: NDArray[np.float32] | None = None
    groups: tuple[int, ...] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in DICTIONARY_KINDS:
            raise InputError(
                f"'{self.kind}' is no kind of dictionary", where="kind",
                fix=nearest(self.kind, DICTIONARY_KINDS),
            )  # fmt: skip
        for name in ("encoder", "encoder_bias", "decoder", "bias", "threshold"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, np.ascontiguousarray(value, dtype=np.float32))
        _check_shapes(self)
        _check_values(self)

    @property
    def n_concepts(self) -> int:
        """Number of concepts."""
        return len(self.decoder)

    @property
    def width(self) -> int:
        """Width of the embedding."""
        return self.decoder.shape[1]

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Weights and the mean of the transform, by name: all that is not one number."""
        found = {
            "encoder": self.encoder,
            "encoder_bias": self.encoder_bias,
            "decoder": self.decoder,
            "bias": self.bias,
            "transform_mean": np.ascontiguousarray(self.transform.mean, dtype=np.float32),
        }
        return found if self.threshold is None else found | {"threshold": self.threshold}

    @property
    def weights_sha256(self) -> str:
        """Hash of names, shapes and values of `tensors`."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.tensors().items()):
            digest.update(f"{name} {tensor.dtype.str} {tensor.shape}\n".encode())
            digest.update(tensor.tobytes())
        return digest.hexdigest()

    def pre(self, embedding: NDArray[np.floating]) -> NDArray[np.float32]:
        """Pre-activations of embeddings, cells x concepts (dense: mind the memory)."""
        centred = self.transform(self._checked(embedding)) - self.bias
        return np.asarray(centred @ self.encoder.T + self.encoder_bias, dtype=np.float32)

    def gate(self, pre: NDArray[np.float32]) -> sparse.csr_matrix:
        """Codes of pre-activations, cells x concepts."""
        from .gates import above, top_k

        if self.kind in ("topk", "matryoshka"):
            return top_k(pre, self.k or 0)
        return above(pre, self.threshold)

    def encode(self, embedding: NDArray[np.floating]) -> sparse.csr_matrix:
        """Codes of embeddings, computed in blocks of cells.

        Parameters
        ----------
        embedding
            As the model gives them, cells x width.

        Returns
        -------
        scipy.sparse.csr_matrix
            float32, cells x concepts.

        Raises
        ------
        InputError
            If the width is not the dictionary's.
        """
        h = self._checked(embedding)
        parts = [self.gate(self.pre(block)) for block in _blocks(h)]
        if not parts:
            return sparse.csr_matrix((0, self.n_concepts), dtype=np.float32)
        return sparse.vstack(parts, format="csr")

    def decode(self, codes: sparse.spmatrix | NDArray[np.floating]) -> NDArray[np.float32]:
        """Codes to the transformed space, cells x width."""
        return np.asarray(codes @ self.decoder, dtype=np.float32) + self.bias

    def reconstruct(self, embedding: NDArray[np.floating]) -> NDArray[np.float32]:
        """What the dictionary makes of embeddings, cells x width, in the space of embeddings."""
        h = self._checked(embedding)
        out = np.empty(h.shape, dtype=np.float32)
        for start, block in zip(range(0, len(h), BLOCK), _blocks(h), strict=True):
            decoded = self.decode(self.gate(self.pre(block)))
            out[start : start + len(block)] = self.transform.inverse(decoded)
        return out

    def write(self, folder: str | Path) -> Path:
        """Write the artifact: weights as safetensors, all else as JSON; see `write_dictionary`."""
        from .dictionary_files import write_dictionary

        return write_dictionary(self, Path(folder))

    @classmethod
    def read(cls, folder: str | Path) -> Dictionary:
        """Read an artifact, checking schema, shapes and hash; see `read_dictionary`."""
        from .dictionary_files import read_dictionary

        return read_dictionary(Path(folder))

    def _checked(self, embedding: NDArray[np.floating]) -> NDArray[np.floating]:
        h = np.asarray(embedding)
        if h.ndim != 2 or h.shape[1] != self.width:
            raise InputError(
                f"an array of shape {h.shape}", where="embedding",
                expected=f"cells x {self.width}, the width the dictionary was trained on",
                fix="give embeddings of the same model and layer",
            )  # fmt: skip
        return h


def _blocks(h: NDArray[np.floating]) -> Iterator[NDArray[np.floating]]:
    for start in range(0, len(h), BLOCK):
        yield h[start : start + BLOCK]


def _check_shapes(d: Dictionary) -> None:
    if d.decoder.ndim != 2:
        raise InputError(f"a decoder of shape {d.decoder.shape}", where="decoder",
                         expected="concepts x width")  # fmt: skip
    concepts, width = d.decoder.shape
    wanted = {"encoder": (concepts, width), "encoder_bias": (concepts,), "bias": (width,)}
    if d.kind in ("batchtopk", "jumprelu"):
        wanted["threshold"] = (concepts,)
    for name, shape in wanted.items():
        found = np.shape(getattr(d, name))
        if found != shape or getattr(d, name) is None:
            raise InputError(f"{name} has shape {found}", where=f"dictionary of kind {d.kind}",
                             expected=f"{shape}")  # fmt: skip
    if d.transform.mean.shape != (width,):
        raise InputError(f"a transform of width {d.transform.mean.shape[0]}", where="transform",
                         expected=f"{width}")  # fmt: skip
    if d.kind in WITH_K and not (d.k and 0 < d.k < concepts):
        raise InputError(f"k is {d.k} for {concepts} concepts", where="k",
                         expected="at least 1 and fewer than the concepts")  # fmt: skip


def _check_values(d: Dictionary) -> None:
    for name, tensor in d.tensors().items():
        if not np.isfinite(tensor).all():
            raise InputError(f"{name} holds values that are not finite", where="dictionary",
                             fix="train with a lower learning rate")  # fmt: skip
    norms = np.linalg.norm(d.decoder.astype(np.float64), axis=1)
    if np.abs(norms - 1).max() > 1e-3:
        raise InputError(
            f"decoder rows have norms from {norms.min():.3g} to {norms.max():.3g}",
            where="decoder",
            expected="one unit vector a concept: activations could not be compared otherwise",
            fix="divide each row by its norm and multiply the encoder row and its bias by it",
        )
