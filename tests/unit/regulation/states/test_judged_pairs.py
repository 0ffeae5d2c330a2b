import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.networks.recovery import Pairs
from cellglass.regulation.states.judged_pairs import JudgedPairs
from cellglass.stats import auroc


def pairs(seed: int = 0) -> Pairs:
    rng = np.random.default_rng(seed)
    labels, mask = rng.random((6, 20)) < 0.2, rng.random((6, 20)) < 0.8
    labels[:, 0], labels[:, 1] = True, False  # both classes in every row
    mask[:, :2] = True
    names = tuple(f"G{i}" for i in range(20))
    return Pairs(names[:6], names, labels, mask, "net")


def test_aurocs_are_those_of_the_slow_way_with_ties():
    made = pairs()
    judged = JudgedPairs.of(made)
    scores = np.random.default_rng(1).integers(0, 5, (3, 6, 20)).astype(float)
    found = judged.aurocs(np.stack([judged.take(s) for s in scores]))
    assert found.shape == (3, 1)
    for row, matrix in zip(found, scores, strict=True):
        assert row[0] == auroc(matrix[made.mask], made.labels[made.mask])
    flat = np.stack([judged.take(s) for s in scores])
    assert judged.overall(flat).tolist() == found[:, 0].tolist()


def test_parts_are_judged_apart_and_together():
    made = pairs(2)
    part = np.array([0, 1, 0, 1, 1, 0])
    judged = JudgedPairs.of(made, part)
    matrix = np.random.default_rng(3).normal(size=(6, 20))
    values = judged.take(matrix)
    found = judged.aurocs(values)
    for p in (0, 1):
        rows = part == p
        expected = auroc(matrix[rows][made.mask[rows]], made.labels[rows][made.mask[rows]])
        assert found[p] == pytest.approx(expected, abs=1e-15)
    assert judged.overall(values) == auroc(matrix[made.mask], made.labels[made.mask])
    assert sorted(judged.index.tolist()) == np.flatnonzero(made.mask.ravel()).tolist()


def test_pairs_without_a_score_are_zero():
    judged = JudgedPairs.of(pairs())
    matrix = np.full((6, 20), np.nan)
    assert (judged.take(matrix) == 0).all()


def test_a_part_without_edges_is_refused():
    made = pairs()
    made.labels[0] = False
    with pytest.raises(InputError, match=r"0 edges and(.|\n)*part 1 of the regulators"):
        JudgedPairs.of(made, np.array([0, 1, 1, 1, 1, 1]))
