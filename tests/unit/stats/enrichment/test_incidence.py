from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.stats.enrichment.incidence import Incidence, incidence

GENES = ["A", "B", "C", "D"]


def test_members_are_cut_counted_once_and_sorted():
    held = incidence({"x": ["C", "A", "A", "Q"], "y": []}, GENES)
    assert held.matrix.toarray().tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]]
    assert held.members(0).tolist() == [0, 2]
    assert (held.sizes.tolist(), held.outside, len(held)) == ([2, 0], 1, 2)
    assert held.take(np.array([1, 0])).names == ("y", "x")


def test_mask_and_names_give_the_same():
    mask = np.array([[True, False, True, False]])
    assert (Incidence.of_mask(mask, ["x"], GENES).matrix != incidence(
        {"x": ["A", "C"]}, GENES).matrix).nnz == 0  # fmt: skip


def test_sets_that_do_not_meet_the_universe_show_both_sides():
    with pytest.raises(InputError, match="none of 1 gene sets") as error:
        incidence({"x": ["ENSG00000000003"]}, GENES)
    assert "A, B, C (universe); found ENSG00000000003" in error.value.expected
    assert "identifiers" in error.value.fix


@pytest.mark.parametrize(
    ("groups", "universe", "said"),
    [
        ({}, GENES, "there are no gene sets"),
        ({"x": []}, GENES, "all 1 gene sets are empty"),
        ({"x": "ABC"}, GENES, "is the text 'ABC'"),
        ({"x": ["A"]}, [], "universe is empty"),
        ({"x": ["A"]}, ["A", "B", "A"], "1 genes occur twice, such as A"),
    ],
)
def test_bad_input(groups: dict, universe: list[str], said: str):
    with pytest.raises(InputError, match=said):
        incidence(groups, universe)
