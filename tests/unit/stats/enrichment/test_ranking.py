from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.stats.enrichment.ranking import name_hash, ranked, share_of_ties


def test_order_of_ties_depends_on_names_and_seed_only():
    names = [f"g{i}" for i in range(200)]
    scores = np.zeros(200)
    order = [names[i] for i in ranked(scores, name_hash(names))]
    shuffled = names[::-1]
    assert order == [shuffled[i] for i in ranked(scores, name_hash(shuffled))]
    assert order != [names[i] for i in ranked(scores, name_hash(names, seed=1))]
    assert order != names


def test_highest_first():
    order = ranked(np.array([1.0, 3.0, 2.0]), name_hash(["a", "b", "c"]))
    assert order.tolist() == [1, 2, 0]


def test_share_of_ties():
    assert share_of_ties([1, 2, 3]) == 0
    assert share_of_ties([1, 1, 2, 2, 3]) == 0.8
    with pytest.raises(InputError, match="1 of 2 scores are not finite"):
        share_of_ties([1.0, np.nan])
