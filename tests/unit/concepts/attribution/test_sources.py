from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import AttributionPlan, plan_attribution
from cellglass.concepts.attribution.sources import base_groups, distinct_values


def plan_of(toy, **options) -> AttributionPlan:
    return plan_attribution(toy.space, toy.units, toy.small(**options), labels=toy.labels,
                            donors=toy.donors)  # fmt: skip


def test_passes_are_counted_once_for_each_cell_gene_and_value(linear):
    plan, space = plan_of(linear), linear.space
    swaps, asked = set(), 0
    for p, q in zip(plan.pairs.base, plan.pairs.source, strict=True):
        for gene in space.differing(int(p), int(q)):
            swaps.add((p, gene, space.row(int(q))[gene]))
            asked += 1
    assert (plan.n_exhaustive, plan.n_uncached) == (len(swaps), asked)
    assert len(swaps) < asked


@pytest.mark.parametrize(
    ("perturbation", "rows"), [("zero", 1), ("dataset mean", 1), ("label mean", 1), ("shuffle", 2)]
)
def test_what_replaces(linear, perturbation: str, rows: int):
    plan, space = plan_of(linear, perturbation=perturbation), linear.space
    group = base_groups(plan.pairs)[0]
    pairs = plan.pairs.rows(group)
    values, at = plan.sources.rows(space, pairs)
    dense = space.values.toarray()
    same = np.array(linear.labels) == linear.labels[int(pairs.base[0])]
    assert (plan.pairs.counterfactual == -1).all()
    if perturbation == "shuffle":
        pool = dense[plan.sources.pools[pairs.unit[0]]]
        assert all(v in pool[:, g] for g, v in enumerate(values[at[0]]))
        assert len(values) == len(pairs)
        assert not np.array_equal(values[0], values[1])
    else:
        want = {
            "zero": 0 * dense[0],
            "dataset mean": dense.mean(0),
            "label mean": dense[same].mean(0),
        }
        assert np.allclose(values, want[perturbation][None])
    assert (plan.pairs.unit == 0).sum() == 6 * rows


def test_groups_hold_every_pair_once(linear):
    pairs = plan_of(linear, direction="both").pairs
    groups = base_groups(pairs)
    assert sorted(np.concatenate(groups)) == list(range(len(pairs)))
    assert all(np.unique(pairs.base[g]).size == 1 for g in groups)
    assert len(groups) == np.unique(pairs.base).size


def test_distinct_values_against_a_dictionary():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 3, size=(4, 6)).astype(float)
    wanted = rng.random((4, 6)) < 0.6
    genes, new, at = distinct_values(values, wanted)
    seen = {(g, values[s, g]) for s, g in zip(*np.nonzero(wanted), strict=True)}
    assert set(zip(genes, new, strict=True)) == seen
    assert genes.size == len(seen)
    for s, g in np.ndindex(4, 6):
        if wanted[s, g]:
            assert (genes[at[s, g]], new[at[s, g]]) == (g, values[s, g])
        else:
            assert at[s, g] == -1
