from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import (
    LinearUnits,
    NetworkSpace,
    Transform,
    attribute,
    attribution_sanity,
    linear_network,
    null_attribution,
)
from cellglass.concepts.attribution.nulls import noise_cutoffs
from cellglass.errors import InputError


def found_in(toy, **options):
    settings = toy.small(n_prototypes=25, n_counterfactuals=3, **options)
    return attribute(toy.space, toy.units, settings=settings)


@pytest.mark.parametrize("kind", ["active", "inactive"])
def test_pairs_of_one_group(linear, kind: str):
    real = found_in(linear, read_outs=("margin",))
    null = null_attribution(linear.space, linear.units, real, kind)
    gated = linear.units.activations(linear.space.embed()) > 0
    pairs = null.plan.pairs
    assert (gated[pairs.prototype, pairs.unit] == (kind == "active")).all()
    assert (gated[pairs.counterfactual, pairs.unit] == (kind == "active")).all()
    assert (pairs.prototype != pairs.counterfactual).all()
    assert null.unit_names == real.unit_names
    # nothing separates the cells of a pair, so that on the whole nothing falls
    assert np.abs(null.score).mean() < 0.4 * np.abs(real.score).mean()


def test_permuted_labels(linear):
    real = found_in(linear, read_outs=("margin",))
    null = null_attribution(linear.space, linear.units, real, "permuted labels")
    again = null_attribution(linear.space, linear.units, real, "permuted labels")
    assert np.array_equal(null.plan.pairs.prototype, again.plan.pairs.prototype)
    assert np.abs(null.score.sum(1)).mean() < 0.4 * np.abs(real.score.sum(1)).mean()
    cutoffs = noise_cutoffs(null, 0.5)
    assert cutoffs == pytest.approx(
        [np.median(s[t > 0]) for s, t in zip(null.score, null.n_tested, strict=True)]
    )


def test_nulls_need_pairs(linear):
    real = found_in(linear, perturbation="zero")
    with pytest.raises(InputError, match="chooses other pairs"):
        null_attribution(linear.space, linear.units, real, "active")


def test_another_model_agrees_on_nothing(linear):
    real = found_in(linear)
    itself = attribution_sanity(real, real).table
    assert itself["largest |spearman|"].to_numpy() == pytest.approx(np.ones(3))
    weights = np.random.default_rng(99).normal(size=(4, 16))
    space = NetworkSpace(linear.space.values, linear_network(weights))
    embedding = space.embed()
    rows = np.random.default_rng(5).normal(size=(8, 4))
    names = tuple(f"random {i}" for i in range(8))
    transform = Transform.fit(embedding)
    units = LinearUnits("random direction", names, rows, 0.0, transform).with_rate(embedding, 0.3)
    broken = attribute(space, units, settings=linear.small(n_prototypes=25, n_counterfactuals=3))
    found = attribution_sanity(real, broken)
    assert found.agreement < 0.45
    assert {"broken mass on its genes", "share of genes"} <= set(found.table.columns)


def test_genes_must_be_the_same(linear):
    real = found_in(linear)
    space = NetworkSpace(
        linear.space.values, linear.space.network, genes=[f"x{i}" for i in range(16)]
    )
    other = attribute(space, linear.units, settings=linear.small())
    with pytest.raises(InputError, match="not the same"):
        attribution_sanity(real, other)
