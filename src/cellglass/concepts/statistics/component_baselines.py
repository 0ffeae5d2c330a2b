"""Units from classical factorisations of the embedding: PCA, ICA, NMF, k-means."""

from __future__ import annotations

import warnings
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.statistics.baselines import (
    Baseline,
    Embedding,
    both_tails,
    matched_rates,
)
from cellglass.concepts.transform import Transform
from cellglass.concepts.units import LinearUnits
from cellglass.errors import InputError, nearest
from cellglass.seeds import DEFAULT_SEED, generator, integer_seed

ComponentMethod = Literal["pca", "ica", "nmf", "kmeans"]
METHODS: tuple[ComponentMethod, ...] = get_args(ComponentMethod)
FIT_CELLS = 10_000
MAX_ITERATIONS = 300
_WORDS = {"pca": "PCA", "ica": "ICA", "nmf": "NMF", "kmeans": "k-means"}


def components(
    embedding: Embedding,
    transform: Transform,
    rates: ArrayLike,
    *,
    method: ComponentMethod,
    n: int | None = None,
    fit_cells: int = FIT_CELLS,
    max_iterations: int = MAX_ITERATIONS,
    seed: int = DEFAULT_SEED,
) -> Baseline:
    """Directions of a factorisation as units, active as often as concepts are.

    Parameters
    ----------
    embedding
        Training cells x width.
    transform
        That of the dictionary; the factorisation is one of transformed cells.
    rates
        Activation rates of the concepts; see `matched_rates`.
    method
        ``"pca"``: principal axes, both tails. ``"ica"``: rows of FastICA's unmixing matrix,
        which read the sources, both tails. ``"nmf"``: embeddings are signed, so the positive and
        the negative part of every dimension are factorised side by side, cells x 2 width; a
        component's direction is its positive less its negative half, one tail. ``"kmeans"``: from
        the mean of all cells to each centroid, one tail.
    n
        Components; the width of the embedding where None (at most).
    fit_cells
        Cells, drawn at random, on which the factorisation is fitted; thresholds use all.
    max_iterations
        Of ICA, NMF and k-means.
    seed
        Root seed of the draw of cells and of the start.

    Returns
    -------
    Baseline
        Units of kind "component". ``converged`` is False, and ``note`` says so, where the fit
        stopped at `max_iterations`.

    Raises
    ------
    InputError
        If the method is not known, or there are fewer cells, or less rank, than components.

    Examples
    --------
    >>> h = np.random.default_rng(0).normal(size=(200, 3)) * [5.0, 1.0, 1.0]
    >>> found = components(h, Transform.fit(h), 0.1, method="pca", n=1)
    >>> bool(abs(found.units.directions[0, 0]) > 0.99)
    True
    """
    if method not in METHODS:
        raise InputError(f"no factorisation '{method}'", where="method",
                         fix=nearest(method, METHODS))  # fmt: skip
    cells = np.asarray(embedding)
    size = min(fit_cells, len(cells))
    chosen = np.sort(generator(seed, "baselines/cells").permutation(len(cells))[:size])
    t = transform(cells[chosen]).astype(np.float64)
    count = t.shape[1] if n is None else n
    if (
        count < 1
        or (method in ("pca", "ica") and count > min(t.shape[1], size - 1))
        or (count >= size)
    ):
        raise InputError(
            f"{count} components of {size} cells x {t.shape[1]} dimensions",
            where=_WORDS[method],
            expected="fewer than cells, and for PCA and ICA at most the width",
        )
    start = integer_seed(seed, f"baselines/{method}")
    rows, steps = _fit(method, t, count, start, max_iterations)
    converged = steps < max_iterations
    note = f"{_WORDS[method]} of {size:,} cells"
    if not converged:
        note += f"; stopped after {steps} steps before it converged"
    if method in ("pca", "ica"):
        units = both_tails("component", _WORDS[method], rows, cells, transform, rates, seed)
    else:
        rows = rows[np.linalg.norm(rows, axis=1) > 1e-9]
        names = tuple(f"{_WORDS[method]} {i}" for i in range(len(rows)))
        plain = LinearUnits("component", names, rows, 0.0, transform)
        units = plain.with_rate(cells, matched_rates(rates, len(rows), seed))
        if len(rows) < count:
            note += f"; {count - len(rows)} components without a direction left out"
    return Baseline(units, converged, note)


def _fit(
    method: ComponentMethod, t: NDArray[np.float64], n: int, start: int, steps: int
) -> tuple[NDArray[np.float64], int]:
    """Directions and the number of steps; a method without steps takes 0."""
    from sklearn.exceptions import ConvergenceWarning

    if method == "pca":
        _, size, axes = np.linalg.svd(t - t.mean(0), full_matrices=False)
        if size[n - 1] <= 1e-9 * size[0]:
            raise InputError(f"cells of rank {int((size > 1e-9 * size[0]).sum())}", where="PCA",
                             expected=f"at least {n}")  # fmt: skip
        axes = axes[:n]
        largest = np.abs(axes).argmax(1)
        return axes * np.sign(axes[np.arange(n), largest])[:, None], 0
    with warnings.catch_warnings():
        # told in the note of the baseline
        warnings.simplefilter("ignore", ConvergenceWarning)
        if method == "ica":
            model = _ica(n, start, steps).fit(t)
            return model.components_, int(model.n_iter_)
        if method == "nmf":
            model = _nmf(n, start, steps)
            model.fit(np.hstack([np.maximum(t, 0), np.maximum(-t, 0)]))
            parts = model.components_
            return parts[:, : t.shape[1]] - parts[:, t.shape[1] :], int(model.n_iter_)
        model = _kmeans(n, start, steps).fit(t)
        return model.cluster_centers_ - t.mean(0), int(model.n_iter_)


def _ica(n: int, start: int, steps: int) -> Any:
    from sklearn.decomposition import FastICA

    return FastICA(n, whiten="unit-variance", max_iter=steps, tol=1e-3, random_state=start)


def _nmf(n: int, start: int, steps: int) -> Any:
    from sklearn.decomposition import NMF

    return NMF(n, init="nndsvda", max_iter=steps, tol=1e-3, random_state=start)


def _kmeans(n: int, start: int, steps: int) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(n, n_init=1, max_iter=steps, random_state=start)
