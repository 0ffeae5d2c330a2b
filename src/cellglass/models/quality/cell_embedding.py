"""Does a cell embedding separate labelled types? Neighbours in other blocks vote."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator

NEIGHBOURS = 15
SHUFFLES = 199


@dataclass(frozen=True)
class Separation:
    """How well an embedding separates labels.

    Attributes
    ----------
    balanced_accuracy
        Mean over labels of the share of cells whose neighbours vote for their label.
    correct
        Whether each cell's neighbours do.
    shuffled
        Balanced accuracy with labels permuted over cells, one a draw.
    silhouette
        Mean silhouette of the labels (cosine distance).
    """

    balanced_accuracy: float
    correct: NDArray[np.bool_]
    shuffled: NDArray[np.float64]
    silhouette: float


def separation(
    embedding: NDArray[np.floating],
    labels: NDArray[np.str_],
    blocks: NDArray[np.integer],
    *,
    seed: int = DEFAULT_SEED,
) -> Separation:
    """Vote of the 15 nearest cells (cosine) of other blocks.

    Parameters
    ----------
    embedding
        Cells x width.
    labels
        Label of each cell.
    blocks
        Replicate block of each cell (donor or fold); neighbours come from other blocks only.
    seed
        Of the permuted labels.

    Returns
    -------
    Separation
        Accuracy, its null, the silhouette.

    Raises
    ------
    InputError
        If there are fewer than two labels or blocks, or too few cells.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [0.0, 1.0]] * 20) + 0.01
    >>> found = separation(x, np.array(["a", "b"] * 20), np.arange(40) // 20)
    >>> found.balanced_accuracy
    1.0
    """
    names, codes = np.unique(labels, return_inverse=True)
    if len(names) < 2 or len(np.unique(blocks)) < 2:
        raise InputError(
            f"{len(names)} labels, {len(np.unique(blocks))} blocks",
            where="separation of labels",
            expected="at least two of each",
        )
    unit = embedding / np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-12)
    neighbours = _neighbours(unit.astype(np.float64), blocks)
    correct = _votes(codes, neighbours, len(names)) == codes
    shuffled = np.empty(SHUFFLES)
    for draw in range(SHUFFLES):
        permuted = generator(seed, f"separation/{draw}").permutation(codes)
        hit = _votes(permuted, neighbours, len(names)) == permuted
        shuffled[draw] = balanced(hit, permuted)
    return Separation(balanced(correct, codes), correct, shuffled, _silhouette(unit, codes, seed))


def balanced(correct: NDArray[np.bool_], codes: NDArray[np.integer]) -> float:
    """Mean over labels of the share that is correct."""
    sizes = np.bincount(codes)
    hits = np.bincount(codes, correct)
    return float((hits[sizes > 0] / sizes[sizes > 0]).mean())


def _neighbours(unit: NDArray[np.float64], blocks: NDArray[np.integer]) -> NDArray[np.int64]:
    """Nearest cells of other blocks, cells x k."""
    out = np.empty((len(unit), NEIGHBOURS), dtype=np.int64)
    for block in np.unique(blocks):
        own, others = np.flatnonzero(blocks == block), np.flatnonzero(blocks != block)
        if len(others) < NEIGHBOURS:
            raise InputError(
                f"{len(others)} cells outside block {block}", expected=f"{NEIGHBOURS} or more"
            )
        for start in range(0, len(own), 1024):
            part = own[start : start + 1024]
            similar = unit[part] @ unit[others].T
            order = np.argsort(-similar, axis=1, kind="stable")[:, :NEIGHBOURS]
            out[part] = others[order]
    return out


def _votes(
    codes: NDArray[np.integer], neighbours: NDArray[np.int64], n_labels: int
) -> NDArray[np.int64]:
    """Label with most votes; frequent labels count less, so that none wins by size."""
    share = np.bincount(codes, minlength=n_labels) / len(codes)
    votes = np.zeros((len(codes), n_labels))
    voted = codes[neighbours]
    np.add.at(votes, (np.arange(len(codes))[:, None], voted), 1.0 / share[voted])
    return votes.argmax(1)


def _silhouette(unit: NDArray[np.floating], codes: NDArray[np.integer], seed: int) -> float:
    from sklearn.metrics import silhouette_score

    sample = np.sort(generator(seed, "separation/sample").permutation(len(codes))[:2000])
    if len(np.unique(codes[sample])) < 2:
        return float("nan")
    return float(silhouette_score(unit[sample], codes[sample], metric="cosine"))
