"""Communities permuted over genes."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.nulls.community_shuffle import CommunityShuffle

COMMUNITIES = np.repeat(["x", "y", "z"], [30, 15, 5])


def test_sizes_are_kept_and_members_are_not():
    null = CommunityShuffle(COMMUNITIES)
    drawn = null.draw(np.random.default_rng(0))
    assert np.bincount(drawn).tolist() == [30, 15, 5]
    assert null.communities.tolist() == ["x", "y", "z"]
    assert 0.3 < null.changed(drawn) < 0.8
    assert null.check().passed


def test_sizes_are_kept_in_every_bin_of_degree():
    bins = np.arange(50) % 4
    null = CommunityShuffle(COMMUNITIES, bins)
    drawn = null.draw(np.random.default_rng(0))
    for b in range(4):
        here = bins == b
        assert np.array_equal(
            np.bincount(drawn[here], minlength=3), np.bincount(null.observed[here], minlength=3)
        )


def test_two_genes_are_together_as_often_as_sizes_say():
    null = CommunityShuffle(COMMUNITIES)
    rng = np.random.default_rng(0)
    together = np.mean([(d := null.draw(rng))[0] == d[-1] for _ in range(4000)])
    expected = (30 * 29 + 15 * 14 + 5 * 4) / (50 * 49)
    assert together == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 4000))


def test_check_fails_where_bins_are_communities():
    check = CommunityShuffle(COMMUNITIES, np.repeat([0, 1, 2], [30, 15, 5])).check()
    assert not check.passed
    assert "0% of the genes" in check.messages[-1]


@pytest.mark.parametrize("communities", [[1, 1, 1], [1, 2, 3]])
def test_refuses_communities_that_no_permutation_changes(communities):
    with pytest.raises(InputError, match="at least two communities"):
        CommunityShuffle(communities)
