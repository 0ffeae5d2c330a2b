import math

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.reproduce import State, artefacts, find_paper, reproduce
from cellglass.reproduce.artefacts import RECIPES, of_recipes

from .conftest import number, table

TABLE = find_paper("geometry").by_id["artefacts"]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch):
    """Two small data sets of each recipe."""
    monkeypatch.setattr(artefacts, "DATA_SETS", 2)
    monkeypatch.setattr(artefacts, "GENES", 80)
    monkeypatch.setattr(artefacts, "WIDTH", 12)


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


@pytest.mark.long
@pytest.mark.parametrize("seed", [42, 7])
def test_the_artefacts_come_out_as_the_specification_simulated_them(seed: int):
    """A fit on unrelated clouds retrieves 3 genes of 10; held out it finds none."""
    found = {
        c.row.id: c for c in reproduce("geometry", tables=["artefacts"], seed=seed).comparisons
    }
    assert {c.state for c in found.values()} == {State.CHECK_AGREES}
    assert 0.27 < found["cca-retrieval"].ours.value < 0.34
    assert abs(found["cca-held-out"].ours.value) < 0.01
