from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
import torch

from cellglass.concepts import attribute
from cellglass.concepts.attribution.estimators import Base, one_gene, permutation_shapley
from cellglass.errors import InputError
from cellglass.models.swap_space import Edit


def exact_shapley(toy, cell: int, genes: np.ndarray, values: np.ndarray, unit: int) -> np.ndarray:
    """Shapley values by enumeration of all coalitions of replaced genes."""
    n = genes.size
    subsets = [s for size in range(n + 1) for s in combinations(range(n), size)]
    edits = [Edit(cell, genes[list(s)], values[list(s)]) for s in subsets]
    gated = toy.units.read(toy.space.embed_edits(edits), [unit]).gated[:, 0].astype(float)
    worth = dict(zip(subsets, -gated, strict=True))
    out = np.zeros(n)
    for s in subsets:
        for i in set(range(n)) - set(s):
            weight = math.factorial(len(s)) * math.factorial(n - len(s) - 1) / math.factorial(n)
            out[i] += weight * (worth[tuple(sorted((*s, i)))] - worth[s])
    return out


def base_of(toy, unit: int = 0) -> tuple[Base, np.ndarray, np.ndarray]:
    gated = toy.units.activations(toy.space.embed())[:, unit]
    cell, other = int(gated.argmax()), int(gated.argmin())
    base = Base.of(toy.space, toy.units, cell, np.array([unit]))
    values = toy.space.row(other)[None]
    differs = values != toy.space.row(cell)
    differs[0, np.flatnonzero(differs[0])[7:]] = False  # few enough to enumerate
    return base, values, differs


def test_shapley_against_enumeration(mlp):
    base, values, differs = base_of(mlp)
    genes = np.flatnonzero(differs[0])
    assert genes.size == 7
    want = exact_shapley(mlp, base.cell, genes, values[0, genes], 0)
    settings = mlp.small(n_orders=400, read_outs=("gated",))
    found = permutation_shapley(mlp.space, mlp.units, base, values, differs, settings)
    got = found.fall["gated"][found.at[0, genes], 0]
    assert got == pytest.approx(want, abs=0.05 * np.abs(want).max())
    assert got.sum() == pytest.approx(want.sum(), abs=1e-5)
    assert found.n_passes == 400 * 7


@pytest.mark.parametrize("name", ["mlp", "tokens"])
def test_shapley_is_complete_in_every_pair(name: str, request):
    toy = request.getfixturevalue(name)
    settings = toy.small(estimator="shapley", n_orders=3, n_prototypes=3)
    found = attribute(toy.space, toy.units, settings=settings)
    for read_out, values in found.effects.values.items():
        total = np.bincount(found.effects.pair_of_entry(), values)
        assert total == pytest.approx(found.effects.full[read_out], abs=1e-4)


def test_integrated_gradients_against_captum(mlp):
    captum = pytest.importorskip("captum.attr")
    settings = mlp.small(estimator="integrated gradients", read_outs=("pre",), steps=50,
                         normalisation="raw", n_prototypes=2)  # fmt: skip
    found = attribute(mlp.space, mlp.units, settings=settings)
    effects, pairs = found.effects, found.plan.pairs
    for i in range(0, len(pairs), 3):
        unit = int(found.plan.which[pairs.unit[i]])
        oracle = captum.IntegratedGradients(
            lambda x, u=unit: mlp.units.pre(mlp.space.network(x), [u])[:, 0]
        )
        here, there = (torch.from_numpy(np.log1p(mlp.space.row(int(c))))[None]
                       for c in (pairs.base[i], pairs.source[i]))  # fmt: skip
        want = oracle.attribute(here, there, n_steps=50, method="riemann_middle").numpy()[0]
        part = effects.entries(i, i + 1)
        assert effects.values["pre"][part] == pytest.approx(want[effects.gene[part]], abs=1e-5)


def test_gradients_of_a_linear_model_are_its_effects(linear):
    one = attribute(linear.space, linear.units, settings=linear.small(read_outs=("pre",)))
    for estimator in ("gradient", "integrated gradients"):
        settings = linear.small(estimator=estimator, read_outs=("pre",))
        found = attribute(linear.space, linear.units, settings=settings)
        assert np.allclose(found.score, one.score, atol=1e-5)
        assert found.checks.n_passes == 0
        assert found.checks.n_gradients > 0


def test_groups_of_genes(linear):
    genes = linear.space.genes
    groups = (("first", genes[:8]), ("second", genes[8:]), ("unread", (*genes[-3:], "no gene")))
    settings = linear.small(estimator="groups", groups=groups, read_outs=("pre",))
    found = attribute(linear.space, linear.units, settings=settings)
    one = attribute(linear.space, linear.units, settings=linear.small(read_outs=("pre",)))
    assert found.genes == ("first", "second", "unread")
    want = np.stack([one.score[:, :8].sum(1), one.score[:, 8:].sum(1), np.zeros(3)], axis=1)
    assert np.allclose(found.score, want, atol=1e-5)
    strange = linear.small(estimator="groups", groups=(("a", ("x",)),))
    with pytest.raises(InputError, match="none of 1 groups"):
        attribute(linear.space, linear.units, settings=strange)


def test_a_swap_run_for_one_source_serves_all(linear):
    base, values, differs = base_of(linear)
    both = np.concatenate([values, values])
    wanted = np.concatenate([differs, np.zeros_like(differs)])
    settings = linear.small()
    found = one_gene(linear.space, linear.units, base, both, np.concatenate([differs] * 2), wanted,
                     settings)  # fmt: skip
    assert np.array_equal(found.at[0], found.at[1])
    assert found.n_passes == differs.sum()
