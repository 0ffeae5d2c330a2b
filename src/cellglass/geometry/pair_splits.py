"""Splits of pairs by regulator, by gene or by both, in which no held-out gene was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from cellglass.errors import InputError
from cellglass.geometry.pairs import Pairs
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import Bools, Ints

SplitKind = Literal["source", "target", "both"]
KINDS = get_args(SplitKind)


@dataclass(frozen=True, eq=False)
class PairSplit:
    """One split of the judged pairs.

    Attributes
    ----------
    kind
        ``"source"``, ``"target"`` or ``"both"``.
    train, test
        Booleans over pairs in the order of `Pairs.index`. In a split by both, pairs with one
        held-out gene are in neither.
    """

    kind: SplitKind
    train: Bools
    test: Bools


def pair_splits(
    pairs: Pairs,
    kind: SplitKind,
    n_folds: int = 5,
    *,
    seed: int = DEFAULT_SEED,
    task: str = "pair splits",
) -> list[PairSplit]:
    """Split pairs so that held-out genes are in no training pair.

    Parameters
    ----------
    pairs
        The pairs.
    kind
        ``"source"`` holds regulators out, ``"target"`` their genes, ``"both"`` either end: no
        gene of a test pair, as regulator or as gene, is in any training pair.
    n_folds
        Folds of genes; by both, n_folds squared splits, those without a test pair left out.
    seed, task
        Root seed, and name of the task.

    Returns
    -------
    list of PairSplit
        Every pair is tested in exactly one of them. Folds hold about as many positives each.

    Raises
    ------
    InputError
        If the kind is unknown, there are fewer genes than folds, or a split leaves no training
        pair of one class.

    Notes
    -----
    Specification 3.3. `cellglass.stats.two_way_blocks` holds out regulators among regulators
    and genes among genes; a gene that is both would then stand in training as one and in the
    test as the other. Here each gene has one fold, whatever its role.

    `cellglass.geometry.splits.disjoint_splits` gives parts of pairs to fit and judge anything
    on; here every pair is judged once, as cross-fitting needs it.

    Examples
    --------
    >>> labels = np.eye(6, 8, dtype=bool)
    >>> pairs = Pairs(tuple("abcdef"), tuple("stuvwxyz"), labels, np.ones((6, 8), bool), "n")
    >>> [int(s.test.sum()) for s in pair_splits(pairs, "source", 3)]
    [16, 16, 16]
    >>> len(pair_splits(pairs, "both", 2))
    4
    """
    if kind not in KINDS:
        raise InputError(f"split {kind!r}", where="pair splits", expected=", ".join(KINDS))
    rows, columns = pairs.index
    positive = pairs.positive
    if kind == "both":
        sources, targets = gene_numbers(pairs)
        of_source, of_target = _gene_folds(sources, targets, positive, n_folds, seed, task)
        tests = [
            (of_source == a) & (of_target == b) for a in range(n_folds) for b in range(n_folds)
        ]
        splits = [PairSplit(kind, _apart(sources, targets, t), t) for t in tests]
    else:
        held = rows if kind == "source" else columns
        folds = _dealt(held, positive, n_folds, generator(seed, f"{task}/{kind}"))[held]
        splits = [PairSplit(kind, folds != f, folds == f) for f in range(n_folds)]
    splits = [s for s in splits if s.test.any()]
    for split in splits:
        seen = positive[split.train]
        if seen.all() or not seen.any():
            raise InputError(
                f"a split by {kind} into {n_folds} folds leaves {int(seen.sum())} positives of "
                f"{seen.size} training pairs",
                where="pair splits",
                expected="both classes in training",
                fix="use more pairs, or another number of folds",
            )
    return splits


def gene_numbers(pairs: Pairs) -> tuple[Ints, Ints]:
    """Number of both genes of each pair, the same for a gene in either role.

    Parameters
    ----------
    pairs
        The pairs.

    Returns
    -------
    sources, targets : numpy.ndarray
        int64, in the order of `Pairs.index`.
    """
    number = {g: i for i, g in enumerate(dict.fromkeys((*pairs.sources, *pairs.targets)))}
    rows, columns = pairs.index
    of_source = np.array([number[g] for g in pairs.sources], dtype=np.int64)
    of_target = np.array([number[g] for g in pairs.targets], dtype=np.int64)
    return of_source[rows], of_target[columns]


def _apart(sources: Ints, targets: Ints, test: Bools) -> Bools:
    """Pairs of which neither end is a gene of a test pair."""
    held = np.union1d(sources[test], targets[test])
    return ~(np.isin(sources, held) | np.isin(targets, held))


def _gene_folds(
    sources: Ints, targets: Ints, positive: Bools, n_folds: int, seed: int, task: str
) -> tuple[Ints, Ints]:
    """Fold of both ends of each pair; a gene has one fold, balanced as a regulator if it is one."""
    rng = generator(seed, f"{task}/both")
    fold = _dealt(sources, positive, n_folds, rng)
    alone = ~np.isin(targets, sources)
    if alone.any():
        of_rest = _dealt(targets[alone], positive[alone], n_folds, rng)
        fold = np.concatenate([fold, np.full(max(0, of_rest.size - fold.size), -1)])
        fold[targets[alone]] = of_rest[targets[alone]]
    return fold[sources], fold[targets]


def _dealt(held: Ints, positive: Bools, n_folds: int, rng: np.random.Generator) -> Ints:
    """Fold of each gene number: heaviest first, one gene to each fold in random order, and again.

    `cellglass.stats.group_folds` balances a little better, but leaves nothing to chance where no
    two genes have as many positives: repeats would all be one partition.
    """
    genes, codes = np.unique(held, return_inverse=True)
    if not 2 <= n_folds <= genes.size:
        raise InputError(
            f"{n_folds} folds of {genes.size} genes", where="pair splits",
            expected="at least 2 folds, and as many genes as folds",
        )  # fmt: skip
    weight = np.bincount(codes, weights=positive)
    order = np.lexsort((rng.random(genes.size), -np.bincount(codes), -weight))
    rounds = -(-genes.size // n_folds)
    turns = rng.permuted(np.tile(np.arange(n_folds), (rounds, 1)), axis=1).ravel()
    fold = np.full(int(genes.max()) + 1, -1, dtype=np.int64)
    fold[genes[order]] = turns[: genes.size]
    return fold
