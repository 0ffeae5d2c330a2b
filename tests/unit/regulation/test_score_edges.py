"""Any edge table against a network, from Python and from the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import cellglass as cg
from cellglass.controls.simulate import Design
from cellglass.data import EdgeTable, Network
from cellglass.errors import InputError
from cellglass.regulation.checklist import ITEMS
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.score_edges import score_edges
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import State

QUICK = StatisticsConfig(draws=99, bootstrap=200)
DESIGN = Design(n_cells=200, n_regulators=20, n_targets=80, n_states=1, depth=4000)


@dataclass
class Case:
    cells: object
    network: Network
    edges: EdgeTable
    noise: EdgeTable


@pytest.fixture(scope="module")
def case() -> Case:
    planted = cg.controls.simulate("pairs", seed=2, design=DESIGN)
    genes = [str(g) for g in planted.cells.var_names]
    scores = np.abs(spearman(planted.cells.X, np.arange(20)))
    noise = np.random.default_rng(0).normal(size=scores.shape)
    network = Network.from_frame(planted.reference, name="planted")
    return Case(
        planted.cells, network, EdgeTable(scores, planted.regulators, genes),
        EdgeTable(noise, planted.regulators, genes),
    )  # fmt: skip


def test_true_scores_pass_and_noise_does_not(case):
    found = score_edges(case.edges, case.cells, case.network, name="mine", settings=QUICK)
    assert found.verdicts[0].state is State.PASS
    assert "The score 'mine' adds" in found.verdicts[0].sentence
    noise = score_edges(case.noise, case.cells, case.network, settings=QUICK)
    assert noise.verdicts[0].state is not State.PASS
    assert "|Spearman|" in set(noise.tables["scores"]["score"])


def test_the_checklist_is_whole_with_reasons(case):
    found = score_edges(case.edges, case.cells, case.network, settings=QUICK)
    states = {c.code: c.state for c in found.checks}
    assert list(states) == list(ITEMS)
    assert states["N1"] == states["N2"] == states["I1"] == states["R3"] == "passed"
    assert states["B3"] == states["K1"] == states["N5"] == "not run"
    assert all(c.detail for c in found.checks if c.state == "not run")


def test_regulators_need_not_be_targets(case):
    """Tables of many methods list regulators on one side only."""
    targets = [t for t in case.edges.targets if t.startswith("GENE")]
    one_sided = case.edges.aligned(case.edges.sources, targets)
    found = score_edges(one_sided, case.cells, case.network, settings=QUICK)
    assert found.verdicts[0].state is State.PASS
    assert found.tables["scores"]["n_pairs"].iloc[0] == 20 * 80
    assert "1,600 of 1,980 pairs have a score" in found.notes[-1]


def test_a_table_cut_to_its_best_edges_is_told(case):
    cut = np.where(case.edges.scores > 0.1, case.edges.scores, np.nan)
    table = EdgeTable(cut, case.edges.sources, case.edges.targets)
    found = score_edges(table, case.cells, case.network, settings=QUICK)
    assert "If the table was cut to its best edges" in found.notes[-1]
    whole = score_edges(case.edges, case.cells, case.network, settings=QUICK)
    assert not any("If the table was cut" in n for n in whole.notes)
    assert any(n.startswith("planted: 200 edges") for n in whole.notes)


def test_genes_of_another_language_are_refused(case):
    strange = EdgeTable(np.ones((1, 2)), ("ENSG1",), ("ENSG1", "ENSG2"))
    with pytest.raises(InputError, match="0 targets and 0 sources"):
        score_edges(strange, case.cells, case.network, settings=QUICK)


def test_the_command_prints_verdict_losses_and_checklist(case, tmp_path: Path):
    from cellglass.cli.main import app

    case.edges.write(tmp_path / "mine.tsv")
    case.cells.write_h5ad(tmp_path / "cells.h5ad")
    frame = case.network.frame[["source", "target"]]
    extra = pd.DataFrame({"source": ["ALIEN"], "target": ["GENE1"]})
    pd.concat([frame, extra]).to_csv(tmp_path / "net.csv", index=False)
    done = CliRunner().invoke(
        app,
        ["regulation", "score", str(tmp_path / "mine.tsv"), "--cells", str(tmp_path / "cells.h5ad"),
         "--network", str(tmp_path / "net.csv")],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    text = " ".join(done.output.split())
    assert "PASS" in text
    assert "The score 'mine' adds" in text
    assert "1 of 21 regulators (ALIEN)" in text
    for code in ITEMS:
        assert f" {code} " in text
    assert "passed N2" in text
    assert "not run K1" in text


def test_one_regulator_gives_no_interval_and_so_no_verdict(case: Case) -> None:
    frame = case.network.frame
    one = Network.from_frame(frame[frame["source"] == frame["source"].iloc[0]], name="one")
    found = score_edges(case.edges, case.cells, one, settings=QUICK)
    (verdict,) = found.verdicts
    assert verdict.state is State.NOT_APPLICABLE
    assert "1 regulator of one can be judged" in verdict.sentence
    assert {c.state for c in found.checks} == {"not run"}
