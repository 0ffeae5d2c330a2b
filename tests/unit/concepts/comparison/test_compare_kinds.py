"""Concepts against the best other kind: valid whatever the other kinds are, with power."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from cellglass.concepts.comparison.compare_kinds import compare_kinds
from cellglass.errors import InputError
from cellglass.stats import bootstrap_mean

N_SEEDS, LEVEL = 200, 0.1
QUICK = {"measure": "m", "draws": 99, "bootstrap": 20}


def compared(sizes: dict[str, int], means: dict[str, float], seed: int, **options):
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(means.get(k, 0.0), 1, n) for k, n in sizes.items()])
    kinds = np.repeat(list(sizes), list(sizes.values()))
    return compare_kinds(values, kinds, seed=seed, **{**QUICK, **options})


def rejected(sizes: dict[str, int], means: dict[str, float] | None = None) -> float:
    return float(np.mean([compared(sizes, means or {}, s).p <= LEVEL for s in range(N_SEEDS)]))


# 200 tests at 0.1: the share of false ones lies within 0.1 +- 0.064 with a chance of 99.7 %
NEAR = 3 * np.sqrt(LEVEL * (1 - LEVEL) / N_SEEDS)


@pytest.mark.parametrize("sizes", [{"concept": 30, "neuron": 30}, {"concept": 12, "neuron": 60},
                                   {"concept": 60, "neuron": 6}])  # fmt: skip
def test_false_positives_are_about_as_many_as_the_level_says(sizes):
    assert abs(rejected(sizes) - LEVEL) < NEAR


def test_kinds_that_are_all_alike_give_no_more_false_positives():
    assert rejected({"concept": 20, "neuron": 20, "PCA": 20, "ICA": 20}) < LEVEL


def test_weak_kinds_do_not_lend_concepts_a_lead_over_one_that_is_as_good():
    sizes = {"concept": 30, "neuron": 30, "ICA": 30, "random direction": 30}
    found = rejected(sizes, {"ICA": -3.0, "random direction": -3.0})
    assert abs(found - LEVEL) < NEAR


def test_planted_lead_is_found():
    sizes = {"concept": 30, "neuron": 30, "PCA": 30, "random direction": 30}
    means = {"concept": 1.0, "neuron": 0.1, "random direction": -1.0}
    p = [compared(sizes, means, s).p for s in range(50)]
    assert np.mean(np.array(p) <= 0.05) > 0.8


def test_interval_covers_the_difference():
    sizes = {"concept": 15, "neuron": 40}
    held = [compared(sizes, {"concept": 0.5}, s, draws=1, bootstrap=400) for s in range(N_SEEDS)]
    inside = np.mean([f.interval95.low <= 0.5 <= f.interval95.high for f in held])
    narrow = np.mean([f.interval90.low <= 0.5 <= f.interval90.high for f in held])
    assert 0.90 < inside <= 1.0
    assert 0.84 < narrow < inside


def test_p_is_that_of_all_exchanges_of_units():
    concept, neuron = [0.9, 0.8, 0.95, 0.3, 0.85], [0.2, 0.4, 0.82, 0.1, 0.5]
    both = np.array(concept + neuron)
    means = [both[list(rows)].mean() for rows in combinations(range(10), 5)]
    exact = np.mean(np.array(means) >= np.mean(concept) - 1e-12)
    found = compare_kinds(
        both, ["concept"] * 5 + ["neuron"] * 5, measure="m", draws=4000, bootstrap=10
    )
    assert found.p == pytest.approx(exact, abs=0.012)
    assert found.null_mean == pytest.approx(both.mean(), abs=0.01)
    assert found.null_sd == pytest.approx(np.std(means), rel=0.05)


def test_held_against_the_best_other_kind():
    sizes = {"concept": 20, "neuron": 20, "PCA": 20}
    found = compared(sizes, {"concept": 5.0, "PCA": 5.0}, 3, bootstrap=200)
    table = found.table.set_index("kind")
    assert found.best_other == "PCA"
    assert found.difference == pytest.approx(
        table.loc["concept", "estimate"] - table.loc["PCA", "estimate"]
    )
    assert table.loc["neuron", "p"] <= 0.01
    assert found.p == table.loc["PCA", "p"] > 0.05
    assert np.isnan(table.loc["concept", "p"])
    assert table["n"].tolist() == [20, 20, 20]


def test_unequal_sizes_weigh_each_unit_once():
    values = np.r_[np.ones(5), np.zeros(45)]
    found = compare_kinds(values, ["concept"] * 5 + ["neuron"] * 45, **QUICK)
    assert found.table["null"].tolist() == [0.1, 0.1]
    assert found.difference == 1.0
    assert found.interval95.n == 5
    assert found.interval95.unit == "concept"


def test_units_without_a_value_are_left_out_and_counted():
    values = np.r_[np.full(3, np.nan), np.arange(6.0), np.arange(7.0), np.arange(4.0)]
    kinds = ["concept"] * 9 + ["neuron"] * 7 + ["PCA"] * 4
    found = compare_kinds(values, kinds, **QUICK)
    assert found.table.set_index("kind")["n"].to_dict() == {"concept": 6, "neuron": 7}
    assert found.left_out == {"PCA": 4}
    without = compare_kinds(values[3:], kinds[3:], **QUICK)
    assert without.p == found.p
    assert without.interval95 == found.interval95


def test_same_seed_same_numbers_and_order_of_kinds_does_not_matter():
    rng = np.random.default_rng(0)
    values = rng.normal(size=60)
    kinds = np.repeat(["concept", "neuron", "PCA"], 20)
    found = compare_kinds(values, kinds, **QUICK)
    turned = compare_kinds(np.roll(values, 20), np.roll(kinds, 20), **QUICK)
    assert turned.p == found.p
    assert turned.interval95 == found.interval95
    other = compare_kinds(values, kinds, seed=1, **QUICK)
    assert other.interval95 != found.interval95


def test_interval_of_a_kind_is_the_bootstrap_of_its_mean():
    values = np.random.default_rng(1).normal(size=30)
    found = compare_kinds(values, ["concept"] * 10 + ["neuron"] * 20, **QUICK)
    alone = bootstrap_mean(
        values[:10], unit="concept", draws=20, seed=42, task="compare/m/concept"
    ).interval()
    row = found.table.iloc[0]
    assert (row["low"], row["high"]) == (alone.low, alone.high)


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        (["neuron"] * 10, "10 of kind neuron"),
        (["concept"] * 10, "10 of kind concept"),
        (["concept"] * 4 + ["neuron"] * 6, "4 of kind concept, 6 of kind neuron"),
    ],
)
def test_too_few_units_are_named(kinds, told):
    with pytest.raises(InputError, match=told):
        compare_kinds(np.arange(10.0), kinds, measure="m")
    with pytest.raises(InputError, match="0 of kind concept"):
        compare_kinds([np.nan], ["concept"], measure="m")
