"""Units that no dictionary was trained for: neurons, rotated neurons, random directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.statistics.matching import random_directions
from cellglass.concepts.transform import Transform
from cellglass.concepts.units import LinearUnits, UnitKind
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator

Embedding = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Baseline:
    """Units of another kind, and how their fit went.

    Attributes
    ----------
    units
        The units, active as often as the concepts they stand beside.
    converged
        False where an iterative fit stopped before it converged: results may hang on that.
    note
        How they were made, as a sentence.
    """

    units: LinearUnits
    converged: bool = True
    note: str = ""


def matched_rates(rates: ArrayLike, n: int, seed: int = DEFAULT_SEED) -> NDArray[np.float64]:
    """Rates for `n` units with the distribution of those of some concepts.

    Parameters
    ----------
    rates
        Share of cells in which each concept is active; those of dead concepts (0) are left out.
    n
        Units.
    seed
        Decides which unit gets which rate.

    Returns
    -------
    numpy.ndarray
        Quantiles of the rates in random order, shape (n,).

    Raises
    ------
    InputError
        If no rate is above 0, or one is not below 1.

    Examples
    --------
    >>> sorted(matched_rates([0.0, 0.1, 0.3], 2).round(2).tolist())
    [0.15, 0.25]
    """
    given = np.atleast_1d(np.asarray(rates, dtype=np.float64))
    alive = given[given > 0]
    if not alive.size or not (alive < 1).all():
        raise InputError(
            f"{alive.size} of {given.size} rates are above 0, the highest is {given.max():.3g}",
            where="rates", expected="shares of cells, some above 0, all below 1",
        )  # fmt: skip
    wanted = np.quantile(alive, (np.arange(n) + 0.5) / n)
    return generator(seed, "baselines/rates").permutation(wanted)


def neurons(
    embedding: Embedding, transform: Transform, rates: ArrayLike, *, seed: int = DEFAULT_SEED
) -> Baseline:
    """Every dimension of the embedding as two units, one a tail.

    Parameters
    ----------
    embedding
        Training cells x width; thresholds are set on them.
    transform
        That of the dictionary.
    rates
        Activation rates of the concepts; see `matched_rates`.
    seed
        Decides which unit gets which rate.

    Returns
    -------
    Baseline
        Units of kind "neuron", ``"neuron 0 +"``, ``"neuron 0 -"``, ...

    Examples
    --------
    >>> h = np.random.default_rng(0).normal(size=(100, 2))
    >>> found = neurons(h, Transform.fit(h), 0.1)
    >>> found.units.names
    ('neuron 0 +', 'neuron 0 -', 'neuron 1 +', 'neuron 1 -')
    >>> (found.units.activations(h) > 0).mean(0).tolist()
    [0.1, 0.1, 0.1, 0.1]
    """
    rows = np.eye(np.asarray(embedding).shape[1])
    units = both_tails("neuron", "neuron", rows, embedding, transform, rates, seed)
    return Baseline(units, note="dimensions of the embedding, both tails")


def rotated_neurons(
    embedding: Embedding, transform: Transform, rates: ArrayLike, *, seed: int = DEFAULT_SEED
) -> Baseline:
    """Dimensions after a random rotation, both tails: what is special about the axes?

    Parameters
    ----------
    embedding, transform, rates
        As for `neurons`.
    seed
        Root seed of the rotation, which is uniform over rotations and reflections.

    Returns
    -------
    Baseline
        Units of kind "rotated neuron".

    Examples
    --------
    >>> h = np.random.default_rng(0).normal(size=(100, 2))
    >>> rows = rotated_neurons(h, Transform.fit(h), 0.1).units.directions
    >>> bool(abs(rows[0] @ rows[2]) < 1e-6)
    True
    """
    width = np.asarray(embedding).shape[1]
    rng = generator(seed, "baselines/rotated neurons")
    q, r = np.linalg.qr(rng.standard_normal((width, width)))
    # signs of the diagonal make the rotation uniform (Mezzadri 2007)
    rows = (q * np.sign(np.diag(r))).T
    units = both_tails("rotated neuron", "rotated neuron", rows, embedding, transform, rates, seed)
    return Baseline(units, note="a random orthogonal basis, both tails")


def random_units(
    embedding: Embedding,
    transform: Transform,
    rates: ArrayLike,
    n: int,
    *,
    covariance: bool = False,
    seed: int = DEFAULT_SEED,
) -> Baseline:
    """Random directions with a threshold.

    Parameters
    ----------
    embedding, transform, rates
        As for `neurons`.
    n
        Units.
    covariance
        Directions with the second moments of the cells; else isotropic.
    seed
        Root seed of the directions.

    Returns
    -------
    Baseline
        Units of kind "random direction", one tail each.

    Examples
    --------
    >>> h = np.random.default_rng(0).normal(size=(100, 3))
    >>> len(random_units(h, Transform.fit(h), 0.1, 5).units)
    5
    """
    cells = np.asarray(embedding)
    how = "with the covariance of the cells" if covariance else "isotropic"
    rng = generator(seed, f"baselines/random directions, {how}")
    like = transform(cells) if covariance else None
    rows = random_directions(n, cells.shape[1], rng, like=like)
    names = tuple(f"random direction {i}" for i in range(n))
    units = LinearUnits("random direction", names, rows, 0.0, transform)
    return Baseline(
        units.with_rate(cells, matched_rates(rates, n, seed)), note=f"random directions, {how}"
    )


def both_tails(
    kind: UnitKind,
    word: str,
    rows: ArrayLike,
    embedding: Embedding,
    transform: Transform,
    rates: ArrayLike,
    seed: int,
) -> LinearUnits:
    """Signed directions as twice as many units, active at given rates.

    Parameters
    ----------
    kind, word
        Kind of the units, and what their names begin with.
    rows
        Directions x width in the transformed space.
    embedding, transform, rates, seed
        As for `neurons`.

    Returns
    -------
    LinearUnits

    Examples
    --------
    >>> h = np.random.default_rng(0).normal(size=(50, 2))
    >>> both_tails("component", "PCA", [[1.0, 1.0]], h, Transform.fit(h), 0.1, 0).names
    ('PCA 0 +', 'PCA 0 -')
    """
    directions = np.asarray(rows, dtype=np.float64)
    names = tuple(f"{word} {i} {tail}" for i in range(len(directions)) for tail in "+-")
    signed = np.stack([directions, -directions], axis=1).reshape(-1, directions.shape[1])
    units = LinearUnits(kind, names, signed, 0.0, transform)
    return units.with_rate(embedding, matched_rates(rates, len(names), seed))
