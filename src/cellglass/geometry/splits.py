"""Splits of pairs in which what is learnt on one part is judged on genes of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.pair_values import pair_values
from cellglass.geometry.pairs import Pairs
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import Bools, Ints, as_labels
from cellglass.stats.auroc import auroc

Axis = Literal["source", "target", "both"]

Model = TypeVar("Model")

_NAMED = 5
_UNIT = {"source": "regulator", "target": "target", "both": "gene"}


@dataclass(frozen=True, eq=False)
class DisjointSplit:
    """Pairs to fit on and pairs to judge on.

    Attributes
    ----------
    train, test
        The pairs of either part.
    axis
        What the parts do not share: regulators (``"source"``), targets, or any gene
        (``"both"``).
    fold, repeat
        Numbers of the fold and of the partition.
    n_dropped
        Judged pairs in neither part.
    """

    train: Pairs
    test: Pairs
    axis: Axis
    fold: int
    repeat: int
    n_dropped: int


def disjoint_splits(
    pairs: Pairs, axis: Axis, *, n_folds: int = 5, repeats: int = 1, seed: int = DEFAULT_SEED
) -> Iterator[DisjointSplit]:
    """Split pairs by regulator, by target or by both, over random partitions of the genes.

    Parameters
    ----------
    pairs
        The pairs.
    axis
        ``"source"``: no regulator is in both parts. ``"target"``: no target is. ``"both"``: no
        gene is in both parts, in whatever role; pairs of a gene of either part are dropped.
    n_folds
        Folds of the genes; 2 for halves A and B, each of which is judged once.
    repeats
        Random partitions.
    seed
        Root seed; partition r uses the stream ``f"splits/{axis}/{r}"``.

    Yields
    ------
    DisjointSplit
        ``n_folds * repeats`` of them. That no unit is shared has been asserted.

    Raises
    ------
    InputError
        If there are fewer regulators or targets than folds, or a part of a split has no
        positive or no negative.

    Notes
    -----
    Genes are dealt out to folds by their positives, so that folds weigh about alike. For
    ``"both"``, genes are put into folds and not rows and columns: a gene that is regulator
    here and target there would else be known from training.
    Regulators are dealt out first, then the genes that are targets only. The test part holds
    about 1 / n_folds^2 of the pairs and the training part (1 - 1 / n_folds)^2.

    `pair_splits` judges every pair once, to cross-fit a model; here partitions are random and
    can be repeated. The published "disjoint" subsets are `published_masks` (specification 3.3).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.random((12, 40)) < 0.3
    >>> names = tuple(f"r{i}" for i in range(12)), tuple(f"t{i}" for i in range(40))
    >>> pairs = Pairs(*names, labels, np.ones_like(labels), "n")
    >>> splits = list(disjoint_splits(pairs, "both", n_folds=2))
    >>> sum(s.test.mask.sum() + s.n_dropped for s in splits) >= labels.size
    np.True_
    """
    if axis not in get_args(Axis):
        raise InputError(f"axis is {axis!r}", where="axis", expected=" or ".join(get_args(Axis)))
    if repeats < 1:
        raise InputError(f"{repeats} partitions", where="repeats", expected="at least 1")
    for repeat in range(repeats):
        of_source, of_target = _folds(pairs, axis, n_folds, seed, f"splits/{axis}/{repeat}")
        for fold in range(n_folds):
            test, train = pairs.mask, pairs.mask
            if axis != "target":
                inside = (of_source == fold)[:, None]
                test, train = test & inside, train & ~inside
            if axis != "source":
                inside = (of_target == fold)[None, :]
                test, train = test & inside, train & ~inside
            require_disjoint(pairs, train, test, axis=axis)
            parts = {"training": pairs.within(train), "test": pairs.within(test)}
            for name, part in parts.items():
                positives, n = int(part.labels.sum()), int(part.mask.sum())
                if not 0 < positives < n:
                    raise InputError(
                        f"{positives} positives among {n} pairs",
                        where=f"{name} part of fold {fold}, split by {axis}",
                        expected="positives and negatives",
                        fix="take fewer folds, or a network with more pairs among the genes",
                    )
            dropped = int(pairs.mask.sum() - train.sum() - test.sum())
            yield DisjointSplit(parts["training"], parts["test"], axis, fold, repeat, dropped)


def require_disjoint(
    pairs: Pairs, train: ArrayLike, test: ArrayLike, *, axis: Axis = "both"
) -> None:
    """Refuse two sets of pairs that share a regulator, a target or a gene.

    Parameters
    ----------
    pairs
        The pairs.
    train, test
        Masks of pairs, shape (sources, targets).
    axis
        What must not be shared: regulators, targets, or genes in any role (``"both"``).

    Raises
    ------
    InputError
        If something is shared; it names the first five.

    Examples
    --------
    >>> mask = np.array([[True, False], [True, True]])
    >>> pairs = Pairs(("A", "B"), ("C", "A"), mask & False, mask, "n")
    >>> require_disjoint(pairs, [[1, 0], [0, 0]], [[0, 0], [0, 1]])
    Traceback (most recent call last):
    ...
    cellglass.errors.InputError: 1 gene is in training and in test: A
      where: split
      expected: no gene on both sides
      what to do: split with disjoint_splits(pairs, 'both')
    """
    sides = []
    for mask, name in ((train, "train"), (test, "test")):
        inside = as_labels(mask, pairs.mask.shape, name) & pairs.mask
        sources = {pairs.sources[i] for i in np.flatnonzero(inside.any(axis=1))}
        targets = {pairs.targets[i] for i in np.flatnonzero(inside.any(axis=0))}
        sides.append({"source": sources, "target": targets, "both": sources | targets}[axis])
    shared = sorted(sides[0] & sides[1])
    if shared:
        unit = _UNIT[axis]
        more = f" and {len(shared) - _NAMED} more" if len(shared) > _NAMED else ""
        raise InputError(
            f"{len(shared)} {unit}{'s are' if len(shared) > 1 else ' is'} in training and in "
            f"test: {', '.join(shared[:_NAMED])}{more}",
            where="split",
            expected=f"no {unit} on both sides",
            fix=f"split with disjoint_splits(pairs, {axis!r})",
        )


def published_masks(pairs: Pairs) -> dict[str, Bools]:
    """Subsets of pairs that the published screen called disjoint splits, to reproduce them.

    Parameters
    ----------
    pairs
        The pairs, genes in the order of the data set.

    Returns
    -------
    dict
        Masks of shape (sources, targets): ``"source_disjoint"``, sources up to the median
        source of all pairs; ``"target_disjoint"``, targets above the median target;
        ``"dual_axis_disjoint"``, both.

    Raises
    ------
    InputError
        If no pair is judged.

    Notes
    -----
    Specification 3.3. Each is one subset in which all is fitted and judged, and they overlap:
    `require_disjoint` refuses any of them with itself or with another.

    Examples
    --------
    >>> mask = np.ones((2, 4), bool)
    >>> pairs = Pairs(("A", "B"), tuple("CDEF"), mask & (np.arange(4) > 2), mask, "n")
    >>> {name: int(kept.sum()) for name, kept in published_masks(pairs).items()}
    {'source_disjoint': 4, 'target_disjoint': 4, 'dual_axis_disjoint': 2}
    """
    rows, columns = pairs.index
    if not rows.size:
        raise InputError("no pair is judged", where="published_masks")
    places = np.indices(pairs.mask.shape)
    source = pairs.mask & (places[0] <= np.median(rows))
    target = pairs.mask & (places[1] > np.median(columns))
    return {
        "source_disjoint": source,
        "target_disjoint": target,
        "dual_axis_disjoint": source & target,
    }


def held_out(
    splits: Iterator[DisjointSplit] | list[DisjointSplit],
    fit: Callable[[Pairs], Model],
    score: Callable[[Model, Pairs], float],
) -> NDArray[np.float64]:
    """Fit or select on the training part of each split and judge on its test part.

    Parameters
    ----------
    splits
        From `disjoint_splits`.
    fit
        Function of the training pairs. Labels of all other pairs are False and masked in what
        it is given.
    score
        Function of what `fit` returned and of the test pairs.

    Returns
    -------
    numpy.ndarray
        One value a split.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.random((12, 40)) < 0.3
    >>> names = tuple(f"r{i}" for i in range(12)), tuple(f"t{i}" for i in range(40))
    >>> pairs = Pairs(*names, labels, np.ones_like(labels), "n")
    >>> scores = {"truth": labels * 1.0, "noise": rng.random(labels.shape)}
    >>> held_out(disjoint_splits(pairs, "source", n_folds=3), *best_score(scores)).tolist()
    [1.0, 1.0, 1.0]
    """
    return np.array([float(score(fit(split.train), split.test)) for split in splits])


def best_score(
    scores: Mapping[str, ArrayLike],
) -> tuple[Callable[[Pairs], str], Callable[[str, Pairs], float]]:
    """Selection among scores as something to fit: best by AUROC on the training pairs.

    Parameters
    ----------
    scores
        Matrices (sources, targets), by name; larger says more likely a pair of the network.

    Returns
    -------
    fit, score : callable
        For `held_out`: the name of the best score, and its AUROC on other pairs.

    Raises
    ------
    InputError
        If there is no score.

    Examples
    --------
    >>> labels = np.array([[True, False, False]])
    >>> pairs = Pairs(("A",), ("B", "C", "D"), labels, np.ones((1, 3), bool), "n")
    >>> fit, score = best_score({"right": [[2, 1, 0]], "wrong": [[0, 1, 2]]})
    >>> fit(pairs), score("right", pairs)
    ('right', 1.0)
    """
    if not scores:
        raise InputError("no score to select from", where="best_score")

    def score(name: str, pairs: Pairs) -> float:
        matrix = np.asarray(scores[name], dtype=np.float64)
        return float(auroc(pair_values(matrix, pairs, f"score {name}"), pairs.positive))

    def fit(pairs: Pairs) -> str:
        return max(scores, key=lambda name: score(name, pairs))

    return fit, score


def _folds(pairs: Pairs, axis: Axis, n_folds: int, seed: int, task: str) -> tuple[Ints, Ints]:
    """Fold of each source and of each target."""
    rng = generator(seed, task)
    positives = pairs.labels.sum(1), pairs.labels.sum(0)
    if axis == "target":
        none = np.zeros(len(pairs.sources), dtype=np.int64)
        return none, _dealt(positives[1], n_folds, rng, "targets")
    of_source = _dealt(positives[0], n_folds, rng, "regulators")
    if axis == "source":
        return of_source, np.zeros(len(pairs.targets), dtype=np.int64)
    fold = dict(zip(pairs.sources, of_source.tolist(), strict=True))
    others = np.array([gene not in fold for gene in pairs.targets])
    of_target = np.array([fold.get(gene, 0) for gene in pairs.targets], dtype=np.int64)
    if others.any():
        found = _dealt(positives[1][others], n_folds, rng, "genes that are targets only")
        of_target[others] = found
    return of_source, of_target


def _dealt(weights: Ints, n_folds: int, rng: np.random.Generator, what: str) -> Ints:
    """Deal items out to folds, heaviest first, one to each fold in random order, and again.

    `group_folds` balances better, but has no choice where no two weights are equal: partitions
    would not differ between repeats.
    """
    if not 2 <= n_folds <= weights.size:
        raise InputError(
            f"{n_folds} folds of {weights.size} {what}",
            where="disjoint_splits",
            expected="at least 2 folds, and as many genes as folds",
            fix="take fewer folds",
        )
    order = np.lexsort((rng.random(weights.size), -weights))
    rounds = -(-weights.size // n_folds)
    dealt = rng.permuted(np.tile(np.arange(n_folds), (rounds, 1)), axis=1).ravel()
    fold = np.empty(weights.size, dtype=np.int64)
    fold[order] = dealt[: weights.size]
    return fold
