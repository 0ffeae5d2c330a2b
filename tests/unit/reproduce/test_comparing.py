import math

import numpy as np
import pytest

from cellglass.reproduce.comparing import State, agreement, comparisons_table, gap, judge
from cellglass.reproduce.published import Paper
from cellglass.reproduce.selecting import Ours

from .conftest import number, table


@pytest.mark.parametrize(
    ("row", "ours", "how"),
    [
        ({"value": "0.50"}, Ours(0.5049), "to the digits printed"),
        ({"value": "0.50"}, Ours(0.506), ""),
        ({"value": "0.842", "relation": "about"}, Ours(0.8429), "to the digits printed"),
        ({"value": "0.50"}, Ours(0.56, 0.50, 0.62), "within our interval"),
        ({"value": "0.50"}, Ours(0.56, 0.51, 0.62), ""),
        ({"value": "0.50", "low": "0.45", "high": "0.57", "spread": "interval"},
         Ours(0.56, 0.55, 0.62), "within the published interval"),
        ({"value": "0.50", "sd": "0.2", "n": 16}, Ours(0.59), "within the published interval"),
        ({"value": "0.50", "sd": "0.2", "n": 16}, Ours(0.61), ""),
        ({"value": "0.11", "relation": "<="}, Ours(0.05), "keeps the bound"),
        ({"value": "0.11", "relation": "<="}, Ours(0.12), ""),
        ({"value": "0.95", "relation": ">="}, Ours(0.99), "keeps the bound"),
        ({"value": "", "low": "0.31", "high": "0.42", "spread": "range"}, Ours(0.35),
         "within the range printed"),
        ({"value": "", "low": "0.31", "high": "0.42", "spread": "range"}, Ours(0.43), ""),
        ({"value": "", "low": "0.31", "high": "0.42", "spread": "range"}, Ours(0.45, 0.40, 0.5),
         "within our interval"),
        ({"value": "0.50"}, Ours(), ""),
    ],
)  # fmt: skip
def test_by_what_two_numbers_agree(row: dict, ours: Ours, how: str):
    assert agreement(number(**row), ours) == how


def test_independent_draws_have_two_sampling_errors():
    row = {"value": "0.486", "sd": "0.100", "n": 10}
    ours = Ours(0.575, 0.53, 0.62, 20)
    assert agreement(number(**row), ours) == ""
    assert agreement(number(**row, independent=True), ours) == ""  # 0.089 against 0.077
    near = Ours(0.555, 0.51, 0.60, 20)
    assert agreement(number(**row, independent=True), near) == "within sampling error"
    assert agreement(number(**row), near) == ""


def test_one_in_twenty_independent_draws_differs():
    rng = np.random.default_rng(1)
    differs = 0
    for _ in range(1000):
        theirs, ours = rng.normal(0.5, 0.1, 40), rng.normal(0.5, 0.1, 80)
        row = number(value=f"{theirs.mean():.4f}", sd=f"{theirs.std(ddof=1):.4f}", n=40,
                     independent=True)  # fmt: skip
        half = 1.99 * ours.std(ddof=1) / math.sqrt(80)
        found = Ours(ours.mean(), ours.mean() - half, ours.mean() + half, 80)
        differs += not agreement(row, found)
    # Our interval or theirs may hold the other number while the difference is large: fewer.
    assert 0.01 < differs / 1000 < 0.06


def test_difference_from_the_nearer_end_of_a_range():
    row = number(value="", low="0.31", high="0.42", spread="range")
    assert gap(row, Ours(0.50)) == pytest.approx(0.08)
    assert gap(row, Ours(0.30)) == pytest.approx(-0.01)
    assert gap(row, Ours(0.35)) == 0


def test_other_inputs_are_never_a_reproduction():
    row = number(value="0.50")
    found = judge(table(row), row, Ours(0.5), ["THP-1, not K562"])
    assert found.state is State.OTHER_INPUTS
    assert found.agreement == "to the digits printed"
    assert found.reasons == ("THP-1, not K562",)
    assert judge(table(row), row, Ours(0.5), []).state is State.REPRODUCED
    assert judge(table(row), row, Ours(0.6), []).state is State.DIFFERS


def test_reasons_come_from_facts_and_from_the_record():
    row = number(value="0.50", n=280, n_unit="perturbation", defect="leaks labels",
                 differs="ours is a mean")  # fmt: skip
    found = judge(table(row), row, Ours(0.6, n=3, told="layer 2 stands in"), ["another model"])
    assert found.reasons == (
        "another model", "layer 2 stands in", "3 perturbations, not 280", "ours is a mean",
        "known defect of theirs: leaks labels",
    )  # fmt: skip


def test_a_difference_without_a_reason_says_so():
    row = number(value="0.50")
    assert "no reason is known" in judge(table(row), row, Ours(0.6), []).reasons[0]


@pytest.mark.parametrize(("value", "state"), [(0.503, "CHECK AGREES"), (0.6, "CHECK DIFFERS")])
def test_an_own_check_is_no_number_of_the_paper(paper: Paper, value: float, state: str):
    row = number(value="0.50", grade="own check")
    found = judge(table(row), row, Ours(value), [])
    assert str(found.state) == state
    line = comparisons_table(paper, [found, judge(table(number()), number(), Ours(0.5), [])])
    assert line["compared_with"].tolist() == ["own check", "the paper"]
    assert line["state"].tolist() == [state, "REPRODUCED"]
    assert judge(table(row), row, Ours(value), ["other"]).state is State.OTHER_INPUTS


def test_a_borrowed_standard_deviation_is_told():
    row = number(value="1.85", n=10, independent=True)
    ours = Ours(1.59, 1.44, 1.75, 20)
    found = judge(table(row), row, ours, [])
    assert found.agreement == "within sampling error"
    assert "theirs has no standard deviation of its own" in found.reasons[0]
    printed = number(value="1.85", sd="0.4", n=10, independent=True)
    told = judge(table(printed), printed, ours, [])
    assert told.state is State.REPRODUCED
    assert not any("standard deviation" in r for r in told.reasons)


def test_a_wide_interval_is_told():
    row = number(value="0.50")
    found = judge(table(row), row, Ours(0.55, 0.1, 0.9), [])
    assert found.state is State.REPRODUCED
    assert "wide" in found.reasons[0]


def test_no_number_of_ours_tells_why():
    row = number()
    found = judge(table(row), row, Ours(told="two regulators"), ["another model"])
    assert found.state is State.NOT_APPLICABLE
    assert found.reasons == ("two regulators",)
    assert math.isnan(found.difference)


def test_table_of_comparisons(paper: Paper):
    row = paper.tables[0].rows[0]
    found = judge(paper.tables[0], row, Ours(0.6, 0.5, 0.7, 9), ["another model"])
    line = comparisons_table(paper, [found]).iloc[0]
    assert line["state"] == "OTHER INPUTS"
    assert line["difference"] == pytest.approx(0.1)
    assert line["model"] == "Big model"
    assert line["references"] == "TRRUST"
    assert line["theirs_printed"] == "0.50"
