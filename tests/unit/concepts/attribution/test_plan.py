from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import LinearUnits, plan_attribution
from cellglass.concepts.attribution.counterfactuals import UNKNOWN
from cellglass.errors import InputError


def plan_of(toy, cells=None, which=None, **options):
    return plan_attribution(toy.space, toy.units, toy.small(**options), cells=cells, which=which,
                            labels=toy.labels, donors=toy.donors)  # fmt: skip


def test_pairs_join_active_with_inactive_cells(mlp):
    plan = plan_of(mlp)
    gated = mlp.units.activations(mlp.space.embed())
    pairs = plan.pairs
    assert (gated[pairs.prototype, pairs.unit] > 0).all()
    assert (gated[pairs.counterfactual, pairs.unit] == 0).all()
    assert np.allclose(pairs.scale, gated[pairs.prototype, pairs.unit])
    assert np.allclose(pairs.level, 0, atol=1e-6)  # thresholds are subtracted
    assert np.bincount(pairs.unit).tolist() == [12, 12, 12]


def test_directions(linear):
    remove, both = plan_of(linear).pairs, plan_of(linear, direction="both").pairs
    assert len(both) == 2 * len(remove)
    assert np.array_equal(both.base[both.insert], both.counterfactual[both.insert])
    assert np.array_equal(both.source[both.insert], both.prototype[both.insert])
    kept = both.rows(~both.insert)
    assert np.array_equal(kept.prototype, remove.prototype)
    assert np.array_equal(kept.counterfactual, remove.counterfactual)


def test_normalisations(linear):
    gated = linear.units.activations(linear.space.embed())
    raw, top = plan_of(linear, normalisation="raw"), plan_of(linear, normalisation="max")
    assert (raw.pairs.scale == 1).all()
    assert np.allclose(top.pairs.scale, gated.max(0)[top.pairs.unit])


def test_cells_and_units_are_chosen_from_those_given(linear):
    cells = np.arange(0, 90, 2)
    plan = plan_of(linear, cells=cells, which=[2, 0])
    assert np.isin(plan.pairs.prototype, cells).all()
    assert np.isin(plan.pairs.counterfactual, cells).all()
    assert plan.which.tolist() == [2, 0]


def test_shards_partition_the_edited_cells(linear):
    plan = plan_of(linear)
    shards = plan.shards(4)
    assert len(shards) == 4
    assert np.array_equal(np.concatenate(shards), np.unique(plan.pairs.base))


def test_screen_is_chosen_by_the_number_of_passes(linear):
    assert plan_of(linear, screen="auto").settings.screen == "all"
    assert plan_of(linear, screen="auto", exhaustive_below=10).settings.screen == "gradient"
    zero = plan_of(linear, screen="auto", exhaustive_below=10, perturbation="zero")
    assert zero.settings.screen == "all"


def test_units_that_cannot_be_attributed_are_named(linear):
    thresholds = [1e9, -1e9, float(linear.units.thresholds[2])]
    linear.units = LinearUnits("concept", linear.units.names, linear.units.directions, thresholds,
                               linear.units.transform)  # fmt: skip
    plan = plan_of(linear)
    assert plan.which.tolist() == [2]
    assert "active in none" in plan.skipped["unit 0"]
    assert "no inactive cell" in plan.skipped["unit 1"]
    with pytest.raises(InputError, match="none of 2 units can be attributed: unit 0 is active"):
        plan_of(linear, which=[0, 1])


def test_labels_and_cells_must_fit(linear):
    with pytest.raises(InputError, match="3 labels"):
        plan_attribution(linear.space, linear.units, linear.small(), labels=["a"] * 3)
    with pytest.raises(InputError, match="rows 0 to 89"):
        plan_of(linear, cells=[0, 90])


def test_an_empty_label_is_no_label(linear):
    labels = [label if i % 2 else "" for i, label in enumerate(linear.labels)]
    plan = plan_attribution(linear.space, linear.units, linear.small(min_matched=1),
                            labels=labels)  # fmt: skip
    codes = plan.sources.labels
    assert ((codes == UNKNOWN) == (np.array(labels) == "")).all()
    free = plan_attribution(linear.space, linear.units, linear.small(matching="none"))
    unknown = codes[plan.pairs.prototype] == UNKNOWN
    assert unknown.any()
    same = {(u, p): set() for u, p in zip(free.pairs.unit, free.pairs.prototype, strict=True)}
    for u, p, c in zip(
        free.pairs.unit, free.pairs.prototype, free.pairs.counterfactual, strict=True
    ):
        same[u, p].add(c)
    for u, p, c in zip(plan.pairs.unit[unknown], plan.pairs.prototype[unknown],
                       plan.pairs.counterfactual[unknown], strict=True):  # fmt: skip
        assert c in same[u, p]
