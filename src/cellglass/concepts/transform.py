"""Centring and scaling of embeddings before they are factorised: fitted once, kept for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError

GAMMA_WARNING = 3.0


@dataclass(frozen=True, eq=False)
class Transform:
    """``t = (h - mean) * scale``: one mean a dimension, one scale for all.

    Parameters
    ----------
    mean
        Subtracted, shape (width,).
    scale
        Multiplied; chosen so that the mean squared norm of training cells equals the width.
    gamma
        Norm of the mean over the root of the summed variances of the training cells: what
        predicts dead concepts without centring (Simon, Adams and Zou, arXiv 2605.31518).

    Examples
    --------
    >>> t = Transform.fit(np.array([[1.0, 0.0], [3.0, 0.0]]))
    >>> round(float(t(np.array([[3.0, 0.0]]))[0, 0]), 3)
    1.414
    """

    mean: NDArray[np.float32]
    scale: float
    gamma: float = 0.0

    @classmethod
    def fit(cls, embedding: ArrayLike, *, centre: bool = True, rescale: bool = True) -> Transform:
        """Fit on training cells, cells x width.

        Raises
        ------
        InputError
            If values are not finite, or all cells have the same embedding.
        """
        # what lies on disk and gives slices stays there: only blocks come into memory
        h: Any = embedding if hasattr(embedding, "rows") else np.asarray(embedding)
        if h.ndim != 2 or not len(h):
            raise InputError(f"an array of shape {h.shape}", where="embedding",
                             expected="cells x width")  # fmt: skip
        total, square, n_bad = np.zeros(h.shape[1]), np.zeros(h.shape[1]), 0
        for start in range(0, len(h), 65_536):
            part = np.asarray(h[start : start + 65_536], dtype=np.float64)
            n_bad += int((~np.isfinite(part)).any(axis=1).sum())
            total += part.sum(0)
        if n_bad:
            raise InputError(
                f"{n_bad:,} of {len(h):,} cells have an embedding that is not finite",
                where="embedding",
                fix="drop these cells, or run the model in float32",
            )
        mean = total / len(h)
        for start in range(0, len(h), 65_536):
            part = np.asarray(h[start : start + 65_536], dtype=np.float64) - mean
            square += (part * part).sum(0)
        variance = float(square.sum() / len(h))
        # rounding of float32 embeddings leaves a variance of about 1e-14 of the squared mean
        if variance <= 1e-12 * float(mean @ mean) or not variance > 0:
            raise InputError(
                f"all {len(h):,} cells have the same embedding",
                where="embedding",
                expected="cells that differ",
                fix="check that the model saw the cells' genes",
            )
        gamma = float(np.linalg.norm(mean) / np.sqrt(variance))
        kept = mean if centre else np.zeros_like(mean)
        second = variance if centre else variance + float(mean @ mean)
        scale = float(np.sqrt(h.shape[1] / second)) if rescale else 1.0
        return cls(kept.astype(np.float32), scale, gamma)

    def __call__(self, embedding: NDArray[np.floating]) -> NDArray[np.float32]:
        """Embeddings to the space in which dictionaries live, cells x width."""
        return ((np.asarray(embedding, np.float32) - self.mean) * np.float32(self.scale)).astype(
            np.float32
        )

    def inverse(self, transformed: NDArray[np.floating]) -> NDArray[np.float32]:
        """Back to embeddings, cells x width."""
        return (np.asarray(transformed, np.float32) / np.float32(self.scale) + self.mean).astype(
            np.float32
        )
