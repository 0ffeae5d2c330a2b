"""From captured edges to the result that the report reads, without a model."""

import numpy as np
import pandas as pd
import pytest

from cellglass.data import Network
from cellglass.regulation.networks.recovery_analysis import increments_table, judge_recovery
from cellglass.stats import State


@pytest.fixture(scope="module")
def planted(made):
    return made(0.6)


@pytest.fixture(scope="module")
def result(planted):
    from cellglass.runs.sections import StatisticsConfig

    settings = StatisticsConfig(draws=99, bootstrap=200, folds=3)
    return judge_recovery(planted.held, planted.network, "planted", 3, settings, 1)


def test_the_planted_layer_passes_by_name(result):
    verdict = result.verdicts[0]
    assert verdict.state is State.PASS
    assert "Attention of M (layer 1, chosen in 3 of 3 folds)" in verdict.sentence
    assert verdict.tags == {"model": "M", "network": "planted", "score": "layer 1"}


def test_all_that_must_stand_beside_is_there(result):
    scores = result.tables["scores"]
    assert {"|Spearman|", "untrained: layer 0", "own column mean", "target out-degree"} <= set(
        scores["score"]
    )
    assert len(scores[scores["kind"] == "candidate"]) == 2 * (1 + 1 + 2)
    assert list(result.tables["increments"]["score"]) == [
        "layer 1", "|Spearman|", "untrained",
    ]  # fmt: skip
    states = {c.code: c.state for c in result.checks}
    assert states["B3"] == states["N3"] == states["I3"] == "passed"


def test_figures_and_captions_refer_to_tables(result):
    assert set(result.captions) == set(result.tables)
    assert {f.table for f in result.figures} <= set(result.tables)


def test_notes_tell_direction_and_the_losses_of_the_network(made, quick):
    planted = made(1.2)
    frame = planted.network.frame
    extra = pd.DataFrame(
        {"source": ["G0", "G1", "ALIEN", frame["source"][0]],
         "target": ["UNKNOWN", "G1", "G3", frame["target"][0]]}
    )  # fmt: skip
    network = Network.from_frame(pd.concat([frame[["source", "target"]], extra]), name="n")
    found = judge_recovery(planted.held, network, "n", 3, quick, 1)
    note = next(n for n in found.notes if n.startswith("n: "))
    assert "1 joined to another row of the same pair; 1 of a gene with itself left out" in note
    assert "1 of 17 regulators (ALIEN)" in note
    assert "(UNKNOWN)" in note
    assert any("Row = query, column = key" in n for n in found.notes)


def test_an_undirected_network_is_said_to_be_one(made, quick):
    planted = made(0.0, untrained=False)
    network = Network.from_frame(planted.network.frame, name="ppi", directed=False)
    found = judge_recovery(planted.held, network, "ppi", 3, quick, 1)
    assert any("undirected: its pairs stand in both directions" in n for n in found.notes)
    assert {c.code: c.state for c in found.checks}["B3"] == "not run"
    assert found.verdicts[0].state is not State.PASS


def test_increments_table_has_a_row_a_group(planted, quick):
    from cellglass.regulation.networks.recovery import evaluate_recovery
    from cellglass.regulation.study_edges import network_pairs

    pairs, rows = network_pairs(planted.held, planted.network, "planted", 3)
    scores = {k: v[rows] for k, v in planted.held.edges.candidates(heads=False).items()}
    found = evaluate_recovery(
        pairs, scores, planted.held.statistics(pairs.regulators), settings=quick
    )
    table = increments_table(found)
    assert len(table) == 1
    assert table["increment"][0] == pytest.approx(
        table["auroc_with_score"][0] - max(table["auroc_single_genes"][0], 0.5)
    )
    assert np.isfinite(table[["low", "high"]].to_numpy()).all()


def test_one_regulator_is_not_applicable(made, quick):
    planted = made(0.0)
    frame = planted.network.frame
    network = Network.from_frame(frame[frame["source"] == "G1"], name="one")
    found = judge_recovery(planted.held, network, "one", 3, quick, 1)
    assert found.verdicts[0].state is State.NOT_APPLICABLE
    assert "1 regulator of one can be judged" in found.verdicts[0].sentence
    assert not found.findings
