"""Honest splits of perturbation x target pairs: by perturbation, by target, and by both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError, nearest
from cellglass.stats import assert_disjoint, group_folds, two_way_blocks

Split = Literal["perturbation", "target", "both"]
SPLITS: tuple[Split, ...] = get_args(Split)

Bools = NDArray[np.bool_]


def shared_genes(sources: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Group perturbations that share a perturbed gene, directly or through others.

    Parameters
    ----------
    sources
        Perturbed genes of each perturbation.

    Returns
    -------
    numpy.ndarray
        Number of the group of each perturbation, in order of appearance, shape (n,). A double
        beside one of its singles would otherwise tell a model what it is to be tested on.

    Examples
    --------
    >>> shared_genes([("A",), ("B",), ("A", "C"), ("C",)]).tolist()
    [0, 1, 0, 0]
    """
    parent: dict[str, str] = {}

    def root(gene: str) -> str:
        while parent.setdefault(gene, gene) != gene:
            gene = parent[gene]
        return gene

    for genes in sources:
        for gene in genes:
            parent[root(gene)] = root(genes[0])
    found = [root(genes[0]) for genes in sources]
    number = {g: i for i, g in enumerate(dict.fromkeys(found))}
    return np.array([number[g] for g in found], dtype=np.int64)


def split_pairs(
    perturbations: NDArray[np.int64],
    targets: NDArray[np.int64],
    labels: Bools,
    how: Split,
    *,
    folds: int,
    joint_folds: int,
    seed: int,
    task: str,
) -> Iterator[tuple[Bools, Bools]]:
    """Yield training and test pairs of one kind of split.

    Parameters
    ----------
    perturbations, targets
        Number of the perturbation (or of its group, see `shared_genes`) and of the target of each
        pair, shape (n,).
    labels
        True where the target responds, shape (n,): folds of perturbations weigh alike in them.
    how
        What is new in the test pairs: the ``"perturbation"``, the ``"target"``, or ``"both"`` (true
        two-way blocks, pairs that share one end with the test block are left out).
    folds, joint_folds
        Folds of one axis, and of either axis where both are held out; fewer where there are fewer
        perturbations.
    seed, task
        Root seed and name of the streams.

    Yields
    ------
    train, test : numpy.ndarray
        Booleans, shape (n,); every pair is tested once.

    Raises
    ------
    InputError
        If there is one perturbation only, or no such split.

    Examples
    --------
    >>> p, t = np.divmod(np.arange(12), 4)
    >>> parts = split_pairs(p, t, t == 0, "both", folds=5, joint_folds=2, seed=1, task="x")
    >>> [int(test.sum()) for _, test in parts]
    [4, 4, 2, 2]
    """
    if how not in SPLITS:
        raise InputError(f"there is no split '{how}'", fix=nearest(how, SPLITS))
    n = len(np.unique(perturbations))
    if n < 2:
        raise InputError(
            f"{n} perturbation", where="splits", expected="at least 2, to hold some out"
        )
    if how == "both":
        parts = two_way_blocks(
            perturbations, targets, min(joint_folds, n, len(np.unique(targets))), seed,
            f"{task}/both",
        )  # fmt: skip
        for train, test in parts:
            assert_split(train, test, perturbations, targets, how)
            yield train, test
        return
    axis, weights = (perturbations, labels) if how == "perturbation" else (targets, None)
    fold = group_folds(
        axis, min(folds, len(np.unique(axis))), seed, f"{task}/{how}", weights=weights
    )
    for f in range(int(fold.max()) + 1):
        test = fold == f
        assert_split(~test, test, perturbations, targets, how)
        yield ~test, test


def assert_split(
    train: ArrayLike, test: ArrayLike, perturbations: ArrayLike, targets: ArrayLike, how: Split
) -> None:
    """Refuse a split that does not hold out what it says.

    Parameters
    ----------
    train, test
        Booleans over pairs, or their indices.
    perturbations, targets
        Of each pair.
    how
        What is to be new in the test pairs.

    Raises
    ------
    InputError
        If a perturbation (or target) stands on both sides. Pairs that were hashed into folds hold
        out neither: such a split is refused as ``"both"`` (specification 2.7).

    Examples
    --------
    >>> assert_split([0, 1], [2, 3], ["A", "A", "B", "B"], ["x", "y", "x", "y"], "perturbation")
    """
    by: dict[str, ArrayLike] = {"perturbation": perturbations, "target": targets}
    assert_disjoint(train, test, by={k: v for k, v in by.items() if how in (k, "both")})
