from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.data import EdgeTable, Network
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.biology import classes_analysis
from cellglass.regulation.biology.classes_analysis import judge_classes, regulators_table
from cellglass.regulation.networks.layer_scores import judged_pairs
from cellglass.regulation.scaling.whole_score import whole_score
from cellglass.stats import State, auroc

MEMBERS = tuple(f"G{i}" for i in range(6))


@pytest.fixture
def uneven(made: Any) -> Any:
    """Targets of the first six of sixteen regulators stand out in an edge table; others do not."""
    m = made(0.0)
    rng = np.random.default_rng(5)
    scores = rng.normal(size=m.labels.shape)
    scores[:6] += 2.0 * m.labels[:6]
    table = EdgeTable(scores, m.held.regulators, m.held.edges.targets)
    held = replace(m.held, edges=FixedEdges(table, "t"), untrained=None, name="t", kind="table")
    return held, m


def test_a_class_that_stands_out_is_found_and_too_few_conclude_nothing(
    uneven: Any, quick: Any
) -> None:
    held, m = uneven
    result = judge_classes(held, m.network, "planted", 3, quick, 7, members=MEMBERS, title="ours")
    tests = result.tables["tests"]
    assert len(tests) == 11
    assert tests.iloc[0]["value"] > 0.2
    assert tests.iloc[0]["p"] < 0.01
    (finding,) = result.findings
    assert finding.kind == "descriptive"  # 16 regulators
    assert finding.interval is not None
    assert finding.interval.low > 0
    assert [v.state for v in result.verdicts] == [State.NOT_APPLICABLE]
    assert "no conclusion" in result.verdicts[0].sentence
    assert set(result.tables) == set(result.captions)
    assert "with the covariates held fixed" in result.notes[0]


def test_enough_regulators_may_conclude(
    uneven: Any, quick: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classes_analysis, "FEWEST_REGULATORS", 10)
    held, m = uneven
    result = judge_classes(held, m.network, "planted", 3, quick, 7, members=MEMBERS)
    assert not result.verdicts
    assert result.findings[0].kind == "confirmatory"


def test_a_class_that_is_not_there_is_not_applicable(uneven: Any, quick: Any) -> None:
    held, m = uneven
    result = judge_classes(held, m.network, "planted", 3, quick, 7)
    assert [v.state for v in result.verdicts] == [State.NOT_APPLICABLE]
    assert "0 of 9 master regulators and 16 other" in result.verdicts[0].sentence
    assert list(result.tables) == ["regulators"]
    assert not result.findings


def test_regulators_with_one_target_take_no_part(made: Any, quick: Any) -> None:
    """Defect caught: with one target the AUROC is the rank of one gene; 13 of 18 had one."""
    m = made(1.0)
    frame = m.network.frame
    single = frame[frame["source"] == "G3"].iloc[:1]
    rest = frame[frame["source"] != "G3"]
    network = Network.from_frame(pd.concat([rest, single])[["source", "target"]])
    result = judge_classes(m.held, network, "planted", 1, quick, 7, members=MEMBERS)
    assert "G3" not in set(result.tables["regulators"]["regulator"])
    assert (result.tables["regulators"]["n_targets"] >= 3).all()


def test_covariates_and_aurocs_are_those_of_the_regulator(made: Any) -> None:
    m = made(1.0)
    pairs, rows = judged_pairs(m.held, m.network, "planted", 3)
    table = regulators_table(m.held, pairs, rows, m.network, set(MEMBERS)).set_index("regulator")
    scores = whole_score(m.held.edges)[1]
    genes = m.held.genes.set_index("gene")
    for name in ("G0", "G9"):
        i = int(name[1:])
        seen = m.held.edges.evaluable[i]
        assert table.loc[name, "auroc"] == pytest.approx(auroc(scores[i, seen], m.labels[i, seen]))
        assert table.loc[name, "mean"] == pytest.approx(genes.loc[name, "mean"])
        assert table.loc[name, "n_targets"] == m.labels[i].sum()
        assert table.loc[name, "regulon_size"] == (m.network.frame["source"] == name).sum()
        assert table.loc[name, "in_class"] == (name in MEMBERS)
    assert "auroc_untrained" in table


def test_without_regulators_it_is_not_applicable(uneven: Any, quick: Any) -> None:
    network = Network.from_frame(pd.DataFrame({"source": ["X"] * 3, "target": ["A", "B", "C"]}))
    found = judge_classes(uneven[0], network, "elsewhere", 3, quick, 7)
    assert [v.state for v in found.verdicts] == [State.NOT_APPLICABLE]
