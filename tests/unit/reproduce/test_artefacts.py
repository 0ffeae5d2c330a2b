import math

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.reproduce import State, artefacts, find_paper, reproduce
from cellglass.reproduce.artefacts import RECIPES, _mean, of_recipes

from .conftest import number, table

TABLE = find_paper("geometry").by_id["artefacts"]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch):
    """Two small data sets of each recipe."""
    small = {"DATA_SETS": 2, "CLOUDS": 2, "GENES": 80, "WIDTH": 12, "POINTS": 60, "DIMENSIONS": 12,
             "COMPONENTS": 6}  # fmt: skip
    for name, value in small.items():
        monkeypatch.setattr(artefacts, name, value)


def test_every_row_finds_its_number_and_every_recipe_is_used(few: None):
    found = of_recipes(TABLE, 7)
    assert set(found) == {r.id for r in TABLE.rows}
    assert all(ours.found and ours.n == 2 for ours in found.values())
    assert {r.given["recipe"] for r in TABLE.rows} == set(RECIPES)


def test_the_seed_decides(few: None):
    assert of_recipes(TABLE, 7) == of_recipes(TABLE, 7)
    assert of_recipes(TABLE, 7)["cca-retrieval"] != of_recipes(TABLE, 8)["cca-retrieval"]


def test_the_mean_has_students_interval(few: None):
    values = artefacts.unrelated_models(7)["top1"].to_numpy()
    ours = of_recipes(TABLE, 7)["cca-retrieval"]
    reach = 12.7062 * values.std(ddof=1) / math.sqrt(2)  # of one degree of freedom
    assert ours.value == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx((ours.value - reach, ours.value + reach))


def test_a_share_has_the_interval_of_clopper_and_pearson(few: None):
    """Of two clouds that are all significant: the lower end is (alpha / 2)^(1 / 2)."""
    ours = _mean(np.array([True, True]))
    assert (ours.value, ours.high, ours.n) == (1.0, 1.0, 2)
    assert ours.low == pytest.approx(math.sqrt(0.025))
    assert _mean(np.array([False, True])).value == 0.5


@pytest.mark.parametrize(
    ("given", "said"),
    [({"recipe": "ccas", "measure": "top1"}, "did you mean 'cca'"),
     ({"recipe": "cca", "measure": "top2"}, "did you mean 'top1'")],
)  # fmt: skip
def test_unknown_names_get_the_nearest(few: None, given: dict, said: str):
    with pytest.raises(InputError, match=said):
        of_recipes(table(number(given=given)), 1)


def test_a_flag_lifts_a_score_with_communities_at_random():
    found = artefacts.flag_of_positives(3)
    assert found["lift"].mean() > 0.05
    assert (found["off_the_flag"] < 0.05).all()
    assert np.isfinite(found.to_numpy()).all()


def test_rows_of_zeros_feign_loops_and_are_repaired(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(artefacts, "CLOUDS", 3)
    monkeypatch.setattr(artefacts, "POINTS", 120)
    whole = artefacts.rows_of_zeros(42, zeros=0.0)
    half = artefacts.rows_of_zeros(42, zeros=0.5)
    assert (half["z"] > whole["z"]).all()
    assert half["z"].mean() > 3
    assert half["repaired_z"].abs().max() < 3
    assert whole["repaired_z"].isna().all()
    assert half["participation_ratio"].max() < 2 < whole["participation_ratio"].min()
    assert whole["significant"].dtype == bool


@pytest.mark.long
def test_the_artefacts_come_out_as_the_specification_simulated_them():
    """A fit on unrelated clouds retrieves 3 genes of 10; held out it finds none."""
    found = {c.row.id: c for c in reproduce("geometry", tables=["artefacts"]).comparisons}
    assert {c.state for c in found.values()} == {State.CHECK_AGREES}
    assert found["loops-30"].ours.low > 3 > abs(found["loops-30-repaired"].ours.value)
    assert found["loops-50"].ours.value > found["loops-30"].ours.value
    assert 0.28 < found["cca-retrieval"].ours.value < 0.33
    assert 0.52 < found["cca-correlation"].ours.value < 0.55
    assert abs(found["cca-held-out"].ours.value) < 0.01
