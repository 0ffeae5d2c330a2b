"""A model and its copy, judged and put into one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cellglass.geometry.study.both_models import judge_both
from cellglass.geometry.study.measures import PRIMARY
from cellglass.geometry.study.pair_scores import EUCLIDEAN


@pytest.mark.parametrize("copied", [True, False])
def test_tables_hold_both_and_the_copy_is_held_out_on_both_sides_only(
    plant: Callable[..., Any], planting: Any, cell_genes: Any, quick: Any, copied: bool
) -> None:
    design = planting.near(cell_genes["gene"].tolist())
    noise = planting.noise(design.genes)
    held = plant({"m": {0: design.points}, "c": {0: noise}}, design.genes, design.edges)
    names = {"scores": held.scores("m"), "untrained": held.scores("c") if copied else None}
    both = judge_both(
        held.folders.context("x"), [EUCLIDEAN], quick, "test", network=held.network,
        min_targets=3, **names,
    )  # fmt: skip
    gains = both.stacked("gains")
    expected = {"trained": {"source", "target", "both"}, "untrained": {PRIMARY}}
    found = {m: set(rows["split"]) for m, rows in gains.groupby("model")}
    assert found == (expected if copied else {"trained": expected["trained"]})
    assert (both.copy is not None) == copied
    assert ("dashed" in both.aside) == copied
    assert len(both.stacked("layers")) == (2 if copied else 1)
    primary = gains[gains["split"] == PRIMARY].set_index("model")["auroc"]
    assert not copied or primary["trained"] > primary["untrained"]
