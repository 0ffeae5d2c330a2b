"""Draws of several null families: gap, margin, largest p, long table."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.nulls.descriptor_shuffle import DescriptorShuffle
from cellglass.geometry.nulls.run import null_families
from cellglass.stats import auroc
from cellglass.stats.null_margin import null_gap, strict_margin
from cellglass.stats.nulls import DegreePreserving, LabelPermutation

RNG = np.random.default_rng(0)
MASK = RNG.random((10, 40)) < 0.9
LABELS = MASK & (RNG.random(MASK.shape) < 0.15)
SCORE = RNG.normal(size=MASK.shape) + 1.0 * LABELS


def families(**settings):
    def statistic(labels, score):
        return float(auroc(score[MASK], labels[MASK]) - 0.5)

    return null_families(
        statistic,
        {"labels": LABELS, "score": SCORE},
        {
            "labels": ("labels", LabelPermutation(LABELS, MASK)),
            "degree": ("labels", DegreePreserving(LABELS, MASK)),
            "scores": ("score", DescriptorShuffle(SCORE)),
        },
        **{"draws": 60, "seed": 1, "task": "t", **settings},
    )


def test_families_give_gap_margin_and_the_largest_p():
    found = families()
    values = {name: f.values for name, f in found.families.items()}
    assert found.gap == null_gap(found.observed, values)
    assert found.strict_margin == strict_margin(found.observed, values)
    assert found.strict_margin <= found.gap
    assert found.p_max == max(f.result.p for f in found.families.values())
    assert found.failed == ()


def test_table_is_long_and_holds_every_draw():
    found = families(draws={"labels": 10, "degree": 20, "scores": 30})
    table = found.table(hypothesis_id="H1", layer=3)
    assert table.columns.tolist() == ["hypothesis_id", "layer", "null_kind", "draw", "value"]
    assert table.groupby("null_kind").size().to_dict() == {"labels": 10, "degree": 20, "scores": 30}
    degree = table[table.null_kind == "degree"]
    assert degree.draw.tolist() == list(range(20))
    assert np.array_equal(degree.value, found.families["degree"].values)
    with pytest.raises(InputError, match="a key named draw"):
        found.table(draw=1)


def test_margins_need_all_draws():
    x = np.arange(9.0)
    found = null_families(
        lambda x: float(x[0]), {"x": x}, {"x": ("x", DescriptorShuffle(x))},
        draws=400, seed=1, task="t", stop_after=1,
    )  # fmt: skip
    assert found.families["x"].result.stopped
    with pytest.raises(InputError, match="the draws of x were stopped early"):
        _ = found.strict_margin
    with pytest.raises(InputError, match="stopped early"):
        _ = found.gap


def test_failed_nulls_are_named():
    fixed = DescriptorShuffle(np.arange(9.0), np.arange(9))
    found = null_families(
        lambda x: float(x[0]), {"x": np.arange(9.0)}, {"fixed": ("x", fixed)},
        draws=9, seed=1, task="t",
    )  # fmt: skip
    assert found.failed == ("fixed",)
