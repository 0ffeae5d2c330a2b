import numpy as np
import pytest

from cellglass.stats.audit.rows import rows_table
from cellglass.stats.audit.survival import sentences, steps

ENOUGH = list(np.linspace(0, 1, 100))


@pytest.fixture
def told(evidence):
    def look(seen, drawn, **options):
        held = evidence(seen, drawn, **options)
        found = steps(held, rows_table(held)[0])
        return {s.code: s.n for s in found}, sentences(held, found)

    return look


def test_counts_by_hand(tables, told):
    seen, drawn = tables({
        "a": (2.0, {"x": ENOUGH, "y": ENOUGH}),  # p 1/101 against both
        "b": (0.97, {"x": ENOUGH, "y": [0.0] * 100}),  # p 4/101 and 1/101
        "c": (0.93, {"x": ENOUGH, "y": [0.0] * 1000}),  # above the pool, not above x
        "d": (-1.0, {"x": ENOUGH, "y": ENOUGH}),
        "e": (float("nan"), {"x": ENOUGH}),
    })  # fmt: skip
    n, said = told(seen, drawn)
    assert n == {
        "tested": 4, "gap": 3, "strict": 2, "attainable": 4, "p_min": 3, "p_max": 2, "bh": 1,
        "benjamini_yekutieli": 0, "holm": 1, "all": 1,
    }  # fmt: skip
    assert said[0] == (
        "4 rows are tested against 2 null families each (100 to 1,000 draws a family). 1 of 4 "
        "survives."
    )
    assert "against every family, after correction for 4 tests." in said[1]
    assert said[2].startswith("3 lie above the 95 % quantile of all draws together, 2 above that")
    assert said[-1] == "1 row of the table cannot be tested."


def test_too_few_draws_are_said(tables, told):
    n, said = told(*tables({r: (1.0, {"x": [0.0] * 8}) for r in "ab"}))
    assert n["attainable"] == n["all"] == 0
    assert "gap" not in n  # of one family the gap is the margin
    assert said[0] == "2 rows are tested against one null family (8 draws a family). None survives."
    assert "For all of them p at or below 0.05 was out of reach" in said[-1]
    _, said = told(*tables({"a": (1.0, {"x": [0.0] * 8}), "b": (1.0, {"x": ENOUGH})}))
    assert "For 1 row p at or below 0.05" in said[-1]


def test_one_row(tables, told):
    _, said = told(*tables({"a": (2.0, {"x": ENOUGH, "y": ENOUGH})}))
    assert said[0].startswith("1 row is tested")
    assert said[0].endswith("1 of 1 survives.")
    assert said[1].endswith("against every family.")


def test_nothing_can_be_tested(tables, told):
    n, said = told(*tables({"a": (float("nan"), {"x": [0.0]}), "b": (1.0, {})}))
    assert n["tested"] == 0
    assert said == ("Nothing can be tested: none of the 2 rows has an observed value and a draw.",)
