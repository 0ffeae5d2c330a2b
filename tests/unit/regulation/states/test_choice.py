import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.states.choice import held_out_choice


def test_the_best_of_one_half_is_scored_on_the_other():
    choosing = np.array([[0.5, 0.9, 0.6], [0.8, 0.7, 0.1]])
    scoring = np.array([[0.4, 0.6, 0.8], [0.5, 0.7, 0.3]])
    found = held_out_choice(choosing, scoring, ["a", "b", "c"])
    assert found.chosen == ("b", "a")
    assert found.held_out == pytest.approx((0.6 + 0.5) / 2)
    assert found.in_sample == pytest.approx((0.9 + 0.8) / 2)
    fixed = [0.45, 0.65, 0.55]
    assert found.random_mean == pytest.approx(np.mean(fixed))
    assert found.random_sd == pytest.approx(np.std(fixed, ddof=1))
    assert found.p == pytest.approx(2 / 3)  # b and, with a tie, c do as well


def test_p_is_exact_over_candidates_and_has_a_floor():
    scores = np.linspace(0.5, 0.9, 20)[None]
    assert held_out_choice(scores, scores, list(map(str, range(20)))).p == pytest.approx(1 / 20)
    # different choices that together beat every candidate: still one of them, not none
    both = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert held_out_choice(both, both, ["a", "b"]).p == 0.5


def test_choosing_from_noise_is_worth_nothing_held_out():
    """The published in-sample best would be far above; held out it is an average candidate."""
    rng = np.random.default_rng(0)
    gains, boasts, p = [], [], []
    for _ in range(200):
        a, b = rng.normal(0.5, 0.05, (2, 1, 40))
        found = held_out_choice(a, b, list(map(str, range(40))))
        gains.append(found.held_out - found.random_mean)
        boasts.append(found.in_sample - 0.5)
        p.append(found.p)
    assert np.mean(boasts) > 0.08
    assert abs(np.mean(gains)) < 0.015
    assert np.mean(np.array(p) <= 0.1) == pytest.approx(0.1, abs=0.05)


def test_what_does_not_fit_is_refused():
    ones = np.ones((1, 3))
    with pytest.raises(InputError, match="for 2 candidates"):
        held_out_choice(ones, ones, ["a", "b"])
    with pytest.raises(InputError, match="1 scores not finite"):
        held_out_choice(ones, np.array([[1.0, np.nan, 1.0]]), ["a", "b", "c"])
    with pytest.raises(InputError, match="1 candidates"):
        held_out_choice(ones[:, :1], ones[:, :1], ["a"])
