from __future__ import annotations

import numpy as np

from cellglass.models.scgpt.binning import bin_values
from cellglass.models.scgpt.gene_draws import GeneDraws, top


def test_draws_belong_to_seed_and_id_and_to_nothing_else() -> None:
    one, longer, other = GeneDraws.of(1, 50), GeneDraws.of(1, 80), GeneDraws.of(2, 50)
    for name in ("ties", "priority", "silent"):
        held = getattr(one, name)
        assert held.tolist() == getattr(longer, name)[:50].tolist()  # a longer vocabulary
        assert held.tolist() != getattr(other, name).tolist()
    assert one.ties.tolist() != one.priority.tolist() != one.silent.tolist()


def test_bins_use_the_ties_of_their_genes() -> None:
    draws, ids = GeneDraws.of(1, 50), np.array([3, 9, 40, 41])
    values = np.array([1.0, 1.0, 1.0, 5.0])
    expected = bin_values(values, 51, uniforms=draws.ties[ids])
    assert draws.bins(ids, values, 51).tolist() == expected.tolist()
    assert len(set(expected[:3].tolist())) > 1  # ties are spread
    middle = bin_values(values, 51, ties="middle")
    assert draws.bins(ids, values, 51, "middle").tolist() == middle.tolist()
    assert draws.bins(ids[:0], values[:0], 51).shape == (0,)


def test_the_kept_of_a_set_are_kept_of_its_subsets() -> None:
    draws, ids = GeneDraws.of(1, 50), np.arange(0, 50, 2)
    for choose, keys in ((draws.sampled, draws.priority), (draws.zeros, draws.silent)):
        kept = set(ids[choose(ids, 10)].tolist())
        assert kept == set(sorted(ids.tolist(), key=lambda g: keys[g])[:10])
        without = ids[ids != min(set(ids.tolist()) - kept)]
        assert set(without[choose(without, 10)].tolist()) == kept
        assert (np.diff(choose(ids, 10)) > 0).all()
    assert draws.sampled(ids, 99).tolist() == list(range(25))


def test_top_are_the_largest_bins_ties_in_order() -> None:
    assert top(np.array([2.0, 7.0, 5.0, 5.0, 9.0]), 3).tolist() == [1, 2, 4]
