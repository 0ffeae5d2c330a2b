"""A dictionary that was never trained: the same gate on random directions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.statistics.matching import random_directions
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator


def random_dictionary(
    dictionary: Dictionary,
    seed: int = DEFAULT_SEED,
    *,
    embedding: NDArray[np.floating] | None = None,
    covariance: bool = False,
) -> Dictionary:
    """Replace the directions of a dictionary by random ones, and keep its gate.

    Parameters
    ----------
    dictionary
        A trained one: size, k, groups, bias and transform are taken from it.
    seed
        Root seed of the directions.
    embedding
        Cells x width; needed for gates with a threshold ("batchtopk", "jumprelu", "l1"), which
        is set so that each concept is active as often as that of the trained dictionary, and
        for `covariance`.
    covariance
        Directions with the second moments of transformed cells; else isotropic.

    Returns
    -------
    Dictionary
        Encoder and decoder hold the same unit rows, encoder biases are 0 (in kind "l1", which has
        no threshold, minus the threshold).

    Raises
    ------
    InputError
        If cells are needed and none are given.

    Examples
    --------
    >>> from cellglass.concepts.transform import Transform
    >>> plain = Transform(np.zeros(2, np.float32), 1.0)
    >>> d = Dictionary("topk", np.eye(2), np.zeros(2), np.eye(2), np.zeros(2), plain, k=1)
    >>> random_dictionary(d, 1).k
    1
    """
    thresholded = dictionary.kind not in ("topk", "matryoshka")
    if embedding is None and (thresholded or covariance):
        raise InputError(
            f"no cells for a random dictionary of kind '{dictionary.kind}'"
            + (" with their covariance" if covariance else ""),
            where="random_dictionary",
            fix="give embedding=, the training cells",
        )
    cells = None if embedding is None else dictionary.transform(embedding) - dictionary.bias
    rng = generator(seed, "random dictionary")
    rows = random_directions(
        dictionary.n_concepts, dictionary.width, rng, like=cells if covariance else None
    )
    none = np.zeros(dictionary.n_concepts, dtype=np.float32)
    meta = {"origin": "random directions", "seed": seed, "covariance": covariance,
            "gate_of": dictionary.weights_sha256}  # fmt: skip
    random = replace(dictionary, encoder=rows, encoder_bias=none, decoder=rows, meta=meta)
    if not thresholded or embedding is None or cells is None:
        return random
    active = np.diff(dictionary.encode(embedding).tocsc().indptr)
    threshold = _thresholds(cells, rows, active)
    if dictionary.kind == "l1":
        return replace(random, encoder_bias=-threshold)
    return replace(random, threshold=np.maximum(threshold, 0))


def _thresholds(
    cells: NDArray[np.float32], rows: NDArray[np.float32], active: NDArray[np.integer]
) -> NDArray[np.float32]:
    """What as many projections exceed as cells are to be active, unit by unit."""
    out = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), 256):
        projected = np.sort(cells @ rows[start : start + 256].T, axis=0)
        at = len(cells) - active[start : start + 256]
        columns = np.arange(projected.shape[1])
        below = projected[np.maximum(at - 1, 0), columns]
        above = projected[np.minimum(at, len(cells) - 1), columns]
        # never active: above all cells
        never = np.abs(projected[-1]) + 1
        out[start : start + 256] = np.where(at >= len(cells), never, (below + above) / 2)
    return out
