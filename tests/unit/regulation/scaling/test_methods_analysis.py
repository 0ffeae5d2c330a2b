from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.data import EdgeTable, Network
from cellglass.errors import InputError
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.checklist import complete
from cellglass.regulation.scaling.grn_design import GRNDesign, grn_design, run_method
from cellglass.regulation.scaling.methods_analysis import judge_methods
from cellglass.regulation.scaling.micro_groups import nested_edges
from cellglass.regulation.scaling.whole_score import WHOLE
from cellglass.stats import State, auroc


@pytest.fixture
def ready(planted: Any) -> tuple[Any, GRNDesign, dict[str, np.ndarray]]:
    """A design, and methods of which one knows the network and one guesses."""
    p = planted(1.5)
    design = grn_design(p.held, [p.network], 3, 1, max_cells=80, max_targets=60)
    labels = p.pairs.labels[np.searchsorted(p.rows, design.rows)][:, design.columns]
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(2, *labels.shape))
    return p, design, {"GENIE3": noise[0] + 3.0 * labels, "GRNBoost2": noise[1]}


def test_subject_and_methods_are_held_against_each_other(ready: Any, quick: Any) -> None:
    p, design, methods = ready
    result = judge_methods(p.held, p.network, "planted", 3, design, methods, quick, 7)
    scores = result.tables["scores"].set_index("score")
    assert list(scores.index) == [
        WHOLE, "layer 0", "layer 1", "|Spearman|", "GENIE3", "GRNBoost2", "mean product",
    ]  # fmt: skip
    assert {"auprc", "base_rate", "early_precision_ratio"} <= set(scores.columns)
    gaps = result.tables["differences"].set_index("second")
    assert set(gaps["first"]) == {WHOLE}
    assert gaps.loc["GENIE3", "high"] < 0  # it knows the network better
    assert gaps.loc["GRNBoost2", "low"] > 0  # it guesses
    assert {f.tags["beside"] for f in result.findings} == set(gaps.index)


def test_edges_come_from_exactly_the_cells_of_the_methods(ready: Any, quick: Any) -> None:
    p, design, methods = ready
    result = judge_methods(p.held, p.network, "planted", 3, design, methods, quick, 7)
    subset = next(nested_edges(p.held.attention, design.groups, [len(design.groups)], design.rows))
    at = np.searchsorted(p.rows, design.rows)
    mask = p.pairs.mask[at][:, design.columns]
    truth = (p.pairs.labels & p.pairs.mask)[at][:, design.columns][mask]
    expected = auroc(subset.scores[1][:, design.columns][mask], truth)
    found = result.tables["scores"].set_index("score").loc["layer 1", "auroc"]
    assert found == pytest.approx(expected)


def test_item_b2_is_passed_once_it_ran(ready: Any, quick: Any) -> None:
    p, design, methods = ready
    checks = judge_methods(p.held, p.network, "planted", 3, design, methods, quick, 7).checks
    by_code = {c.code: c for c in complete(checks)}
    assert by_code["B2"].state == "passed"
    assert "GENIE3" in by_code["B2"].detail
    assert {c.code: c.state for c in complete([])}["B2"] == "not run"


def test_bounds_on_the_cost_are_told(ready: Any, quick: Any) -> None:
    p, design, methods = ready
    note = judge_methods(p.held, p.network, "planted", 3, design, methods, quick, 7).notes[0]
    assert "80 of 120 cells" in note
    assert "60 of 80 targets" in note
    assert "100 fully grown trees" in note


def test_a_table_is_one_score(ready: Any, quick: Any) -> None:
    p, design, methods = ready
    scores = p.held.attention.layer(1).scores
    table = EdgeTable(scores, p.held.regulators, p.held.edges.targets)
    held = replace(p.held, edges=FixedEdges(table, "t"), untrained=None, name="t", kind="table")
    fixed = replace(design, groups=None)
    result = judge_methods(held, p.network, "planted", 3, fixed, methods, quick, 7)
    assert result.tables["scores"]["score"].iloc[0] == "t"


def test_a_network_without_candidates_is_not_applicable(ready: Any, quick: Any) -> None:
    p, design, methods = ready
    few = replace(design, rows=design.rows[:1])
    result = judge_methods(p.held, p.network, "planted", 3, few, methods, quick, 7)
    assert [v.state for v in result.verdicts] == [State.NOT_APPLICABLE]
    assert "candidate" in result.verdicts[0].sentence
    network = Network.from_frame(pd.DataFrame({"source": ["X"] * 3, "target": ["A", "B", "C"]}))
    result = judge_methods(p.held, network, "elsewhere", 3, design, methods, quick, 7)
    assert [v.state for v in result.verdicts] == [State.NOT_APPLICABLE]


def test_one_regulator_is_too_few_for_any_method(ready: Any, quick: Any) -> None:
    p, design, methods = ready
    one = replace(design, rows=design.rows[:1])
    assert one.too_small == (
        f"1 candidate regulator and {len(design.cells)} cells; dedicated methods need 2 and 20"
    )
    found = judge_methods(p.held, p.network, "planted", 3, one, methods, quick, 7)
    (verdict,) = found.verdicts
    assert verdict.state is State.NOT_APPLICABLE
    assert "1 candidate regulator" in verdict.sentence
    with pytest.raises(InputError, match="1 candidate regulator"):
        run_method(p.held, one, "GENIE3", 1)
    assert design.too_small == ""
