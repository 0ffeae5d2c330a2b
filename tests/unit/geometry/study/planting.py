"""Gene spaces with known truth: points of genes, and the network that was or was not planted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
SOURCES = 20
"""Regulators; the first genes of a design."""


@dataclass
class Design:
    """Points of genes, and pairs of regulator and target."""

    genes: tuple[str, ...]
    points: Points
    edges: list[tuple[str, str]]


def noise(genes: Sequence[str], *, width: int = 6, seed: int = 0) -> Points:
    """Points that know nothing."""
    return np.random.default_rng((seed, 99)).normal(size=(len(genes), width))


def _drawn(
    names: Sequence[str], away: Points, reach: float, rng: np.random.Generator
) -> list[tuple[str, str]]:
    """Draw 5 to 12 targets of each regulator, those within reach first of all."""
    edges = []
    for s in range(SOURCES):
        weight = np.exp(-((away[s] / reach) ** 2))
        weight[:SOURCES] = 0
        chosen = rng.choice(len(names), rng.integers(5, 13), replace=False, p=weight / weight.sum())
        edges += [(names[s], names[t]) for t in np.sort(chosen)]
    return edges


def _between(points: Points) -> Points:
    return np.linalg.norm(points[:SOURCES, None] - points[None], axis=-1)


def near(genes: Sequence[str], *, reach: float = 1.5, width: int = 6, seed: int = 0) -> Design:
    """Targets are drawn around their regulators; neither degree nor expression tells of it."""
    rng = np.random.default_rng(seed)
    names = tuple(rng.permutation(genes).tolist())
    points = rng.normal(size=(len(names), width))
    return Design(names, points, _drawn(names, _between(points), reach, rng))


def unrelated(genes: Sequence[str], *, width: int = 6, seed: int = 0) -> Design:
    """Like `near`, of points that do not know the network."""
    held = near(genes, seed=seed)
    return Design(held.genes, noise(genes, width=width, seed=seed), held.edges)


def hubs(genes: Sequence[str], *, n_targets: int = 150, width: int = 8, seed: int = 0) -> Design:
    """Regulators and targets of many partners stand in the middle; nothing else is known."""
    rng = np.random.default_rng(seed)
    names = tuple(rng.permutation(genes).tolist())
    weight = np.exp(rng.normal(0, 0.9, len(names)))
    out, into = weight[:SOURCES], weight[SOURCES : SOURCES + n_targets]
    chance = np.outer(out, into)
    chance = np.minimum(0.9, chance * 0.06 / chance.mean())
    held = np.argwhere(rng.random(chance.shape) < chance)
    radius = 1 / (0.3 + weight)
    points = rng.normal(size=(len(names), width))
    points *= radius[:, None] / np.linalg.norm(points, axis=1, keepdims=True)
    return Design(names, points, [(names[i], names[SOURCES + j]) for i, j in held])


def rolled(genes: Sequence[str], *, reach: float = 16.0, seed: int = 0) -> Design:
    """A sheet that is rolled up: targets are near along the sheet, winds are near through space."""
    rng = np.random.default_rng(seed)
    names = tuple(rng.permutation(genes).tolist())
    angle = np.pi * np.sqrt(rng.uniform(1.5**2, 4.5**2, len(names)))  # even along the sheet
    across = rng.uniform(0, 4, len(names))
    points = np.column_stack([angle * np.cos(angle), angle * np.sin(angle), across])
    along = 0.5 * (angle * np.sqrt(1 + angle**2) + np.arcsinh(angle))
    sheet = np.column_stack([along, across])
    return Design(names, points, _drawn(names, _between(sheet), reach, rng))


def grouped(
    genes: Sequence[str], *, groups: int = 10, width: int = 6, spread: float = 0.35, seed: int = 0
) -> Design:
    """Clumps of genes; a regulator's targets are of its own clump."""
    rng = np.random.default_rng(seed)
    names = tuple(rng.permutation(genes).tolist())
    group = np.arange(len(names)) % groups
    points = 2 * rng.normal(size=(groups, width))[group]
    points += spread * rng.normal(size=points.shape)
    away = 9.0 * (group[:SOURCES, None] != group[None, :])
    return Design(names, points, _drawn(names, away, 3.0, rng))


@dataclass
class Pair:
    """The same genes in two models."""

    genes: tuple[str, ...]
    first: Points
    second: Points


def turned(points: Points, rng: np.random.Generator) -> Points:
    """The same points, seen from another side."""
    return points @ np.linalg.qr(rng.normal(size=(points.shape[1],) * 2))[0]


def shared(genes: Sequence[str], *, noise: float = 0.3, width: int = 6, seed: int = 0) -> Pair:
    """One space, turned, with noise of its own in either model."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(len(genes), width))
    other = turned(points, rng) + noise * rng.normal(size=points.shape)
    return Pair(tuple(genes), points, other)


def permuted(genes: Sequence[str], *, width: int = 6, seed: int = 0) -> Pair:
    """The same cloud, its genes permuted."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(len(genes), width))
    return Pair(tuple(genes), points, points[rng.permutation(len(genes))])


def levels(
    genes: Sequence[str], statistics: Points, *, noise: float = 0.7, width: int = 6, seed: int = 0
) -> Pair:
    """Either model knows the statistics of a gene, in its own way, and nothing else."""
    rng = np.random.default_rng(seed)
    scaled = (statistics - statistics.mean(0)) / statistics.std(0)
    first, second = (
        scaled @ rng.normal(size=(scaled.shape[1], width))
        + noise * rng.normal(size=(len(genes), width))
        for _ in range(2)
    )
    return Pair(tuple(genes), first, second)


def kinds(
    genes: Sequence[str], *, groups: int = 6, spread: float = 0.6, width: int = 8, seed: int = 0
) -> Pair:
    """Either model knows the kind of a gene: clumps elsewhere in space, the same genes in them."""
    rng = np.random.default_rng(seed)
    group = np.arange(len(genes)) % groups
    first, second = (
        2 * rng.normal(size=(groups, width))[group] + spread * rng.normal(size=(len(genes), width))
        for _ in range(2)
    )
    return Pair(tuple(genes), first, second)
