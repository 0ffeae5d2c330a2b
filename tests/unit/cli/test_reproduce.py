import csv
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest


def test_list_shows_three_papers_by_what_it_takes(cellglass: Callable):
    told = cellglass("reproduce", "list")
    assert told.code == 0
    for paper in ("edges", "concepts", "geometry"):
        assert f"\n{paper}\n" in f"\n{told.out}"
    assert "From your model and data" in told.out
    assert "Computed here, nothing is needed" in told.out
    assert "Not in this version" in told.out


def test_list_of_one_table_shows_value_source_and_analysis(cellglass: Callable):
    told = cellglass("reproduce", "list", "A", "--table", "response")
    assert told.code == 0
    wanted = (
        "0.704 ± 0.147", "n = 280 perturbations", "Geneformer V2-316M", "regulation.response",
        "registry section 23", "known defect", "PRJNA831566",
    )  # fmt: skip
    for text in wanted:
        assert text in told.out, text
    assert "0.881" not in told.out


def test_list_of_a_unit_shows_its_numbers_of_all_papers(cellglass: Callable):
    told = cellglass("reproduce", "list", "--table", "A32")
    assert told.code == 0
    assert told.out == cellglass("reproduce", "list", "edges", "--table", "A32").out
    assert told.out.startswith("response-grid")
    rows = list(csv.DictReader(io.StringIO(cellglass(
        "reproduce", "list", "--table", "A36", "--csv"
    ).out)))  # fmt: skip
    assert {r["unit"] for r in rows if r["table"]} == {"A36"}


def test_list_as_csv_holds_every_row(cellglass: Callable):
    told = cellglass("reproduce", "list", "edges", "--csv")
    rows = list(csv.DictReader(io.StringIO(told.out)))
    assert len(rows) > 450
    assert {r["paper"] for r in rows} == {"edges"}
    by_name = {(r["table"], r["row"]): r for r in rows}
    assert by_name["response-grid", "smallest"]["value"] == "0.619"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("list", "--table", "response-gird"), "'response-grid'"),
     (("edges", "--cells", "nope.h5ad", "--model", "mini-scgpt"), "nope.h5ad"),
     (("edges", "--cells", "pbmc68k", "--edges", "nope.tsv"), "nope.tsv"),
     (("edges", "--cells", "pbmc68k", "--model", "mini-scgp"), "did you mean 'mini-scgpt'"),
     (("edges", "--cells", "pbmc68k", "--model", "mini-scgpt", "--network", "nosuch"), "'nosuch'"),
     (("edgs",), "did you mean 'edges'"), (("edges", "--table", "respons-grid"), "'response-grid'"),
     (("list", "geometri"), "did you mean 'geometry'"), (("edges", "A36"), "--table TABLE"),
     (("edges", "--model", "mini-scgpt"), "no cells and no screen"),
     (("edges", "--cells", "pbmc68k"), "no model"),
     (("edges", "--study", "s.yaml", "--model", "mini-scgpt"), "or leave --study out"),
     (("edges", "--study", "s.yaml"), "no such file")],
)  # fmt: skip
def test_bad_input_is_told_and_nothing_is_written(
    cellglass: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments, said: str
):
    monkeypatch.chdir(tmp_path)
    told = cellglass("reproduce", *arguments)
    assert told.code == 2
    assert said in told.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_left_alone(cellglass: Callable, tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("x")
    told = cellglass("reproduce", "edges", "--table", "consistency", "--out", tmp_path)
    assert told.code == 2
    assert "thesis.tex" in told.err


def test_without_any_input_what_needs_none_is_computed(cellglass: Callable, tmp_path: Path):
    out = tmp_path / "out"
    told = cellglass("reproduce", "edges", "--table", "consistency", "--table", "A32", "--out", out)
    assert told.code == 0, told.text  # differences are results
    assert "REPRODUCED" in told.out
    assert "DIFFERS" in told.out
    assert "NOT RUN: not at hand: a model or an edge table and a perturbation screen" in told.out
    assert "ReplogleWeissman2022_K562_essential.h5ad" in told.out
    assert not (out / "run").exists()
    table = pd.read_csv(out / "comparison.csv")
    assert set(table["state"]) == {"REPRODUCED", "DIFFERS", "CHECK AGREES", "NOT RUN"}
    assert f"Comparison: {out / 'comparison.html'}" in told.out


def test_papers_of_other_studies_are_not_run(cellglass: Callable, tmp_path: Path):
    told = cellglass("reproduce", "concepts", "--out", tmp_path / "out")
    assert told.code == 0
    assert "NOT RUN: study concepts is not part of this version" in told.out
    assert "16 comparisons: 16 NOT RUN." in told.out


def test_a_model_and_cells_run_what_they_allow(
    cellglass: Callable, tmp_path: Path, write_cells: Callable, checkpoint: Path, network: Path,
    write_study: Callable, monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    study = write_study(write_cells(), networks=[str(network)], controls=["pairs"])
    told = cellglass("reproduce", "edges", "--table", "products", "--study", study)
    assert told.code == 0, told.text
    out = tmp_path / "reproduce-edges"
    table = pd.read_csv(out / "comparison.csv")
    assert set(table["state"]) == {"OTHER INPUTS"}
    attention = table[table["row"] == "attention-trrust"].iloc[0]
    assert "is not scGPT whole-human (layers 2, not 12; heads 2, not 8)" in attention["reasons"]
    assert "the reference is network, not TRRUST" in attention["reasons"]
    assert 0 < attention["ours_low"] <= attention["ours"] <= attention["ours_high"] < 1
    assert (out / "run" / "report.html").is_file()
    results = [p.name for p in (out / "run" / "results").iterdir() if p.is_dir()]
    assert sorted(results) == ["inputs", "regulation.products-tiny-network"]


def test_a_study_of_ones_own_runs_as_it_says_without_copies_and_controls(tmp_path: Path):
    from cellglass.cli.reproduce import _read

    path = tmp_path / "study.yaml"
    path.write_text(
        "study: x\ncells: {path: pbmc68k}\nmodels: [mini-scgpt]\nseed: 7\n"
        "resources: {executor: inline}\n"
    )
    study = _read(path, {}, {})
    assert (study.resources.executor, study.seed) == ("inline", 7)
    assert (study.edges.untrained, study.controls) == (False, [])
    assert _read(path, {"executor": "local"}, {"seed": 3}).seed == 3
