from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.stats.enrichment.backgrounds import background
from cellglass.stats.enrichment.incidence import incidence

GENES = [f"g{i}" for i in range(30)]
SETS = incidence({"a": GENES[:12], "b": GENES[8:20], "c": GENES[:3]}, GENES)


def test_lists_with_equal_masks_share_a_background():
    tested = np.ones((4, 30), dtype=bool)
    tested[1, :5] = False
    tested[3, :5] = False
    ground = background(SETS, 4, tested, smallest=3, largest=12)
    assert ground.of_list.tolist() == [0, 1, 0, 1]
    assert ground.universe.tolist() == [30, 25]
    naive = [[int((tested[r] & row).sum()) for row in SETS.matrix.toarray().astype(bool)]
             for r in (0, 1)]  # fmt: skip
    assert ground.set_sizes.tolist() == naive
    assert ground.fits.tolist() == [[True, True, True], [True, True, False]]
    assert ground.n_tests == 2 * 3 + 2 * 2


def test_one_background_where_all_is_tested():
    ground = background(SETS, 5, None, smallest=10, largest=500)
    assert (ground.masks, ground.n_tests) == (None, 10)


def test_bad_input():
    with pytest.raises(
        InputError, match=r"no set has 10 to 500 genes .* largest of 3 sets holds 7"
    ):
        background(SETS, 1, [[1] * 3 + [0] * 5 + [1] * 7 + [0] * 15], smallest=10, largest=500)
    with pytest.raises(InputError, match="shape"):
        background(SETS, 2, np.ones((1, 30)), smallest=1, largest=500)
    with pytest.raises(InputError, match="list 0 has no tested gene"):
        background(SETS, 1, np.zeros((1, 30)), smallest=1, largest=500)
    with pytest.raises(InputError, match="sizes 5 to 4"):
        background(SETS, 1, None, smallest=5, largest=4)
