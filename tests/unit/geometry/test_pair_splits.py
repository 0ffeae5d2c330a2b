from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.guards.disjoint import disjoint_genes
from cellglass.geometry.pair_splits import pair_splits
from cellglass.geometry.pairs import Pairs
from cellglass.seeds import generator


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    """Twelve regulators of 40 genes; eight of the regulators are genes as well."""
    genes = [f"g{i}" for i in range(40)]
    sources, targets = tuple(genes[:12]), tuple(genes[4:])
    mask = np.array(sources)[:, None] != np.array(targets)[None, :]
    labels = (generator(1, "splits").random(mask.shape) < 0.2) & mask
    return Pairs(sources, targets, labels, mask, "net")


@pytest.mark.parametrize("kind", ["source", "target", "both"])
def test_every_pair_is_tested_once_and_genes_are_apart(pairs: Pairs, kind):
    rows, columns = pairs.index
    names = {
        "source": np.array(pairs.sources)[rows],
        "target": np.array(pairs.targets)[columns],
    }
    held = names if kind == "both" else {kind: names[kind]}
    splits = pair_splits(pairs, kind, 3, seed=4)
    assert np.array_equal(sum(s.test.astype(int) for s in splits), np.ones(rows.size))
    for split in splits:
        assert not (split.train & split.test).any()
        found = disjoint_genes(split.train, split.test, held, across=kind == "both")
        assert found.state == "passed"
    if kind != "both":
        assert all((s.train | s.test).all() for s in splits)
        positives = [int(pairs.positive[s.test].sum()) for s in splits]
        assert max(positives) - min(positives) <= 8


def test_genes_of_one_role_cost_no_training_pairs():
    """Without genes that are both, a split by both is blocks of rows and columns."""
    labels = generator(2, "splits").random((8, 30)) < 0.3
    apart = Pairs(
        tuple(f"r{i}" for i in range(8)), tuple(f"t{i}" for i in range(30)), labels,
        np.ones((8, 30), bool), "net",
    )  # fmt: skip
    splits = pair_splits(apart, "both", 2)
    assert len(splits) == 4
    for split in splits:
        assert split.test.sum() == split.train.sum() == 60


def test_splits_are_seeded(pairs: Pairs):
    first, again, other = (
        np.stack([s.test for s in pair_splits(pairs, "both", 3, seed=s)]) for s in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_partitions_differ_though_no_two_genes_weigh_the_same():
    labels = np.arange(20)[None, :] < 2 * np.arange(1, 10)[:, None]
    steps = Pairs(
        tuple(f"r{i}" for i in range(9)), tuple(f"t{i}" for i in range(20)), labels,
        np.ones((9, 20), bool), "net",
    )  # fmt: skip
    rows, _ = steps.index
    partitions = set()
    for seed in range(8):
        splits = pair_splits(steps, "source", 3, seed=seed)
        partitions.add(frozenset(frozenset(rows[s.test].tolist()) for s in splits))
    assert len(partitions) > 4


def test_training_without_a_class_is_refused(pairs: Pairs):
    with pytest.raises(InputError, match="split 'gene'"):
        pair_splits(pairs, "gene")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="13 folds of 12 genes"):
        pair_splits(pairs, "source", 13)
    few = Pairs(
        ("A", "B"),
        ("C", "D"),
        np.array([[True, False], [False, False]]),
        np.ones((2, 2), bool),
        "n",
    )
    with pytest.raises(InputError, match="0 positives of 2 training pairs"):
        pair_splits(few, "source", 2)
