import numpy as np
import pytest

from cellglass.geometry.degrees import leave_one_out_degrees, reference_degrees
from cellglass.geometry.pairs import Pairs


@pytest.fixture(scope="module")
def pairs():
    rng = np.random.default_rng(0)
    mask = rng.random((12, 30)) < 0.9
    labels = mask & (rng.random(mask.shape) < 0.3)
    return Pairs(tuple(f"s{i}" for i in range(12)), tuple(f"t{i}" for i in range(30)), labels,
                 mask, "planted")  # fmt: skip


def test_degrees_count_pairs_of_the_network(pairs):
    source, target = reference_degrees(pairs)
    assert source.tolist() == [float(row.sum()) for row in pairs.labels]
    assert target.tolist() == [float(column.sum()) for column in pairs.labels.T]


def test_leave_one_out_degrees_leave_the_label_out(pairs):
    source, target = leave_one_out_degrees(pairs)
    for r, c in np.ndindex(pairs.mask.shape):
        others = pairs.labels.copy()
        others[r, c] = False
        assert source[r, c] == others[r].sum()
        assert target[r, c] == others[:, c].sum()


def test_pairs_that_do_not_count_are_left_out(pairs):
    train = np.random.default_rng(1).random(pairs.positive.size) < 0.5
    source, _ = leave_one_out_degrees(pairs.within(train))
    counted = np.zeros_like(pairs.mask)
    counted[pairs.mask] = train
    assert source[3, 4] == (pairs.labels & counted)[3].sum() - (pairs.labels & counted)[3, 4]
