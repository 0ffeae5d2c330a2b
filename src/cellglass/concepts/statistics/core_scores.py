"""Core scores of a dictionary: how sparse, how faithful, how much is left to use."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.interval import Interval

from .probe_design import ProbeDesign
from .probes import probe

NEIGHBOURS, SAMPLE = 15, 5000


@dataclass(frozen=True)
class CoreScores:
    """Sparsity and fidelity of codes and their reconstruction.

    Attributes
    ----------
    l0, l0_sd
        Mean and standard deviation over cells of the number of active units.
    dead_share
        Share of units that are active in no cell.
    fvu
        Fraction of variance unexplained: summed squared error over summed variance around the
        mean of each dimension.
    r2
        ``1 - fvu``.
    r2_mean
        Mean over dimensions of their own R2; constant dimensions are left out.
    neighbours_kept
        Share of each cell's nearest neighbours (Euclidean) that are still among its nearest in
        the reconstruction.
    neighbours_by_chance
        The same for an embedding with cells permuted: k over the number of other cells.
    n_cells, n_units
        Size.
    """

    l0: float
    l0_sd: float
    dead_share: float
    fvu: float
    r2: float
    r2_mean: float
    neighbours_kept: float
    neighbours_by_chance: float
    n_cells: int
    n_units: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary."""
        return asdict(self)


def core_scores(
    embedding: ArrayLike,
    reconstruction: ArrayLike,
    codes: ArrayLike | sparse.spmatrix,
    *,
    neighbours: int = NEIGHBOURS,
    sample: int = SAMPLE,
    seed: int = DEFAULT_SEED,
) -> CoreScores:
    """Score a dictionary by what it makes of some cells.

    Parameters
    ----------
    embedding, reconstruction
        Cells x width, in the same space: that of the model or the transformed one (the scores
        are the same, because the transform has one scale).
    codes
        Cells x units, dense or sparse.
    neighbours, sample
        Neighbours a cell, and cells drawn at most for them.
    seed
        Of the sample.

    Returns
    -------
    CoreScores
        See there.

    Raises
    ------
    InputError
        If shapes differ, the embedding is constant, or there are too few cells.

    Examples
    --------
    >>> h = np.random.default_rng(0).normal(size=(50, 3))
    >>> found = core_scores(h, h, np.maximum(h, 0))
    >>> found.fvu, found.neighbours_kept
    (0.0, 1.0)
    """
    h, r = np.asarray(embedding, dtype=np.float64), np.asarray(reconstruction, dtype=np.float64)
    z = sparse.csr_matrix(codes)
    if h.ndim != 2 or h.shape != r.shape or z.shape[0] != len(h):
        raise InputError(
            f"embedding {h.shape}, reconstruction {r.shape}, codes {z.shape}",
            where="core_scores", expected="one row a cell, and the same width",
        )  # fmt: skip
    if len(h) <= neighbours:
        raise InputError(f"{len(h)} cells for {neighbours} neighbours", where="core_scores",
                         fix="use more cells or fewer neighbours")  # fmt: skip
    z.eliminate_zeros()
    active = np.diff(z.indptr)
    fired = np.bincount(z.indices, minlength=z.shape[1])
    centred = h - h.mean(0)
    variance, error = (centred**2).sum(0), ((h - r) ** 2).sum(0)
    moving = variance > 1e-20 * (h**2).sum(0)
    if not moving.any():
        raise InputError("all cells have the same embedding", where="core_scores")
    fvu = float(error.sum() / variance.sum())
    drawn = np.sort(generator(seed, "core scores/cells").permutation(len(h))[:sample])
    return CoreScores(
        float(active.mean()), float(active.std()), float((fired == 0).mean()), fvu, 1 - fvu,
        float((1 - error[moving] / variance[moving]).mean()),
        neighbours_kept(h[drawn], r[drawn], neighbours), neighbours / (len(drawn) - 1),
        len(h), z.shape[1],
    )  # fmt: skip


def neighbours_kept(
    embedding: NDArray[np.floating], reconstruction: NDArray[np.floating], k: int = NEIGHBOURS
) -> float:
    """Mean share of the k nearest neighbours of a cell that both embeddings agree on.

    Examples
    --------
    >>> x = np.arange(6.0)[:, None]
    >>> neighbours_kept(x, -2 * x, 2)
    1.0
    """
    first, second = _nearest(embedding, k), _nearest(reconstruction, k)
    both = [np.intersect1d(a, b).size for a, b in zip(first, second, strict=True)]
    return float(np.mean(both) / k)


@dataclass(frozen=True)
class ProbeRecovered:
    """Accuracy of a probe on the reconstruction, as a share of that on the embedding.

    Attributes
    ----------
    raw, reconstruction, chance
        Balanced accuracies.
    recovered
        ``(reconstruction - chance) / (raw - chance)``; nan where the raw embedding is not above
        chance.
    interval
        Of `recovered`, paired; None where it is undefined.
    notes
        What was left out, what the interval is conditional on.
    """

    raw: float
    reconstruction: float
    chance: float
    recovered: float
    interval: Interval | None
    notes: tuple[str, ...]


def probe_recovered(
    embedding: ArrayLike,
    reconstruction: ArrayLike,
    labels: ArrayLike,
    groups: ArrayLike,
    *,
    folds: int = 5,
    seed: int = DEFAULT_SEED,
    **options: Any,
) -> ProbeRecovered:
    """How much of what a probe reads from the embedding is in the reconstruction?

    Parameters
    ----------
    embedding, reconstruction
        Cells x width.
    labels, groups
        Label and donor of each cell.
    folds, seed, options
        As in `probe`.

    Returns
    -------
    ProbeRecovered
        With a paired bootstrap interval.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> types, donors = np.tile(["B", "T"], 60), np.repeat(np.arange(6), 20)
    >>> x = rng.normal(size=(120, 3)) + 4 * (types == "T")[:, None]
    >>> probe_recovered(x, x, types, donors, draws=50).recovered
    1.0
    """
    task = str(options.get("task", "probe"))
    design = ProbeDesign.make(labels, groups, folds=folds, seed=seed, task=task)
    both = [
        probe(x, labels, groups, seed=seed, design=design, **{**options, "permutations": 0})
        for x in (embedding, reconstruction)
    ]
    chance = 1 / len(design.names)
    raw, rebuilt = (found.balanced_accuracy for found in both)
    above = [found.bootstrap.draws[0] - chance for found in both]
    notes = tuple(dict.fromkeys(n for found in both for n in found.notes))
    if raw <= chance:
        return ProbeRecovered(raw, rebuilt, chance, float("nan"), None,
                              (*notes, "the embedding is not above chance"))  # fmt: skip
    recovered = (rebuilt - chance) / (raw - chance)
    drawn = np.divide(above[1], above[0], out=np.full(len(above[0]), np.nan), where=above[0] > 0)
    interval = None
    if np.isfinite(drawn).mean() > 0.5:
        interval = design.bootstrap(
            ("recovered",), np.array([recovered]), drawn[None], both[0].bootstrap.level
        ).interval()
    return ProbeRecovered(raw, rebuilt, chance, recovered, interval, notes)


def _nearest(x: NDArray[np.floating], k: int) -> NDArray[np.int64]:
    """Nearest other cells, cells x k."""
    from sklearn.neighbors import NearestNeighbors

    rows = np.asarray(x, dtype=np.float64)
    index = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(rows)
    return np.asarray(index.kneighbors(return_distance=False), dtype=np.int64)
