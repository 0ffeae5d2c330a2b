from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.data import EdgeTable, Network
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.scaling.grn_design import (
    grn_design,
    read_scores,
    run_method,
    write_scores,
)
from cellglass.regulation.scaling.grn_scores import grn_scores
from cellglass.regulation.scaling.micro_groups import group_cells


@pytest.fixture
def held(planted: Any) -> Any:
    return planted(1.0).held


def test_cells_are_whole_groups_and_targets_drawn_blind(planted: Any) -> None:
    p = planted(1.0)
    design = grn_design(p.held, [p.network], 3, 1, max_cells=40, max_targets=30)
    assert len(design.cells) == 40
    assert design.groups is not None
    members = group_cells(p.held)
    expected = np.sort(np.concatenate([members[g] for g in design.groups]))
    np.testing.assert_array_equal(design.cells, expected)
    assert len(design.columns) == 30
    assert len(set(p.held.study.stratum[design.cells])) == 2
    upside_down = Network.from_frame(
        p.network.frame.rename(columns={"source": "target", "target": "source"})
    )
    other = grn_design(p.held, [upside_down], 3, 1, max_cells=40, max_targets=30)
    np.testing.assert_array_equal(design.columns, other.columns)


def test_candidates_are_the_regulators_of_directed_networks(held: Any, planted: Any) -> None:
    p = planted(1.0)
    few = p.network.frame[p.network.frame["source"].isin(held.regulators[:6])]
    directed = Network.from_frame(few, name="d")
    friends = Network.from_frame(p.network.frame, name="u", directed=False)
    design = grn_design(held, [directed, friends], 3, 1)
    assert {held.regulators[i] for i in design.rows} <= set(held.regulators[:6])
    assert len(grn_design(held, [friends], 3, 1).rows) > len(design.rows)
    assert len(grn_design(held, [], 3, 1).rows) == len(held.regulators)
    elsewhere = Network.from_frame(pd.DataFrame({"source": ["X"] * 3, "target": ["A", "B", "C"]}))
    assert len(grn_design(held, [elsewhere, directed], 3, 1).rows) == len(design.rows)
    assert len(grn_design(held, [directed], 3, 1, max_regulators=2).rows) == 2


def test_a_table_has_cells_but_no_groups(held: Any) -> None:
    scores = np.ones((len(held.regulators), len(held.edges.targets)))
    table = EdgeTable(scores, held.regulators, held.edges.targets)
    fixed = replace(held, edges=FixedEdges(table, "t"), untrained=None, kind="table")
    design = grn_design(fixed, [], 3, 1, max_cells=33)
    assert design.groups is None
    assert len(np.unique(design.cells)) == 33


def test_a_method_runs_on_the_design_and_comes_back_from_disk(held: Any, tmp_path: Path) -> None:
    design = grn_design(held, [], 3, 1, max_cells=60, max_targets=3, max_regulators=4)
    scores = run_method(held, design, "GRNBoost2", 5)
    expected = grn_scores(
        held.expression[design.cells], held.rows[design.rows], method="GRNBoost2",
        targets=design.columns, seed=5, task="grn/GRNBoost2",
    )  # fmt: skip
    np.testing.assert_array_equal(scores, expected)
    write_scores(tmp_path, held, design, "GRNBoost2", scores)
    np.testing.assert_array_equal(read_scores({"GRNBoost2": tmp_path})["GRNBoost2"], scores)
    assert "window 25" in (tmp_path / "design.json").read_text()
