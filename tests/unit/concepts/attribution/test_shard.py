from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import attribute_shard, plan_attribution
from cellglass.concepts.attribution.effects import RANDOM, TOP
from cellglass.errors import InputError
from cellglass.models.swap_space import Edit


def made(toy, **options):
    plan = plan_attribution(toy.space, toy.units, toy.small(**options), donors=toy.donors)
    return plan, attribute_shard(toy.space, toy.units, plan)


def slow(toy, plan, name: str) -> list[dict[int, float]]:
    """The definition, one pass after the other: effect of each differing gene of each pair."""
    space, out = toy.space, []
    pairs = plan.pairs
    for i in range(len(pairs)):
        base, source = int(pairs.base[i]), int(pairs.source[i])
        unit = [plan.which[pairs.unit[i]]]
        before = getattr(toy.units.read(space.embed([base]), unit), name)[0, 0]
        found = {}
        for gene in space.differing(base, source):
            edit = Edit(base, np.array([gene]), space.row(source)[[gene]])
            after = getattr(toy.units.read(space.embed_edits([edit]), unit), name)[0, 0]
            sign = -1 if pairs.insert[i] else 1
            found[int(gene)] = sign * float(before - after) / pairs.scale[i]
        out.append(found)
    return out


@pytest.mark.parametrize("name", ["linear", "mlp", "tokens"])
@pytest.mark.parametrize("direction", ["remove", "both"])
def test_effects_are_those_of_the_definition(name: str, direction: str, request):
    toy = request.getfixturevalue(name)
    plan, effects = made(toy, direction=direction, read_outs=("gated", "margin", "pre"))
    order = np.argsort(effects.pair)
    for read_out in ("gated", "margin", "pre"):
        want = slow(toy, plan, read_out)
        for row in order:
            part = effects.entries(row, row + 1)
            got = dict(zip(effects.gene[part], effects.values[read_out][part], strict=True))
            assert got == pytest.approx(want[effects.pair[row]], abs=1e-5)


def test_one_pass_serves_all_units(mlp):
    space = mlp.space
    plan = plan_attribution(space, mlp.units, mlp.small())
    before = space.n_passes
    effects = attribute_shard(space, mlp.units, plan)
    assert effects.n_passes == plan.n_exhaustive < plan.n_uncached
    # beside swaps: each edited cell, its sources and full swaps
    assert space.n_passes - before < plan.n_exhaustive + 6 * len(plan.pairs)


def test_batches_change_nothing(mlp):
    _, first = made(mlp, batch=1000)
    _, second = made(mlp, batch=3)
    assert np.array_equal(first.gene, second.gene)
    for name in first.values:
        assert np.allclose(first.values[name], second.values[name], atol=2e-6)


def test_screen_runs_the_top_and_a_random_share(mlp):
    options = {"screen": "gradient", "top_share": 0.25, "random_share": 0.2}
    plan, effects = made(mlp, **options)
    _, all_run = made(mlp)
    run = effects.run > 0
    assert np.array_equal(run, np.isfinite(effects.values["gated"]))
    assert np.allclose(effects.values["gated"][run], all_run.values["gated"][run], atol=1e-6)
    assert effects.n_passes < plan.n_exhaustive
    top, drawn = (effects.run & TOP) > 0, (effects.run & RANDOM) > 0
    assert 0.2 < top.mean() < 0.45
    assert 0.1 < drawn.mean() < 0.3
    strength = np.abs(effects.screen)
    assert strength[top].mean() > 2 * strength[~top].mean()


def test_gradient_screen_is_exact_for_a_linear_model(linear):
    _, effects = made(linear, screen="gradient", read_outs=("pre",), top_share=0.3)
    run = effects.run > 0
    assert np.allclose(effects.screen[run], effects.values["pre"][run], atol=1e-5)
    assert effects.n_gradients == len(effects.pair)


def test_full_swaps(tokens):
    _, effects = made(tokens, direction="both")
    assert np.allclose(effects.full["gated"], 1, atol=1e-5)
    assert effects.full_error.max() < 1e-5


def test_full_swap_normalisation(linear):
    _, effects = made(linear, normalisation="full swap", read_outs=("pre",))
    total = np.bincount(effects.pair_of_entry(), effects.values["pre"])
    assert np.allclose(total, 1, atol=1e-4)  # effects add up in a linear model
    assert np.allclose(effects.full["pre"], 1)


def test_cells_of_no_pair_are_refused(linear):
    plan, _ = made(linear)
    stranger = np.setdiff1d(np.arange(90), plan.pairs.base)[:2]
    with pytest.raises(InputError, match="no pair"):
        attribute_shard(linear.space, linear.units, plan, stranger)
