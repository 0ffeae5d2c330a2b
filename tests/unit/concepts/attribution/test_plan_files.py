"""A plan on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellglass.concepts import LinearUnits, Transform
from cellglass.concepts.attribution.engine import merge_shards
from cellglass.concepts.attribution.plan import plan_attribution
from cellglass.concepts.attribution.plan_files import read_plan, write_plan
from cellglass.concepts.attribution.settings import AttributionSettings
from cellglass.concepts.attribution.shard import attribute_shard
from cellglass.concepts.attribution.toy_spaces import NetworkSpace, linear_network
from cellglass.errors import InputError

COUNTS = np.random.default_rng(0).poisson(1.0, size=(60, 4))
SPACE = NetworkSpace(COUNTS, linear_network([[1.0, 1.0, 0.0, 0.5], [0.0, 1.0, -1.0, 0.0]]))
UNITS = LinearUnits(
    "component", ("a", "b"), np.eye(2), [1.2, 0.3], Transform(np.zeros(2, np.float32), 1.0)
)


@pytest.mark.parametrize(
    ("options", "given"),
    [
        ({}, {}),
        ({"perturbation": "shuffle"}, {"donors": ["x", "y"] * 30}),
        ({"direction": "both", "read_outs": ("margin", "gated")}, {"labels": ["B"] * 60}),
    ],
)
def test_shards_of_the_plan_that_was_read_give_the_same(tmp_path: Path, options: dict, given: dict):
    settings = AttributionSettings(n_prototypes=10, n_counterfactuals=2, **options)
    plan = plan_attribution(SPACE, UNITS, settings, **given)
    write_plan(plan, tmp_path)
    back = read_plan(tmp_path)
    assert back.settings == plan.settings
    assert back.donor_names == plan.donor_names
    one = merge_shards(SPACE, UNITS, plan, [attribute_shard(SPACE, UNITS, plan)])
    two = merge_shards(
        SPACE, UNITS, back, [attribute_shard(SPACE, UNITS, back, c) for c in back.shards(3)]
    )
    np.testing.assert_array_equal(one.score, two.score)
    np.testing.assert_array_equal(one.low, two.low)


def test_a_folder_without_a_plan_is_told(tmp_path: Path):
    with pytest.raises(InputError, match="there is no plan"):
        read_plan(tmp_path)
