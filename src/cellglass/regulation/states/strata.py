"""Strata of cells: given, or found in an embedding by a graph of neighbours and Leiden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, integer_seed

N_NEIGHBOURS = 15
RESOLUTION = 1.0
RESOLUTIONS = (0.1, 3.0)
"""Span in which the resolution is tuned (specification 2.16)."""
TUNED = (5, 7)
"""Number of strata that tuning aims at."""
STEPS = 16
MIN_CELLS: Mapping[str, int] = {"synthetic": 5, "structured": 20, "attention": 50}
"""Smallest strata by what is stratified (specification 2.16): fewer cells give noise."""

Metric = Literal["cosine", "euclidean"]


@dataclass(frozen=True, eq=False)
class Strata:
    """Strata of cells and where they come from.

    Attributes
    ----------
    codes
        Stratum of each cell, int64; -1 for cells in none.
    names
        Name of each stratum.
    source
        How they were made, as a phrase.
    resolution
        Of Leiden; nan where strata were given.
    """

    codes: NDArray[np.int64]
    names: tuple[str, ...]
    source: str
    resolution: float = float("nan")

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Cells of each stratum."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names)).astype(np.int64)


def given_strata(labels: ArrayLike, source: str = "given") -> Strata:
    """Strata from labels of cells.

    Parameters
    ----------
    labels
        One label a cell: names, or codes of which negative ones mean no stratum. Missing names
        mean none, too.
    source
        Where they come from.

    Returns
    -------
    Strata
        In the order of the sorted labels.

    Raises
    ------
    InputError
        If labels are not one a cell.

    Examples
    --------
    >>> given_strata(["T", "B", None, "T"]).codes.tolist()
    [1, 0, -1, 1]
    """
    import pandas as pd

    given = np.asarray(labels, dtype=object)
    if given.ndim != 1:
        raise InputError(
            f"labels of shape {given.shape}", where="strata", expected="one label a cell"
        )
    values = pd.Series(given)
    numeric = pd.to_numeric(values, errors="coerce")
    absent = values.isna() | (numeric.notna() & (numeric < 0))
    whole = bool(numeric[~absent].notna().all())
    names = sorted(set(values[~absent]), key=(lambda v: (float(v), "")) if whole else str)
    place = {name: i for i, name in enumerate(names)}
    codes = [-1 if gone else place[v] for v, gone in zip(values, absent, strict=True)]
    return Strata(np.array(codes, dtype=np.int64), tuple(map(str, names)), source)


def find_strata(
    embedding: NDArray[np.floating],
    *,
    k: int = N_NEIGHBOURS,
    resolution: float = RESOLUTION,
    n_strata: tuple[int, int] | None = None,
    min_cells: int = MIN_CELLS["structured"],
    metric: Metric = "cosine",
    seed: int = DEFAULT_SEED,
) -> Strata:
    """Find cell states in an embedding.

    Parameters
    ----------
    embedding
        Cells x dimensions: a model's cell embedding, or principal components. The expression
        itself is a poor choice: clusters of noise cut through the edges they should show.
    k
        Neighbours of each cell in the graph.
    resolution
        Of Leiden; not used where `n_strata` is given.
    n_strata
        Fewest and most strata of `min_cells` cells or more: the resolution is tuned between 0.1
        and 3 until their number lies within, or comes as near as it can.
    min_cells
        Smaller communities get no stratum (-1).
    metric
        Of the neighbours.
    seed
        Root seed of Leiden.

    Returns
    -------
    Strata
        Largest first.

    Raises
    ------
    InputError
        If the embedding is not finite or the same in all cells, has too few cells, or holds fewer
        than two communities that are large enough.

    Notes
    -----
    Specification 2.16: graph of the k nearest neighbours (an edge where either cell is among
    the other's; every edge weighs 1), Leiden by modularity (`cellglass.stats.leiden`). Equal seeds
    give equal strata in every process, whatever ran before.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> embedding = np.repeat(np.eye(3), 40, axis=0) + 0.05 * rng.normal(size=(120, 3))
    >>> find_strata(embedding, resolution=0.5).sizes.tolist()
    [40, 40, 40]
    """
    graph = _neighbours(np.asarray(embedding, dtype=np.float64), k, metric)
    number = integer_seed(seed, "strata/leiden")
    if n_strata is None:
        found = _leiden(graph, resolution, number, min_cells)
    else:
        found, resolution = _tuned(graph, n_strata, number, min_cells)
    n = int(found.max()) + 1
    if n < 2:
        raise InputError(
            f"{n} community of {min_cells} cells or more among {len(found):,} cells",
            where="strata of an embedding",
            expected="at least two",
            fix="raise the resolution, lower min_cells, or give strata; homogeneous cells have "
            "no states to stratify by",
        )
    said = f"Leiden on the graph of {k} {metric} neighbours, resolution {resolution:.2f}"
    return Strata(found, tuple(f"stratum {i + 1}" for i in range(n)), said, resolution)


def large_strata(strata: Strata, min_cells: int) -> Strata:
    """Leave out strata with few cells.

    Parameters
    ----------
    strata
        Strata.
    min_cells
        Cells that a stratum needs.

    Returns
    -------
    Strata
        With the others' cells in none.

    Raises
    ------
    InputError
        If fewer than two are left.

    Examples
    --------
    >>> large_strata(given_strata(["a", "a", "b", "b", "c"]), 2).names
    ('a', 'b')
    """
    sizes = strata.sizes
    kept = np.flatnonzero(sizes >= min_cells)
    if len(kept) < 2:
        raise InputError(
            f"{len(kept)} strata have {min_cells} cells or more (sizes {sizes.tolist()[:10]})",
            where="CSSI strata",
            expected="at least two",
            fix="use fewer strata, more cells, or a smaller min_cells",
        )
    place = np.full(len(sizes) + 1, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    return Strata(
        place[strata.codes], tuple(strata.names[i] for i in kept), strata.source, strata.resolution
    )


def _neighbours(embedding: NDArray[np.float64], k: int, metric: Metric) -> Any:
    """Symmetric graph of nearest neighbours, every edge of weight 1."""
    from sklearn.neighbors import NearestNeighbors

    if embedding.ndim != 2 or len(embedding) <= k or not embedding.shape[1]:
        raise InputError(
            f"an embedding of shape {embedding.shape}",
            where="strata of an embedding",
            expected=f"cells x dimensions (one or more), more than {k} cells",
        )
    bad = int((~np.isfinite(embedding)).any(1).sum())
    if bad:
        raise InputError(f"{bad} cells have values that are not finite", where="embedding")
    _require_spread(embedding, metric)
    search = NearestNeighbors(n_neighbors=k, metric=metric).fit(embedding)
    graph = search.kneighbors_graph()
    return graph.maximum(graph.T).tocsr()


def _require_spread(embedding: NDArray[np.float64], metric: Metric) -> None:
    """Refuse cells that are all alike: their neighbours are chosen by the order of the file."""
    points = embedding
    if metric == "cosine":
        length = np.linalg.norm(points, axis=1, keepdims=True)
        points = np.divide(points, length, out=np.zeros_like(points), where=length > 0)
    spread = np.ptp(points, axis=0)
    if (spread <= 1e-9 * np.maximum(np.abs(points).max(axis=0), 1e-300)).all():
        what = "points in the same direction" if metric == "cosine" else "is the same"
        raise InputError(
            f"the embedding {what} in all {len(points):,} cells: it holds no communities",
            where="strata of an embedding",
            expected="cells that differ",
            fix="give another embedding, or give strata",
        )


def _leiden(graph: Any, resolution: float, seed: int, min_cells: int) -> NDArray[np.int64]:
    """Communities of enough cells, the largest first; the others' cells get -1."""
    from cellglass.stats.leiden import leiden

    labels = leiden(graph, resolution=resolution, seed=seed)
    n = int((np.bincount(labels) >= min_cells).sum())
    return np.where(labels < n, labels, -1)


def _tuned(
    graph: Any, wanted: tuple[int, int], seed: int, min_cells: int
) -> tuple[NDArray[np.int64], float]:
    """Halve the span of resolutions until the number of strata is within what is wanted.

    Small communities do not count, so the number need not grow with the resolution: the
    nearest number met on the way is taken.
    """
    fewest, most = wanted
    if not 2 <= fewest <= most:
        raise InputError(f"n_strata is {wanted}", where="n_strata", expected="(fewest, most)")
    low, high = RESOLUTIONS
    best: tuple[int, NDArray[np.int64], float] | None = None
    for _ in range(STEPS):
        resolution = (low + high) / 2
        found = _leiden(graph, resolution, seed, min_cells)
        n = int(found.max()) + 1
        off = max(fewest - n, n - most, 0)
        if best is None or off < best[0]:
            best = off, found, resolution
        if off == 0:
            break
        low, high = (resolution, high) if n < fewest else (low, resolution)
    assert best is not None  # there is at least one step
    return best[1], best[2]
