from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse, stats

from cellglass.concepts import (
    Dictionary,
    DictionaryUnits,
    Transform,
    attribute,
    attribute_shard,
    merge_shards,
    plan_attribution,
)


def constant(values: sparse.csr_matrix, gene: int) -> sparse.csr_matrix:
    """The same cells, with one gene at 3 in all of them."""
    dense = values.toarray()
    dense[:, gene] = 3.0
    return sparse.csr_matrix(dense)


def test_score_is_the_mean_over_prototypes(mlp):
    found = attribute(mlp.space, mlp.units, donors=mlp.donors, settings=mlp.small())
    for u, name in enumerate(found.unit_names):
        effects = found.of(name)
        for read_out in ("gated", "margin"):
            want = effects.values[read_out].mean(0)
            assert np.allclose(found.scores[read_out][u], want)
        assert np.array_equal(found.n_tested[u], effects.differed.sum(0))
    assert (found.low <= found.score + 1e-9).all()
    assert (found.high >= found.score - 1e-9).all()


def test_genes_that_are_not_read_score_zero_and_those_that_agree_exactly_so(linear):
    linear.space.values = constant(linear.space.values, 0)
    found = attribute(linear.space, linear.units, settings=linear.small())
    # the cell and its edits are embedded in batches of other sizes: equal up to rounding
    assert np.abs(found.score[:, -3:]).max() < 1e-6
    assert (found.n_tested[:, -3:] > 0).all()
    assert (found.score[:, 0] == 0).all()
    assert (found.n_tested[:, 0] == 0).all()
    assert not found.mask()[:, 0].any()


def test_donors_are_the_unit_where_there_are_six(linear):
    settings = linear.small(n_prototypes=14)
    seven = attribute(linear.space, linear.units, donors=linear.donors, settings=settings)
    two = attribute(linear.space, linear.units, donors=linear.labels, settings=settings)
    none = attribute(linear.space, linear.units, settings=settings)
    assert (seven.interval_unit, two.interval_unit, none.interval_unit) == (
        "donor", "prototype", "prototype",
    )  # fmt: skip


@pytest.mark.parametrize("screen", ["all", "gradient"])
def test_shards_and_batches_change_nothing(mlp, screen: str):
    settings = mlp.small(screen=screen, direction="both")
    plan = plan_attribution(mlp.space, mlp.units, settings)
    whole = attribute(mlp.space, mlp.units, settings=mlp.small(screen=screen, direction="both",
                                                               batch=5))  # fmt: skip
    parts = [attribute_shard(mlp.space, mlp.units, plan, c) for c in plan.shards(4)]
    found = merge_shards(mlp.space, mlp.units, plan, parts[::-1])
    assert np.allclose(found.score, whole.score, atol=2e-6)
    assert np.array_equal(found.n_run, whole.n_run)
    assert np.allclose(found.high, whole.high, atol=1e-5)


def test_screened_scores_follow_exhaustive_ones(mlp):
    settings = {"n_prototypes": 20, "read_outs": ("margin",)}
    truth = attribute(mlp.space, mlp.units, settings=mlp.small(**settings))
    found = attribute(mlp.space, mlp.units, settings=mlp.small(
        screen="gradient", top_share=0.1, random_share=0.1, **settings))  # fmt: skip
    assert found.checks.n_passes < 0.5 * truth.checks.n_passes
    for a, b in zip(found.score, truth.score, strict=True):
        assert stats.spearmanr(a, b).statistic > 0.9
    assert (truth.verified_share == 1).all()
    assert 0.1 < found.verified_share.mean() < 0.7
    assert found.verified.mean() < 1


def test_insertion_is_the_rise_in_the_counterfactual(linear):
    remove = attribute(linear.space, linear.units, settings=linear.small(read_outs=("pre",)))
    insert = attribute(linear.space, linear.units,
                       settings=linear.small(read_outs=("pre",), direction="insert"))  # fmt: skip
    # in a linear model both are the same difference
    assert np.allclose(remove.score, insert.score, atol=1e-5)


def test_gates_that_close_are_counted(linear):
    found = attribute(linear.space, linear.units, settings=linear.small())
    effects = found.effects
    closed = np.isclose(effects.values["gated"], 1.0)
    assert np.array_equal(closed, effects.switched)
    assert closed.any()
    assert found.gate_switched.max() <= 1
    assert found.gate_switched.sum() > 0


def test_top_k_concepts(linear):
    rng = np.random.default_rng(0)
    transform = Transform.fit(linear.space.embed())
    rows = rng.normal(size=(8, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    units = DictionaryUnits(
        Dictionary("topk", rows, np.zeros(8), rows, np.zeros(4), transform, k=2)
    )
    settings = linear.small(min_matched=5, inactive="gated", n_prototypes=10)
    found = attribute(linear.space, units, settings=settings)
    assert found.checks.full_swap_effect == pytest.approx(np.ones(len(found.unit_names)), abs=1e-5)
    pairs = found.plan.pairs
    assert (pairs.level >= 0).all()
    assert pairs.level.max() > 0.1  # a rival stands at the gate
    screened = attribute(linear.space, units, settings=linear.small(
        min_matched=5, inactive="gated", n_prototypes=10, screen="gradient",
        random_share=0.4))  # fmt: skip
    agreement = screened.calibration.agreement["gated"]
    assert np.nanmin(agreement) > 0.7
