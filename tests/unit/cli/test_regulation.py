from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.controls import simulate
from cellglass.runs.registry import chosen_analyses


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with cells, planted edges, and two edge tables: |Spearman| and noise."""
    from cellglass.controls import Design
    from cellglass.regulation import spearman

    folder = tmp_path_factory.mktemp("planted")
    held = simulate("pairs", seed=3, design=Design(n_cells=300, n_regulators=20, n_targets=100))
    held.cells.write_h5ad(folder / "cells.h5ad")
    held.reference[["source", "target"]].to_csv(folder / "planted.tsv", sep="\t", index=False)
    genes = [str(g) for g in held.cells.var_names]
    rows = [genes.index(r) for r in held.regulators]
    scores = np.abs(spearman(held.cells.X, np.array(rows)))
    for name, values in (
        ("spearman", scores), ("noise", np.random.default_rng(0).random(scores.shape)),
    ):  # fmt: skip
        table = pd.DataFrame(values, index=list(held.regulators), columns=genes)
        table = table.rename_axis(index="source", columns="target").stack().rename("score")
        table = table.reset_index()
        table[table["source"] != table["target"]].to_csv(
            folder / f"{name}.tsv", sep="\t", index=False
        )
    return folder


def score(cellglass: Callable, planted: Path, edges: str, *options: object):
    return cellglass(
        "regulation", "score", planted / f"{edges}.tsv", "--cells", planted / "cells.h5ad",
        "--network", planted / "planted.tsv", *options,
    )  # fmt: skip


def test_checklist_stands_there_with_every_item_judged(
    cellglass: Callable, planted: Path, tmp_path: Path
):
    told = score(cellglass, planted, "spearman", "--out", tmp_path / "out")
    assert told.code == 0, told.text
    assert told.out.startswith("PASS")
    lines = told.out[told.out.index("Checklist") :].splitlines()[1:]
    items = [line for line in lines if line.startswith("  ")]
    assert len(items) > 10
    states = {line[2:10].strip() for line in items}
    assert states <= {"passed", "failed", "not run"}
    assert {"passed", "not run"} <= states
    assert (tmp_path / "out" / "report.html").is_file()
    assert f"Report: {tmp_path / 'out' / 'report.html'}" in told.out


def test_noise_does_not_pass(cellglass: Callable, planted: Path):
    told = score(cellglass, planted, "noise")
    assert told.code == 0
    assert told.out.split()[0] in ("FAIL", "INCONCLUSIVE")


def test_bad_tables_name_file_and_column(cellglass: Callable, planted: Path, tmp_path: Path):
    bad = tmp_path / "bad.tsv"
    bad.write_text("source\ttarget\tscore\nREG1\tGENE1\tmuch\n")
    command = ("--cells", planted / "cells.h5ad", "--network", planted / "planted.tsv")
    told = cellglass("regulation", "score", bad, *command)
    assert told.code == 2
    assert str(bad) in told.err
    assert "'much'" in told.err
    bad.write_text("source\ttarget\nREG1\tGENE1\n")
    told = cellglass("regulation", "score", bad, *command)
    assert "no column looks like a score" in told.err
    bad.write_text("source\ttarget\tscore\nA\tB\t0.1\n")
    told = cellglass("regulation", "score", bad, *command)
    assert "0 targets and 0 sources of the edges are among the 120 genes" in told.err


@pytest.fixture(scope="module")
def planted_screen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a planted screen, its network and |Spearman| of its controls."""
    from cellglass.controls.battery import write_planted_study
    from cellglass.runs.sections import StatisticsConfig

    folder = tmp_path_factory.mktemp("screen")
    write_planted_study("pairs", 2, folder, settings=StatisticsConfig(), analyses=[])
    return folder


def test_edges_through_the_analyses_that_need_no_model(
    cellglass: Callable, planted_screen: Path, tmp_path: Path
):
    out = tmp_path / "edges"
    told = cellglass(
        "regulation", "evaluate", planted_screen / "edges.parquet", "--screen",
        planted_screen / "screen.h5ad", "--network", planted_screen / "network.csv", "--only",
        "A31", "--only", "regulation.claims", "--out", out,
    )  # fmt: skip
    assert told.code == 0, told.text
    assert "PASS            The score 'edges' (edges) adds" in told.out
    assert "The score 'edges' predicts the response to a perturbation: INCONCLUSIVE" in told.out
    assert (out / "report.html").is_file()


def test_edges_without_cells_or_judge(cellglass: Callable, planted_screen: Path, tmp_path: Path):
    edges = planted_screen / "edges.parquet"
    told = cellglass("regulation", "evaluate", edges, "--network", "n.csv", "--out", tmp_path / "a")
    assert told.code == 2
    assert "no cells are named" in told.err
    screen = planted_screen / "screen.h5ad"
    told = cellglass("regulation", "evaluate", edges, "--cells", screen, "--out", tmp_path / "a")
    assert told.code == 2
    assert "nothing to judge the edges by" in told.err
    assert not (tmp_path / "a").exists()


@pytest.mark.long
def test_evaluate_runs_every_analysis_that_needs_no_model(
    cellglass: Callable, planted: Path, tmp_path: Path
):
    told = cellglass(
        "regulation", "evaluate", planted / "spearman.tsv", "--cells", planted / "cells.h5ad",
        "--network", planted / "planted.tsv", "--out", tmp_path / "run",
    )  # fmt: skip
    assert told.code == 0, told.text
    assert "recovers curated edges" in told.out
    assert (tmp_path / "run" / "report.html").is_file()


def test_evaluate_asks_for_analyses_that_there_are(
    cellglass: Callable, planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = []
    monkeypatch.setattr("cellglass.cli.regulation.execute", lambda study, out: asked.append(study))
    told = cellglass(
        "regulation", "evaluate", planted / "spearman.tsv", "--cells", planted / "cells.h5ad",
        "--network", planted / "planted.tsv", "--out", tmp_path / "run",
    )  # fmt: skip
    assert told.code == 0, told.text
    assert {a.chapter for a in chosen_analyses(asked[0])} == {"regulation"}


@pytest.mark.parametrize(("option", "value"), [("--seed", -1), ("--min-targets", 0)])
def test_numbers_below_their_least_are_refused(
    cellglass: Callable, planted: Path, option: str, value: int
):
    found = score(cellglass, planted, "noise", option, value)
    assert found.code == 2
    assert option in found.err
    assert "Traceback" not in found.err
