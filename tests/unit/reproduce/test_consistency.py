import math

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.reproduce import State, find_paper, reproduce
from cellglass.reproduce.consistency import FORMULAS, recompute
from cellglass.stats import auroc

from .conftest import number, table


def computed(formula: str, of: list[str], **more: object):
    row = number(given={"formula": formula, "of": of, **more})
    return recompute(table(row), 1)["x"]


@pytest.mark.parametrize(
    ("formula", "of", "value"),
    [("sum", ["0.5", "0.2", "0.1"], 0.8), ("mean", ["0.5", "0.2", "0.2"], 0.3),
     ("difference", ["0.9", "0.7"], 0.2), ("product", ["280", "1999"], 559720),
     ("ratio", ["0.9", "0.45"], 2.0), ("share", ["7", "18"], 700 / 18),
     ("rest", ["7", "18"], 1100 / 18), ("square share", ["2", "3"], 400 / 9),
     ("off a flag", ["0.2", "1", "4", "0.6"], 0.2 - (0.25 + 0.75 * 0.6 - 0.6)),
     ("lost", ["0.7", "0.55"], 75.0), ("overlap", ["26", "100", "25876"], 26 / (1e4 / 25876))],
)  # fmt: skip
def test_formulas_by_hand(formula: str, of: list[str], value: float):
    assert computed(formula, of).value == pytest.approx(value)
    assert math.isnan(computed(formula, of, exact=True).low)


def test_every_formula_is_used():
    tables = [find_paper(name).by_id["consistency"] for name in ("edges", "geometry")]
    assert {r.given["formula"] for t in tables for r in t.rows} == set(FORMULAS)


def test_the_interval_is_what_rounding_allows():
    ours = computed("difference", ["0.762", "0.593"])
    assert (ours.low, ours.high) == pytest.approx((0.168, 0.170))
    lost = computed("lost", ["0.66", "0.54"])
    assert lost.low == pytest.approx(100 * (1 - 0.045 / 0.155))
    assert lost.high == pytest.approx(100 * (1 - 0.035 / 0.165))


def test_an_unknown_formula_gets_the_nearest_name():
    with pytest.raises(InputError, match="did you mean 'difference'"):
        computed("differences", ["1", "2"])


def test_the_paper_contradicts_itself_in_two_places():
    found = reproduce("edges", tables=["consistency"]).comparisons
    assert [c.row.id for c in found if c.state is State.DIFFERS] == [
        "lost-attention-rpe1-other", "ortholog-overlap",
    ]  # fmt: skip


def test_a_flag_on_some_positives_and_nothing_else_is_told_by_its_auroc():
    """Against the pairs themselves: flagged positives on top, the others by a score."""
    rng = np.random.default_rng(0)
    labels = np.arange(400) < 100
    flag = np.arange(400) < 30
    score = rng.normal(size=400) + labels
    left = auroc(score[~flag], labels[~flag])  # the flag knows nothing of the score
    lift = auroc(np.where(flag, 10.0, score), labels) - left
    ours = computed("off a flag", [repr(lift), "30", "100", repr(left)], exact=True)
    assert ours.value == pytest.approx(0, abs=1e-12)


def test_geometry_contradicts_itself_in_the_number_of_its_hypotheses():
    found = reproduce("geometry", tables=["consistency"]).comparisons
    assert [c.row.id for c in found if "DIFFERS" in c.state] == ["records"]
    (records,) = [c for c in found if c.row.id == "records"]
    assert (records.row.value, records.ours.value) == ("141", 140)
    assert "H117 does not exist" in records.reasons[0]


def test_what_a_flag_gives_is_nearer_to_the_published_lift_than_to_none():
    """The lift of H118 and H123 is that of the labels: geometry is left with next to nothing."""
    rows = {c.row.id: c for c in reproduce("geometry", tables=["consistency"]).comparisons}
    for name, lift in (("flag-118", 0.0989), ("flag-123", 0.0935)):
        assert rows[name].ours.value < 0.1 * lift
        assert rows[name].state is State.CHECK_AGREES
    kept, owed = rows["kept-without-communities"].ours, rows["owed-to-communities"].ours
    assert kept.value + owed.value == pytest.approx(100)
