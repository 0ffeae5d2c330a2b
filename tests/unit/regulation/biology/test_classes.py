from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from cellglass.errors import InputError
from cellglass.regulation.biology.classes import (
    MASTER_REGULATORS,
    adjusted_difference,
    association,
    class_difference,
    class_tests,
    difference_interval,
)
from cellglass.stats import bh

MEMBERS = np.arange(8) < 4


def test_p_is_that_of_all_ways_to_choose_the_class() -> None:
    values = np.array([0.9, 0.8, 0.7, 0.75, 0.5, 0.55, 0.65, 0.6])
    found = class_difference(values, MEMBERS, draws=5000, seed=1, task="t")
    gaps = []
    for chosen in itertools.combinations(range(8), 4):
        inside = np.isin(np.arange(8), chosen)
        gaps.append(values[inside].mean() - values[~inside].mean())
    exact = np.mean(np.array(gaps) >= found.observed - 1e-12)
    assert found.observed == pytest.approx(values[:4].mean() - values[4:].mean())
    assert found.p == pytest.approx(2 * exact, abs=0.01)


def test_under_the_null_p_is_level() -> None:
    rng = np.random.default_rng(0)
    p = [
        class_difference(rng.random(20), np.arange(20) < 6, draws=199, seed=i, task="t").p
        for i in range(200)
    ]
    assert np.mean(np.array(p) <= 0.05) < 0.1


def test_association_is_a_rank_correlation() -> None:
    rng = np.random.default_rng(1)
    x = rng.random(15)
    y = x + 0.3 * rng.random(15)
    found = association(x, y, draws=999, seed=1, task="t")
    assert found.observed == pytest.approx(spearmanr(x, y)[0])
    assert found.p == pytest.approx(0.002)


def test_eleven_tests_and_bh_over_all_of_them() -> None:
    rng = np.random.default_rng(2)
    covariates = {f"c{i}": rng.random(8) for i in range(4)} | {"flat": np.ones(8)}
    table = class_tests(rng.random(8), MEMBERS, covariates, draws=199, seed=1, task="t")
    assert len(table) == 11
    assert list(table["test"].value_counts()[["class and covariate", "covariate and AUROC"]]) == [
        5, 5,
    ]  # fmt: skip
    np.testing.assert_allclose(table["q"], bh(table["p"].to_numpy()))
    flat = table[table["of"] == "flat"]
    assert flat["p"].isna().all()
    assert (flat["draws"] == 0).all()


def test_a_covariate_behind_the_class_takes_its_difference_away() -> None:
    """Defect caught: well-expressed regulators are recovered better, whatever their class."""
    rng = np.random.default_rng(3)
    mean = rng.normal(size=80)
    members = mean + 0.3 * rng.normal(size=80) > 0
    aurocs = 0.6 + 0.1 * mean + 0.01 * rng.normal(size=80)
    plain, fixed = adjusted_difference(aurocs, members, {"mean": mean})
    assert plain > 0.1
    assert abs(fixed) < 0.02
    real = aurocs + 0.2 * members
    assert adjusted_difference(real, members, {"mean": mean})[1] == pytest.approx(0.2, abs=0.02)


def test_covariates_that_say_everything_leave_no_answer() -> None:
    members = np.arange(10) < 5
    assert np.isnan(adjusted_difference(np.arange(10.0), members, {"class": members * 1.0})[1])
    assert np.isnan(
        adjusted_difference(np.arange(3.0), np.arange(3) < 1, {"a": np.arange(3.0) ** 2})[1]
    )


def test_the_interval_resamples_regulators_within_classes() -> None:
    rng = np.random.default_rng(4)
    aurocs = rng.normal(0.6, 0.1, 60)
    members = np.arange(60) < 20
    found = difference_interval(aurocs, members, draws=2000, seed=1, task="t")
    sd = np.sqrt(aurocs[:20].var() / 20 + aurocs[20:].var() / 40)
    assert found.draws[0].std() == pytest.approx(sd, rel=0.1)
    assert found.n == 20
    assert found.unit == "regulator"


def test_an_empty_class_is_refused() -> None:
    with pytest.raises(InputError, match="0 of 8"):
        class_difference(np.arange(8.0), np.zeros(8, bool), draws=9, seed=1, task="t")


def test_the_published_class_has_nine_members() -> None:
    assert len(set(MASTER_REGULATORS)) == 9
    assert {"GATA1", "LEF1", "NKX2-5"} <= set(MASTER_REGULATORS)
