"""Splits of pairs in which what is learnt on one part is judged on genes of the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from cellglass.errors import InputError
from cellglass.geometry.guards.disjoint import genes_apart
from cellglass.geometry.guards.guard import GuardResult
from cellglass.geometry.pairs import Pairs
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import Bools, Ints

SplitKind = Literal["source", "target", "both"]
KINDS = get_args(SplitKind)
NO_FOLD = -1


@dataclass(frozen=True, eq=False)
class PairSplit:
    """Pairs to fit on and pairs to judge on.

    Attributes
    ----------
    kind
        What the parts do not share: regulators (``"source"``), their genes (``"target"``), or
        any gene in whatever role (``"both"``).
    train, test
        Booleans over pairs in the order of `Pairs.index`. In a split by both, pairs with one
        held-out gene are in neither. `Pairs.within` makes pairs of either.
    fold, repeat
        Numbers of the split and of the partition of genes that it belongs to.
    """

    kind: SplitKind
    train: Bools
    test: Bools
    fold: int = 0
    repeat: int = 0

    @property
    def n_dropped(self) -> int:
        """Pairs in neither part."""
        return int((~(self.train | self.test)).sum())


def pair_splits(
    pairs: Pairs,
    kind: SplitKind,
    n_folds: int = 5,
    *,
    repeats: int = 1,
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
    repeats
        Random partitions of the genes into folds.
    seed, task
        Root seed, and name of the task; partition r uses the stream ``f"{task}/{r}/{kind}"``.

    Returns
    -------
    list of PairSplit
        Partition by partition. Every pair is tested in exactly one split of each. That no gene
        is shared has been asserted with `splits_are_disjoint`.

    Raises
    ------
    InputError
        If the kind is unknown, there are fewer genes than folds, or a split leaves no training
        pair of one class.

    Notes
    -----
    Specification 3.3. `cellglass.stats.two_way_blocks` holds out regulators among regulators
    and genes among genes; a gene that is both would then stand in training as one and in the
    test as the other. Here each gene has one fold, whatever its role, that of a regulator if it
    is one. Folds hold about as many positives each.

    Examples
    --------
    >>> labels = np.eye(6, 8, dtype=bool)
    >>> pairs = Pairs(tuple("abcdef"), tuple("stuvwxyz"), labels, np.ones((6, 8), bool), "n")
    >>> [int(s.test.sum()) for s in pair_splits(pairs, "source", 3)]
    [16, 16, 16]
    >>> [(s.repeat, s.fold) for s in pair_splits(pairs, "both", 2, repeats=2)][3:5]
    [(0, 3), (1, 0)]
    """
    if kind not in KINDS:
        raise InputError(f"split {kind!r}", where="pair splits", expected=", ".join(KINDS))
    if repeats < 1:
        raise InputError(f"{repeats} partitions", where="pair splits", expected="at least 1")
    splits = [
        PairSplit(kind, train, test, fold, repeat)
        for repeat in range(repeats)
        for fold, (train, test) in enumerate(
            _parts(pairs, kind, n_folds, generator(seed, f"{task}/{repeat}/{kind}"))
        )
    ]
    for split in splits:
        seen = pairs.positive[split.train]
        if seen.all() or not seen.any():
            raise InputError(
                f"a split by {kind} into {n_folds} folds leaves {int(seen.sum())} positives of "
                f"{seen.size} training pairs",
                where="pair splits",
                expected="both classes in training",
                fix="use more pairs, or another number of folds",
            )
    splits_are_disjoint(pairs, splits).require()
    return splits


def splits_are_disjoint(pairs: Pairs, splits: Iterable[PairSplit]) -> GuardResult:
    """Check that no held-out gene is in a training pair of any split.

    Parameters
    ----------
    pairs
        The pairs.
    splits
        Of these pairs; each is held to its own kind.

    Returns
    -------
    GuardResult
        G5, of the first split that fails, or of the last.

    Raises
    ------
    InputError
        If there is no split, or a split has an empty part.

    Examples
    --------
    >>> labels = np.eye(4, 5, dtype=bool)
    >>> pairs = Pairs(tuple("abcd"), tuple("vwxyz"), labels, np.ones((4, 5), bool), "n")
    >>> splits_are_disjoint(pairs, pair_splits(pairs, "source", 2)).state
    'passed'
    >>> splits_are_disjoint(pairs, published_splits(pairs).values()).detail
    'source a is in training and in test, and 1 more'
    """
    found = None
    for one in splits:
        train, test = (_genes(pairs, part, one.kind) for part in (one.train, one.test))
        sizes = int(one.train.sum()), int(one.test.sum())
        found = genes_apart(train, test, sizes, across=one.kind == "both")
        if found.failed:
            break
    if found is None:
        raise InputError("there is no split", where="splits", expected="at least one")
    return found


def published_splits(pairs: Pairs) -> dict[str, PairSplit]:
    """Subsets of pairs that the published screen called disjoint splits, to reproduce them.

    Parameters
    ----------
    pairs
        The pairs, genes in the order of the data set.

    Returns
    -------
    dict
        ``"source_disjoint"``, pairs up to the median source of all; ``"target_disjoint"``,
        those above the median target; ``"dual_axis_disjoint"``, both. Of each, the training
        part is the test part.

    Raises
    ------
    InputError
        If no pair is judged.

    Notes
    -----
    Specification 3.3. Each is one subset in which all is fitted and judged, and they overlap:
    `splits_are_disjoint` refuses every one of them.

    Examples
    --------
    >>> mask = np.ones((2, 4), bool)
    >>> pairs = Pairs(("A", "B"), tuple("CDEF"), mask & (np.arange(4) > 2), mask, "n")
    >>> {name: int(s.test.sum()) for name, s in published_splits(pairs).items()}
    {'source_disjoint': 4, 'target_disjoint': 4, 'dual_axis_disjoint': 2}
    """
    rows, columns = pairs.index
    if not rows.size:
        raise InputError("no pair is judged", where="published splits")
    low, high = rows <= np.median(rows), columns > np.median(columns)
    return {
        "source_disjoint": PairSplit("source", low, low),
        "target_disjoint": PairSplit("target", high, high),
        "dual_axis_disjoint": PairSplit("both", low & high, low & high),
    }


def _parts(
    pairs: Pairs, kind: SplitKind, n_folds: int, rng: np.random.Generator
) -> Iterator[tuple[Bools, Bools]]:
    """Training and test pairs of each split of one partition that tests any pair."""
    rows, columns = pairs.index
    per_source = pairs.labels.sum(1), pairs.mask.sum(1)
    per_target = pairs.labels.sum(0), pairs.mask.sum(0)
    if kind != "both":
        per_gene, at = (per_source, rows) if kind == "source" else (per_target, columns)
        fold = _dealt(*per_gene, n_folds, rng, f"{kind}s")[at]
        for f in np.unique(fold):
            yield fold != f, fold == f
        return
    of_source = _dealt(*per_source, n_folds, rng, "sources")
    fold_of = dict(zip(pairs.sources, of_source.tolist(), strict=True))
    of_target = np.array([fold_of.get(g, NO_FOLD) for g in pairs.targets], dtype=np.int64)
    alone = (of_target == NO_FOLD) & (per_target[1] > 0)
    if alone.any():
        of_target[alone] = _dealt(
            per_target[0][alone], per_target[1][alone], n_folds, rng, "genes that are targets only"
        )
    sources, targets, n_genes = _gene_numbers(pairs)
    for a in range(n_folds):
        for b in range(n_folds):
            test = (of_source[rows] == a) & (of_target[columns] == b)
            if test.any():
                held = np.zeros(n_genes, dtype=bool)
                held[sources[test]] = held[targets[test]] = True
                yield ~(held[sources] | held[targets]), test


def _gene_numbers(pairs: Pairs) -> tuple[Ints, Ints, int]:
    """Number of both genes of each pair, the same for a gene in either role, and how many."""
    number = {g: i for i, g in enumerate(dict.fromkeys((*pairs.sources, *pairs.targets)))}
    rows, columns = pairs.index
    of_source = np.array([number[g] for g in pairs.sources], dtype=np.int64)
    of_target = np.array([number[g] for g in pairs.targets], dtype=np.int64)
    return of_source[rows], of_target[columns], len(number)


def _genes(pairs: Pairs, part: Bools, kind: SplitKind) -> dict[str, tuple[str, ...]]:
    """Genes of some pairs in each role that the kind of split holds out."""
    chosen = pairs.within(part).mask
    found = {}
    if kind != "target":
        found["source"] = tuple(pairs.sources[i] for i in np.flatnonzero(chosen.any(axis=1)))
    if kind != "source":
        found["target"] = tuple(pairs.targets[j] for j in np.flatnonzero(chosen.any(axis=0)))
    return found


def _dealt(positives: Ints, n: Ints, n_folds: int, rng: np.random.Generator, what: str) -> Ints:
    """Deal genes with pairs out to folds, heaviest first, one to each in random order, and again.

    `cellglass.stats.group_folds` balances a little better, but leaves nothing to chance where no
    two genes have as many positives: repeats would all be one partition.
    """
    held = np.flatnonzero(n)
    if not 2 <= n_folds <= held.size:
        raise InputError(
            f"{n_folds} folds of {held.size} {what}",
            where="pair splits",
            expected="at least 2 folds, and as many genes as folds",
            fix="take fewer folds",
        )
    order = np.lexsort((rng.random(held.size), -n[held], -positives[held]))
    rounds = -(-held.size // n_folds)
    turns = rng.permuted(np.tile(np.arange(n_folds), (rounds, 1)), axis=1).ravel()
    fold = np.full(n.size, NO_FOLD, dtype=np.int64)
    fold[held[order]] = turns[: held.size]
    return fold
