"""Settings that a study asks for, ranks, plans and shards of an attribution."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from cellglass.concepts.attribution.plan_files import read_plan
from cellglass.concepts.study.attribution import (
    EFFECTS,
    SHARDS,
    Held,
    ranks,
    run_shard,
    settings_of,
)
from cellglass.concepts.study.names import attribution_name
from cellglass.errors import InputError
from cellglass.models.datasets import CELLS
from cellglass.runs.concepts_section import AttributionConfig


def settings(**section: Any) -> Any:
    return settings_of(AttributionConfig(**section).model_dump(), 7)


def test_section_becomes_settings():
    options = {"matching": "none", "distance": "residual", "random_share": 0.1}
    found = settings(prototypes=30, counterfactuals=2, screen="all", options=options)
    assert (found.n_prototypes, found.n_counterfactuals, found.screen) == (30, 2, "all")
    assert (found.matching, found.distance, found.random_share) == ("none", "residual", 0.1)
    assert found.seed == 7


def test_lists_of_a_file_stand_for_tuples():
    found = settings(options={"estimator": "gradient", "read_outs": ["pre"]})
    assert found.read_outs == ("pre",)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"matchin": "none"}, "did you mean 'matching'"),
        ({"matching": "nobody"}, "matching: 'nobody'"),
        ({"screen": "all"}, "no option 'screen'"),
        ({"n_prototypes": 3}, "no option 'n_prototypes'"),
        ({"seed": 3}, "no option 'seed'"),
        ({"groups": []}, "no option 'groups'"),
        ({"estimator": "groups"}, "single genes"),
        ({"top_share": "much"}, "top_share: 'much'"),
        ({"top_share": 2.0}, "top_share is 2.0"),
        ({"estimator": "gradient"}, "read_outs"),
    ],
)
def test_options_that_are_none_are_refused(options: dict[str, Any], told: str):
    with pytest.raises(InputError, match=told):
        settings(options=options)


def test_ranks_are_by_size():
    found = ranks(np.array([0.1, -3.0, np.nan, 2.0, 0.1]))
    np.testing.assert_array_equal(found, [3, 1, np.nan, 2, 4])
    assert np.isnan(ranks(np.full(2, np.nan))).all()


@pytest.fixture(scope="module")
def plan(attributed_study) -> Any:
    return attributed_study.inputs[f"{attribution_name('small')}/plan"]


def test_a_plan_tells_what_it_takes(plan):
    told = json.loads((plan / "summary.json").read_text())
    assert told["skipped"] == {}
    assert told["screen"] == "gradient"
    assert told["passes"] == read_plan(plan).n_exhaustive > 50_000


def test_shards_that_are_not_needed_leave_nothing(attributed_study, plan, monkeypatch):
    parts = len(read_plan(plan).shards(SHARDS))
    context = attributed_study.context("late")
    run_shard(context, plan=f"{attribution_name('small')}/plan", shard=parts,
              held=attributed_study.held)  # fmt: skip
    assert list(context.output.iterdir()) == []
    first = attributed_study.inputs[attribution_name("small", 0)]
    assert [p.name for p in first.iterdir()] == [EFFECTS]


def test_what_is_opened_fits_together(attributed_study):
    held = Held(attributed_study.context("held"), **attributed_study.held)
    n = len(held.store.obs)
    assert len(held.space.cell_names) == n == len(held.labels)
    assert list(held.space.cell_names) == list(held.store.obs["cell"])
    assert held.donors is None
    assert CELLS in attributed_study.inputs
    assert held.units.directions.shape == (15, held.space.width)
