import itertools
import json

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.stats import (
    Interval,
    NullCheck,
    State,
    Verdict,
    combine,
    decide,
    not_applicable,
    not_run,
    units_to_pass,
)

MARGIN = 0.01


def verdict(
    low, high, *, low90=None, high90=None, nulls=None, checks=None, n=84, margin=MARGIN, **options
):
    nulls = {"label": 0.001, "degree": 0.002} if nulls is None else nulls
    checks = dict.fromkeys(nulls, True) if checks is None else checks
    middle, half = (low + high) / 2, (high - low) / 2
    return decide(
        Interval(low, high, 0.95, "bootstrap", "regulator", n),
        Interval(
            middle - 0.84 * half if low90 is None else low90,
            middle + 0.84 * half if high90 is None else high90,
            0.90,
            "bootstrap",
            "regulator",
            n,
        ),
        margin,
        nulls,
        estimate=middle,
        claim="attention knows regulation",
        endpoint="recovering TRRUST pairs",
        subject="Attention of layer 2 head 1",
        checks=checks,
        finding_ids=["abc"],
        tags={"layer": "2"},
        **options,
    )


def test_pass_needs_margin_and_every_null():
    found = verdict(0.013, 0.049)
    assert found.state is State.PASS
    assert found.sentence == (
        "Attention of layer 2 head 1 adds 0.031 AUROC [0.013, 0.049] to single-gene statistics in "
        "recovering TRRUST pairs (n = 84 regulators), and beats the label null and the degree null."
    )
    assert found.finding_ids == ("abc",)
    assert found.would_change == ()


def test_lower_end_on_the_margin_is_not_above_it():
    assert verdict(MARGIN, 0.05).state is State.INCONCLUSIVE
    assert verdict(np.nextafter(MARGIN, 1), 0.05).state is State.PASS


def test_a_significant_gain_below_the_margin_does_not_pass():
    # Above 0 beyond doubt, but smaller than what matters.
    assert verdict(0.002, 0.006).state is State.FAIL
    assert verdict(0.002, 0.02).state is State.INCONCLUSIVE


def test_fail_is_shown_by_equivalence_only():
    found = verdict(-0.004, 0.006)
    assert found.state is State.FAIL
    assert "adds no more than 0.01 AUROC" in found.sentence
    assert "90 % interval" in found.sentence
    assert verdict(-0.03, 0.011, high90=MARGIN).state is State.INCONCLUSIVE
    # The 95 % interval may reach beyond the margin: equivalence is two tests at 5 %.
    assert verdict(-0.01, 0.0105, high90=0.0095).state is State.FAIL
    # Worse than the baseline is a FAIL as well.
    assert verdict(-0.10, -0.05).state is State.FAIL
    # Not significant alone is no FAIL.
    assert verdict(-0.05, 0.05).state is State.INCONCLUSIVE


FAILED = NullCheck("degree", False, 9, True, 0, 9, 0.0, True, ("All draws are equal.",))


@pytest.mark.parametrize(
    ("nulls", "checks", "said"),
    [
        ({"label": 0.001, "degree": 0.2}, None, "degree null is not beaten (adjusted p = 0.2)"),
        ({"label": 0.001, "degree": float("nan")}, None, "degree null was not run"),
        ({"degree": 0.001}, {}, "draws of the degree null were not checked"),
        ({"degree": 0.001}, {"degree": False}, "degree null failed its self-check"),
        ({"degree": 0.001}, {"degree": FAILED}, "All draws are equal"),
    ],
)
def test_a_gain_without_a_sound_null_is_inconclusive(nulls, checks, said):
    found = verdict(0.02, 0.05, nulls=nulls, checks=checks)
    assert found.state is State.INCONCLUSIVE
    assert said in found.sentence
    assert found.would_change


def test_p_on_the_level_is_beaten():
    assert verdict(0.02, 0.05, nulls={"degree": 0.05}).state is State.PASS
    assert verdict(0.02, 0.05, nulls={"degree": 0.0500001}).state is State.INCONCLUSIVE


def test_a_null_that_is_beaten_does_not_rescue_an_absent_gain():
    assert verdict(-0.004, 0.006, nulls={"degree": 1e-6}).state is State.FAIL


@pytest.mark.parametrize("span", [(0.013, 0.049), (-0.004, 0.006), (-0.10, -0.05)])
def test_few_units_decide_nothing(span):
    decided = verdict(*span, n=5)
    assert decided.state in (State.PASS, State.FAIL)
    found = verdict(*span, n=4)
    assert found.state is State.INCONCLUSIVE
    assert "n = 4 regulators, fewer than 5" in found.sentence
    assert "n = 4 regulators: nothing is decided on fewer than 5 regulators" in found.reasons
    asked = [int(w) for w in " ".join(found.would_change).split() if w.isdigit() and w != "0"]
    assert asked
    assert min(asked) >= 5
    assert verdict(*span, n=4, min_units=4).state is decided.state
    assert verdict(*span, n=9, min_units=10).state is State.INCONCLUSIVE


def test_two_units_fall_on_one_side_of_a_margin_by_chance():
    """Why there is a least number: with 2 units, no gain at all passes for one far too often."""
    from cellglass.stats import bootstrap_mean

    rng = np.random.default_rng(0)
    shown = {2: 0, 5: 0}
    for n in shown:
        for k in range(200):
            values = rng.normal(0.0, 0.02, n)
            drawn = bootstrap_mean(values, unit="regulator", draws=200, seed=k, task="t")
            found = [drawn.interval(level=level) for level in (0.95, 0.90)]
            shown[n] += found[0].low > 0 or found[1].high < 0
    assert shown[2] > 0.4 * 200
    assert shown[5] < 0.2 * 200
    with pytest.raises(InputError, match="min_units is 1"):
        verdict(0.02, 0.05, min_units=1)


def test_nothing_passes_without_a_null():
    with pytest.raises(InputError, match="no mandatory null"):
        verdict(0.02, 0.05, nulls={})


def test_inconclusive_says_how_much_would_decide():
    found = verdict(-0.01, 0.07)
    assert found.state is State.INCONCLUSIVE
    to_pass, to_fail = found.would_change
    assert f"about {units_to_pass(0.03, Interval(-0.01, 0.07, 0.95, '', 'r', 84), MARGIN)}" in (
        to_pass
    )
    assert "if the true increment is 0" in to_fail
    below = verdict(-0.03, 0.04)
    assert "no number of regulators would show it" in below.would_change[0]


def test_intervals_of_other_levels_or_units_are_refused():
    good95 = Interval(0.0, 0.1, 0.95, "", "regulator", 9)
    good90 = Interval(0.0, 0.1, 0.90, "", "regulator", 9)
    options = {
        "estimate": 0.05,
        "claim": "c",
        "endpoint": "e",
        "subject": "s",
        "checks": {"d": True},
    }
    for first, second in (
        (good90, good90),
        (good95, good95),
        (good95, Interval(0, 0.1, 0.9, "", "regulator", 8)),
    ):
        with pytest.raises(InputError):
            decide(first, second, 0.01, {"d": 0.01}, **options)
    with pytest.raises(InputError, match="margin"):
        decide(good95, good90, -0.01, {"d": 0.01}, **options)
    with pytest.raises(InputError, match="estimate"):
        decide(good95, good90, 0.01, {"d": 0.01}, **{**options, "estimate": float("nan")})


def part(state):
    return Verdict("c", str(state), state, "s.", would_change=("more",), finding_ids=("x",))


def test_a_whole_passes_only_if_every_part_does():
    for states in itertools.product(State, repeat=3):
        whole = combine([part(s) for s in states], claim="c", endpoint="all").state
        assert (whole is State.PASS) == (set(states) == {State.PASS})
        assert (whole is State.FAIL) == (State.FAIL in states)
        if State.FAIL not in states and State.INCONCLUSIVE in states:
            assert whole is State.INCONCLUSIVE
        if set(states) == {State.NOT_APPLICABLE}:
            assert whole is State.NOT_APPLICABLE
        if set(states) == {State.NOT_RUN, State.NOT_APPLICABLE}:
            assert whole is State.NOT_RUN


def test_combined_verdict_tells_its_parts():
    whole = combine([part(State.PASS), part(State.NOT_RUN)], claim="c", endpoint="both ends")
    assert whole.sentence == "Both ends: INCONCLUSIVE (1 PASS, 1 NOT RUN)."
    assert whole.would_change == ("more",)
    assert whole.finding_ids == ("x",)
    assert len(whole.reasons) == 2
    with pytest.raises(InputError, match="no verdict"):
        combine([], claim="c", endpoint="e")


def test_not_run_carries_the_command():
    found = not_run("c", "e", why="no network", command="cellglass data fetch trrust")
    assert found.state is State.NOT_RUN
    assert found.would_change == ("run: cellglass data fetch trrust",)
    with pytest.raises(InputError, match="no command"):
        not_run("c", "e", why="no network", command="")
    assert not_applicable("c", "e", why="no attention").state == "NOT APPLICABLE"


def test_records_round_trip_through_json():
    for found in (verdict(0.02, 0.05), not_run("c", "e", why="w", command="x")):
        assert Verdict.from_dict(json.loads(json.dumps(found.to_dict()))) == found
