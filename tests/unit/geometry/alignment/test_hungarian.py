from itertools import permutations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.alignment.hungarian import assign


@pytest.mark.parametrize("seed", range(5))
def test_against_all_assignments_of_5(seed):
    rng = np.random.default_rng(seed)
    costs = rng.normal(size=(5, 5))
    best = min(permutations(range(5)), key=lambda p: costs[np.arange(5), list(p)].sum())
    assert assign(costs, rng).tolist() == list(best)


def test_equal_costs_give_no_diagonal():
    found = [(assign(np.ones((50, 50)), np.random.default_rng(s)) == np.arange(50)).mean()
             for s in range(20)]  # fmt: skip
    assert np.mean(found) < 0.06  # one of fifty by chance; SciPy alone gives 1


def test_a_bad_matrix_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="square"):
        assign(np.ones((2, 3)), rng)
    with pytest.raises(InputError, match="not finite"):
        assign(np.array([[np.nan]]), rng)
