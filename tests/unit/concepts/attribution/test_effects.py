from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from cellglass.concepts import Effects, attribute_shard, plan_attribution
from cellglass.concepts.attribution.effects import join_effects
from cellglass.errors import InputError


def same(a: Effects, b: Effects) -> bool:
    for field in fields(Effects):
        x, y = getattr(a, field.name), getattr(b, field.name)
        pairs = [(x[k], y[k]) for k in x] if isinstance(x, dict) else [(x, y)]
        if not all(np.allclose(p, q, atol=2e-6, equal_nan=True) for p, q in pairs):
            return False
    return True


def test_shards_joined_in_any_order_are_the_whole(mlp):
    plan = plan_attribution(mlp.space, mlp.units, mlp.small(screen="gradient"))
    n = len(plan.pairs)
    whole = join_effects([attribute_shard(mlp.space, mlp.units, plan)], n)
    parts = [attribute_shard(mlp.space, mlp.units, plan, cells) for cells in plan.shards(3)]
    assert np.array_equal(whole.pair, np.arange(n))
    assert same(whole, join_effects(parts[::-1], n))
    with pytest.raises(InputError, match="each of"):
        join_effects(parts[:2], n)
    with pytest.raises(InputError, match="distinct"):
        join_effects([*parts, parts[0]], n)


def test_written_and_read(mlp, tmp_path: Path):
    plan = plan_attribution(mlp.space, mlp.units, mlp.small())
    effects = attribute_shard(mlp.space, mlp.units, plan)
    effects.write(tmp_path / "part.npz")
    assert same(effects, Effects.read(tmp_path / "part.npz"))
    assert [p.name for p in tmp_path.iterdir()] == ["part.npz"]


def test_entries_of_pairs(linear):
    plan = plan_attribution(linear.space, linear.units, linear.small())
    effects = attribute_shard(linear.space, linear.units, plan)
    assert np.array_equal(
        effects.pair_of_entry(),
        np.concatenate([np.full(n, i) for i, n in enumerate(np.diff(effects.start))]),
    )
    part = effects.entries(1, 3)
    assert (part.start, part.stop) == (effects.start[1], effects.start[3])
