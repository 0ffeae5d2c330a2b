import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.null_strata import null_strata, share_moved

STRATA = np.array([0] * 30 + [1] * 10 + [2] * 20 + [-1] * 5)


def test_permuted_strata_keep_sizes_and_cells_without_one():
    drawn = null_strata(STRATA, "permuted", 50, seed=1, task="x")
    assert drawn.shape == (50, 65)
    assert (drawn[:, 60:] == -1).all()
    assert all(np.bincount(d[:60]).tolist() == [30, 10, 20] for d in drawn)
    assert len({d.tobytes() for d in drawn}) == 50
    assert share_moved(STRATA, drawn) == pytest.approx(
        1 - (30**2 + 10**2 + 20**2) / 60**2, abs=0.05
    )


def test_permuting_within_parts_keeps_the_sizes_of_each():
    part = np.arange(65) % 2
    drawn = null_strata(STRATA, "permuted", 20, seed=1, task="x", within=part)
    for p in (0, 1):
        own = (part == p) & (STRATA >= 0)
        assert all(np.array_equal(np.sort(d[own]), np.sort(STRATA[own])) for d in drawn)


def test_uniform_strata_have_equal_odds_whatever_the_sizes_were():
    drawn = null_strata(STRATA, "uniform", 200, seed=2, task="x")
    np.testing.assert_allclose(np.bincount(drawn[:, :60].ravel()) / (200 * 60), [1 / 3] * 3,
                               atol=0.02)  # fmt: skip
    more = null_strata(STRATA, "uniform", 5, seed=2, task="x", n_strata=8)
    assert more.max() == 7


def test_a_draw_depends_on_its_number_only():
    few = null_strata(STRATA, "permuted", 3, seed=1, task="x")
    assert np.array_equal(few, null_strata(STRATA, "permuted", 9, seed=1, task="x")[:3])
    assert not np.array_equal(few, null_strata(STRATA, "permuted", 3, seed=2, task="x"))


def test_unknown_nulls_are_refused():
    with pytest.raises(InputError, match=r"no null 'permute'(.|\n)*'permuted'"):
        null_strata(STRATA, "permute", 3, seed=1, task="x")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="0 draws"):
        null_strata(STRATA, "permuted", 0, seed=1, task="x")
