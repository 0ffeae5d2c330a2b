from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.data import GeneSets
from cellglass.regulation.biology.co_membership import co_members, set_sizes

GENES = [f"G{i}" for i in range(60)]


def test_pairs_are_those_of_a_loop_over_sets() -> None:
    rng = np.random.default_rng(0)
    sets = GeneSets({f"s{i}": tuple(rng.choice(GENES, n, replace=False))
                     for i, n in enumerate((2, 4, 5, 9, 15, 16, 40))})  # fmt: skip
    chosen = GENES[5:30]
    found, n = co_members(sets, chosen, GENES)
    assert n == 3  # of 5 to 15 genes
    for i, a in enumerate(chosen):
        for j, b in enumerate(chosen):
            together = any(a in s and b in s for s in sets.sets.values() if 5 <= len(s) <= 15)
            assert found[i, j] == (together and a != b)
    np.testing.assert_array_equal(found, found.T)


def test_sizes_count_genes_of_the_universe_only() -> None:
    sets = GeneSets({"s": ("G0", "G1", "G2", "X", "Y", "Z")})
    found, n = co_members(sets, GENES, GENES)
    assert n == 0  # six genes, three of them here
    assert not found.any()


def test_a_set_of_nearly_all_genes_would_make_everything_a_member() -> None:
    assert set_sizes(60) == (5, 15)
    assert set_sizes(1941) == (5, 485)  # the published 500, of 1,941 genes
    assert set_sizes(10_000) == (5, 500)
    assert set_sizes(8) == (5, 5)
    _, n = co_members(GeneSets({"all": tuple(GENES)}), GENES, GENES)
    assert n == 0


def test_real_sets_give_few_enough_pairs(shared_data: Any) -> None:
    sets = GeneSets.read(shared_data("gene_sets/msigdb_h.all.v7.0.symbols.gmt"))
    genes = sets.genes[:2000]
    found, n = co_members(sets, genes, genes)
    assert n > 40
    assert 0.005 < found.mean() < 0.1
    assert pytest.approx(found.sum() % 2) == 0
