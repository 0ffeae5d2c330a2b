from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.data import EdgeTable, Network
from cellglass.errors import InputError
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.scaling import models_analysis
from cellglass.regulation.scaling.models_analysis import judge_models
from cellglass.regulation.scaling.whole_score import WHOLE
from cellglass.stats import State


@pytest.fixture(autouse=True)
def few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models_analysis, "CELLS", (40, 80))


def named(held: Any, name: str) -> Any:
    return replace(held, name=name)


@pytest.fixture
def three(made: Any) -> tuple[list[Any], Network]:
    """A model that knows the planted network, one that does not, and a table that does."""
    good, bad = made(1.5, seed=0), made(0.0, seed=0)
    rng = np.random.default_rng(1)
    scores = rng.normal(size=good.labels.shape) + 1.5 * good.labels
    table = EdgeTable(scores, good.held.regulators, good.held.edges.targets)
    fixed = replace(
        good.held, edges=FixedEdges(table, "genie"), untrained=None, name="genie", kind="table"
    )
    return [named(good.held, "good"), named(bad.held, "bad"), fixed], good.network


def test_the_model_that_knows_beats_the_one_that_does_not(three: Any, quick: Any) -> None:
    subjects, network = three
    result = judge_models(subjects, network, "planted", 3, quick, 7)
    gaps = result.tables["differences"].set_index(["first", "second", "n_cells"])
    row = gaps.loc[(f"good: {WHOLE}", f"bad: {WHOLE}", 120)]
    assert row["low"] > 0
    assert row["p"] < 0.01
    copy = gaps.loc[(f"good: {WHOLE}", "untrained: good", 120)]
    assert copy["low"] > 0
    confirmed = [f for f in result.findings if f.kind == "confirmatory"]
    assert {f.tags["cells"] for f in confirmed} == {"120"}
    assert result.label == {"network": "planted"}


def test_numbers_of_cells_are_nested_and_told(three: Any, quick: Any) -> None:
    subjects, network = three
    table = judge_models(subjects, network, "planted", 3, quick, 7).tables["models"]
    assert sorted(set(table["n_cells"])) == [40, 80, 120]
    fixed = table[table["score"] == "genie"]
    assert fixed["auroc"].nunique() == 1  # a table is the same whatever the cells
    assert set(table[table["n_cells"] == 40]["kind"]) == {"candidate", "reference", "baseline"}
    copies = table[table["score"].str.startswith("untrained")]
    assert set(copies["n_cells"]) == {120}  # copies are captured with all cells only


def test_order_of_subjects_changes_no_score(three: Any, quick: Any) -> None:
    subjects, network = three
    one, two = (
        judge_models(order, network, "planted", 3, quick, 7).tables["models"]
        .set_index(["score", "n_cells"])["auroc"].sort_index()
        for order in (subjects, subjects[::-1])
    )  # fmt: skip
    pd.testing.assert_series_equal(one, two)


def test_one_model_alone_meets_coexpression_and_its_copy(made: Any, quick: Any) -> None:
    m = made(1.5)
    result = judge_models([m.held], m.network, "planted", 3, quick, 7)
    last = result.tables["differences"]
    last = last[last["n_cells"] == 120]
    assert set(last["second"]) == {"untrained: M", "|Spearman|", "mean product"}
    assert "only subject" in " ".join(result.notes)


def test_tables_alone_are_compared_on_all_cells(three: Any, quick: Any) -> None:
    subjects, network = three
    result = judge_models([subjects[2]], network, "planted", 3, quick, 7)
    assert set(result.tables["models"]["n_cells"]) == {120}
    assert set(result.tables["models"]["score"]) == {"genie", "|Spearman|", "mean product"}


def test_a_table_of_other_genes_does_not_end_the_comparison(three: Any, quick: Any) -> None:
    subjects, network = three
    stranger = replace(
        subjects[2], name="few",
        edges=FixedEdges(subjects[2].edges.table.aligned(["G1"], ["G2", "G3"]), "few"),
        genes=subjects[2].genes.iloc[1:4].reset_index(drop=True),
        expression=subjects[2].expression[:, 1:4],
    )  # fmt: skip
    result = judge_models([stranger, *subjects], network, "planted", 3, quick, 7)
    assert any(n.startswith("few is left out: with it, ") for n in result.notes)
    alone = judge_models(subjects, network, "planted", 3, quick, 7)
    pd.testing.assert_frame_equal(result.tables["models"], alone.tables["models"])
    assert {f.tags["unit"] for f in result.findings} == {"A20"}


def test_nothing_shared_is_not_applicable_and_nobody_is_refused(three: Any, quick: Any) -> None:
    subjects, _ = three
    network = Network.from_frame(pd.DataFrame({"source": ["X"] * 3, "target": ["A", "B", "C"]}))
    found = judge_models(subjects, network, "elsewhere", 3, quick, 7)
    assert [v.state for v in found.verdicts] == [State.NOT_APPLICABLE]
    with pytest.raises(InputError, match="no subject"):
        judge_models([], network, "x", 3, quick, 7)
