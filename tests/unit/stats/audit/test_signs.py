import numpy as np
import pandas as pd
import pytest

from cellglass.stats.audit.signs import signs


@pytest.fixture
def named(evidence):
    """``named(seen, drawn, ...)``: the findings by code."""

    def look(seen, drawn, by=("row",), value="effect", **options):
        return {m.code: m for m in signs(evidence(seen, drawn, by, value, **options))}

    return look


def around(centre, n=12, seed=0, sd=0.01):
    return list(np.random.default_rng(seed).normal(centre, sd, n))


def test_nothing_to_see(screen, keys, named):
    assert named(*screen(), keys, "delta_auroc") == {}


@pytest.mark.parametrize(("direction", "sign"), [("greater", 1), ("less", -1)])
def test_a_null_that_keeps_the_effect(tables, named, direction, sign):
    """As where communities are shuffled and 96.5 % of the lift stays."""
    seen, drawn = tables({
        r: (sign * 0.1, {"community": [sign * 0.096, sign * 0.097], "labels": [0.0, 0.001]})
        for r in "ab"
    })  # fmt: skip
    told = named(seen, drawn, direction=direction)["null_keeps_the_effect"]
    assert "Under 'community' 96.5 % of the mean effect is kept (0.0965 of 0.1)" in told.sentence
    assert "explains 3.5 %" in told.sentence
    assert told.n_rows == 2
    assert "null_keeps_the_effect" not in named(seen, drawn, direction="two-sided")
    other = "less" if direction == "greater" else "greater"
    assert "null_keeps_the_effect" not in named(seen, drawn, direction=other)


def test_a_null_above_the_effect(tables, named):
    told = named(*tables({"a": (0.1, {"x": [0.2, 0.21]})}))["null_keeps_the_effect"]
    assert "all of the mean effect is kept (0.205 of 0.1)" in told.sentence


def test_a_null_that_is_another_statistic(tables, named):
    """A similarity beside a difference."""
    seen, drawn = tables({
        r: (0.01 * i, {"x": around(0.9, seed=i), "y": around(0.0, seed=9 + i)})
        for i, r in enumerate("abc")
    })  # fmt: skip
    told = named(seen, drawn)
    assert told["not_comparable"].n_rows == 3
    assert "draws of 'x'" in told["not_comparable"].sentence
    assert told["not_comparable"].severity == "check"
    assert "'x'" in told["family_on_another_scale"].sentence
    assert "In all 3 rows" in told["not_comparable"].sentence
    few = drawn[drawn["perm_idx"] < 4]
    assert not {"not_comparable", "family_on_another_scale"} & set(named(seen, few))


def test_one_hypothesis_of_several_whose_null_is_another_statistic(screen, keys, named):
    seen, drawn = screen(hypotheses=("H1", "H2", "H3"), effect=0.0)
    assert "not_comparable" not in named(seen, drawn, keys, "delta_auroc")
    other = (drawn["hypothesis_id"] == "H2") & (drawn["null_kind"] == "endpoint_swap")
    drawn.loc[other, "null_value"] += 0.9
    told = named(seen, drawn, keys, "delta_auroc")["not_comparable"]
    assert told.n_rows == 18
    assert "'endpoint_swap'" in told.sentence
    assert told.rows.startswith("H2 · immune")


def test_one_of_three_families_lies_apart(tables, named):
    families = {"x": around(0.0), "y": around(0.01, seed=1), "z": around(5.0, seed=2)}
    found = named(*tables({"a": (0.02, families), "b": (0.02, families)}))
    assert "'z'" in found["family_on_another_scale"].sentence


@pytest.mark.parametrize(
    ("direction", "observed", "draw", "side"),
    [("greater", -0.1, -0.5, "below"), ("less", 0.1, 0.5, "above")],
)
def test_beyond_the_null_with_the_wrong_sign(tables, named, direction, observed, draw, side):
    told = named(*tables({"a": (observed, {"x": [draw, draw * 1.1]})}), direction=direction)
    assert f"is itself {side} 0" in told["above_the_null_but_wrong_sign"].sentence
    assert "above_the_null_but_wrong_sign" not in named(
        *tables({"a": (observed, {"x": [draw]})}), direction="two-sided"
    )


def test_absolute_values_take_for_granted_that_the_null_is_around_0(tables, named):
    both = tables({"a": (0.5, {"x": around(0.3), "y": around(0.0)})})
    told = named(*both, direction="two-sided")["null_not_around_zero"]
    assert "that of 'x' does not" in told.sentence
    assert "null_not_around_zero" not in named(*both)


def test_a_null_that_changes_nothing(tables, named):
    seen, drawn = tables({"a": (1.0, {"x": [0.5, 0.5], "y": [0.0, 0.1]}), "b": (1.0, {"x": [0.2]})})
    told = named(seen, drawn)["null_constant"]
    assert (told.n_rows, told.rows) == (1, "row a")
    assert "'x'" in told.sentence


def test_the_observed_value_among_the_draws(tables, named):
    seen, drawn = tables({
        "a": (0.3, {"x": [0.1, 0.2, 0.3]}), "b": (0.3, {"x": [0.1, 0.2]}),
        "c": (0.3, {"x": [0.3, 0.3]}),  # constant, which is another finding
    })  # fmt: skip
    told = named(seen, drawn)["observed_among_draws"]
    assert (told.n_rows, told.rows) == (1, "row a")


def test_draws_that_are_used_twice(tables, named):
    mine, other = around(0.0), around(0.0, seed=1)
    seen, drawn = tables({
        "a": (1.0, {"x": mine, "y": around(0.0, seed=2)}),
        "b": (1.0, {"x": mine[::-1], "y": around(0.0, seed=3)}),
        "c": (1.0, {"x": other, "y": other}),
        "d": (1.0, {"x": around(0.0, seed=4), "y": around(0.0, seed=5)}),
    })  # fmt: skip
    told = named(seen, drawn)
    assert told["draws_reused_between_rows"].rows == "row a; row b"
    assert told["draws_reused_between_families"].rows == "row c"
    assert "In 2 of 4 rows" in told["draws_reused_between_rows"].sentence


def test_constant_or_few_draws_are_not_called_reused(tables, named):
    same = {"x": [0.0] * 9, "y": [0.1, 0.2]}
    assert not {c for c in named(*tables({"a": (1.0, same), "b": (1.0, same)})) if "reused" in c}


def test_numbers_of_permutations_that_repeat(tables, named):
    seen, drawn = tables({"a": (1.0, {"x": [0.0, 0.1]}), "b": (1.0, {"x": [0.0, 0.1]})})
    again = pd.concat([drawn, drawn[drawn["row"] == "b"].assign(null_value=0.3)])
    told = named(seen, again)["permutation_number_repeats"]
    assert told.rows == "row b"
    assert "'perm_idx'" in told.sentence


def test_draws_of_several_tests_thrown_together(screen, keys, named):
    seen, drawn = screen(hypotheses=("H1", "H2"))
    one = seen[seen["hypothesis_id"] == "H1"]
    told = named(one, drawn, keys[1:], "delta_auroc")["draws_thrown_together"]
    assert "'hypothesis_id' (up to 2 values within one)" in told.sentence
    assert f"--by {','.join([*keys[1:], 'hypothesis_id'])}" in told.sentence
    unseen = one.drop(columns="hypothesis_id")
    told = named(unseen, drawn, keys[1:], "delta_auroc")["draws_thrown_together"]
    assert "--null-kind hypothesis_id" in told.sentence


def test_draws_that_are_lost(tables, named):
    nan, inf = float("nan"), float("inf")
    seen, drawn = tables({
        "a": (1.0, {"x": [0.0, nan, nan]}), "b": (1.0, {"x": [0.0, 0.5, inf]}),
        "c": (1.0, {"x": [0.0, 0.5, 0.6]}),
    })  # fmt: skip
    told = named(seen, drawn)
    assert (
        "In 1 of 3 rows draws are empty or no numbers (2 in all)" in told["draws_missing"].sentence
    )
    assert told["draws_infinite"].rows == "row b"
    assert "'x'" in told["unequal_draws"].sentence
