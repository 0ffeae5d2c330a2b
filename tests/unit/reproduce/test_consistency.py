import math

import pytest

from cellglass.errors import InputError
from cellglass.reproduce import State, find_paper, reproduce
from cellglass.reproduce.consistency import FORMULAS, recompute

from .conftest import number, table


def computed(formula: str, of: list[str], **more: object):
    row = number(given={"formula": formula, "of": of, **more})
    return recompute(table(row), 1)["x"]


@pytest.mark.parametrize(
    ("formula", "of", "value"),
    [("sum", ["0.5", "0.2", "0.1"], 0.8), ("difference", ["0.9", "0.7"], 0.2),
     ("product", ["280", "1999"], 559720), ("ratio", ["0.9", "0.45"], 2.0),
     ("share", ["7", "18"], 700 / 18), ("square share", ["2", "3"], 400 / 9),
     ("lost", ["0.7", "0.55"], 75.0), ("overlap", ["26", "100", "25876"], 26 / (1e4 / 25876))],
)  # fmt: skip
def test_formulas_by_hand(formula: str, of: list[str], value: float):
    assert computed(formula, of).value == pytest.approx(value)
    assert math.isnan(computed(formula, of, exact=True).low)


def test_every_formula_is_used():
    used = {r.given["formula"] for r in find_paper("edges").by_id["consistency"].rows}
    assert used == set(FORMULAS)


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
