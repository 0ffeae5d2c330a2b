from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cellglass.concepts import attribute
from cellglass.concepts.attribution.checks import check_attribution


def test_a_linear_model_passes_and_is_additive(linear):
    checks = attribute(linear.space, linear.units, settings=linear.small()).checks
    assert checks.passed
    assert checks.full_swap_error[1] < 1e-6
    assert checks.full_swap_effect == pytest.approx(np.ones(3), abs=1e-5)
    assert checks.interaction["margin"].max() < 1e-4
    assert checks.interaction["gated"].max() > 0.1  # the gate alone
    assert 0 < checks.noise_floor < 1e-5
    assert np.isnan(checks.redraw_noise)
    assert checks.n_repeated == 64
    assert "nothing is drawn" in str(checks)


def test_a_model_with_interactions_shows_them(mlp):
    checks = attribute(mlp.space, mlp.units, settings=mlp.small()).checks
    assert checks.interaction["margin"].min() > 0.01
    assert checks.saving == 1.0


def test_draws_of_token_subsets_are_measured(tokens):
    found = attribute(tokens.space, tokens.units, settings=tokens.small(screen="gradient"))
    assert found.checks.redraw_noise > 0.01
    text = str(found.checks)
    assert "between draws" in text
    assert "rank agreement on the random share" in text


def test_a_space_that_leaves_something_out_is_found(linear):
    space = linear.space
    forward = space._forward
    found = attribute(space, linear.units, settings=linear.small())
    # a batch effect that a swap of genes does not carry along
    rows = {tuple(space.row(i)): i for i in range(90)}

    def with_batch(values):
        base = forward(values)
        counts = np.rint(np.expm1(values.numpy()))
        shift = [0.5 * (rows.get(tuple(c), -1) % 2 == 1) for c in counts]
        return base + base.new_tensor(shift)[:, None]

    class Leaky(type(space)):
        def embed_edits(self, edits):
            return super().embed_edits(edits) + np.float32(0.3)

    space._forward = with_batch
    space.__class__ = Leaky
    again = attribute(space, linear.units, settings=linear.small())
    assert found.checks.passed
    assert not again.checks.passed
    assert "full swap misses" in str(again.checks)
    space.exact_full_swap, space.limits = False, "the batch stays"
    plan = again.plan
    checks = check_attribution(space, linear.units, plan, again.effects, None)
    assert checks.passed
    assert "not exact: the batch stays" in str(checks)


@pytest.mark.parametrize(
    "options",
    [{"perturbation": "zero"}, {"estimator": "shapley", "n_orders": 2},
     {"normalisation": "full swap"}, {"direction": "insert"}],
)  # fmt: skip
def test_checks_go_with_other_options(linear, options: dict):
    settings = replace(linear.small(), **options)
    checks = attribute(linear.space, linear.units, settings=settings).checks
    assert checks.passed
    assert checks.noise_floor < 1e-4
    assert np.isnan(checks.full_swap_error[0]) == (options.get("perturbation") == "zero")
