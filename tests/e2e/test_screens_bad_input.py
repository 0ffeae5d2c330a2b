"""Bad screens get a clear error, or NOT APPLICABLE with the reason (issue 3): every item."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from cellglass.runs.pipeline import RunSummary, load_run
from cellglass.stats import State

QUICK = {
    "genes": {"min_cells": 2},
    "edges": {"replicate_blocks": 2},
    "responses": {"min_responders": 2},
    "statistics": {"draws": 19, "bootstrap": 100, "folds": 2},
    "resources": {"executor": "inline"},
    "analyses": ["regulation.response_baselines", "regulation.response"],
    "controls": [],
}
NAME = "regulation.response_baselines"


@pytest.fixture(scope="session")
def table(screen_files: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores of all genes, and of one that is not measured."""
    rng = np.random.default_rng(0)
    genes = screen_files.GENES
    rows = [(s, t, rng.random()) for s in (*genes, "FOXL2") for t in genes if s != t]
    path = tmp_path_factory.mktemp("tables") / "scores.tsv"
    pd.DataFrame(rows, columns=["source", "target", "score"]).to_csv(path, sep="\t", index=False)
    return path


@pytest.fixture
def study(tmp_path: Path, table: Path, screen_files: Any) -> Callable[..., Path]:
    """``study(adata, entry={...}, **sections)``: the screen's controls, one edge table."""

    def write(adata: Any, entry: Any = (), **sections: Any) -> Path:
        path = adata if isinstance(adata, Path) else screen_files.write(adata, tmp_path / "s.h5ad")
        content = {
            "study": "screens",
            "cells": {"path": "screen:S"},
            "tables": [str(table)],
            "screens": [{"path": str(path), "name": "S", **dict(entry)}],
            **QUICK,
        }
        for key, value in sections.items():
            merged = isinstance(value, dict) and isinstance(content.get(key), dict)
            content[key] = {**content[key], **value} if merged else value  # type: ignore[dict-item]
        target = tmp_path / "study.yaml"
        target.write_text(yaml.safe_dump(content, sort_keys=False))
        return target

    return write


@pytest.fixture
def run(cellglass: Callable, study: Callable[..., Path], out: Path) -> Callable[..., RunSummary]:
    """``run(adata, entry={...}, **sections)``: a run that goes well, read again."""

    def go(adata: Any, entry: Any = (), **sections: Any) -> RunSummary:
        told = cellglass("run", study(adata, entry, **sections), "--out", out)
        assert told.code == 0, told.text
        return load_run(out)

    return go


@pytest.fixture
def run_refused(refused: Callable, study: Callable[..., Path], out: Path) -> Callable[..., str]:
    """``run_refused(adata, entry={...}, **sections)``: the message, which names the file."""

    def go(adata: Any, entry: Any = (), **sections: Any) -> str:
        return str(refused("run", study(adata, entry, **sections), "--out", out))

    return go


def fates(summary: RunSummary) -> dict[str, str]:
    """What became of each perturbation."""
    (result,) = (r for r in summary.results if r.analysis == "regulation.response")
    found = result.tables["perturbations"]
    return dict(zip(found["perturbation"], found["fate"], strict=True))


def cells(files: Any, sizes: dict[Any, int], **more: Any) -> Any:
    return files.screen(files.repeated(sizes), **more)


SOUND = {"control": 40, "KLF1": 32, "AHR": 32, "SPI1": 32}


def test_a_sound_screen_is_judged(screen_files: Any, run: Callable[..., RunSummary]):
    """So that what is refused below is refused for its fault."""
    summary = run(cells(screen_files, SOUND))
    assert fates(summary) == dict.fromkeys(["AHR", "KLF1", "SPI1"], "judged")
    (verdict,) = summary.verdicts
    assert verdict.state in (State.FAIL, State.INCONCLUSIVE)  # random scores


# --- refused


BAD: dict[str, tuple[Callable[[Any], Any], dict[str, Any], str]] = {
    "no controls": (
        lambda f: cells(f, {"KLF1": 40, "SPI1": 40}),
        {},
        "0 control cells in column 'perturbation' (its labels: 'KLF1', 'SPI1')",
    ),
    "too few controls": (
        lambda f: cells(f, SOUND | {"control": 29}),
        {},
        "29 control cells in column 'perturbation'",
    ),
    "a control label that does not exist": (
        lambda f: cells(f, SOUND),
        {"control": "controls"},
        "no cell has the control label 'controls' in column 'perturbation'",
    ),
    "a column that does not exist": (
        lambda f: cells(f, SOUND),
        {"perturbation": "pertubation"},
        "there is no column 'pertubation' in obs",
    ),
    "numbers for labels": (
        lambda f: cells(f, {0: 40, 1: 40}),
        {"perturbation": "perturbation", "control": 0},
        "column 'perturbation' holds numbers (0, 1)",
    ),
    "controls only": (
        lambda f: cells(f, {"control": 80}),
        {"perturbation": "perturbation"},
        "column 'perturbation' names no perturbed gene",
    ),
    "all perturbations too small": (
        lambda f: cells(f, {"control": 40, "KLF1": 29, "AHR": 12}),
        {},
        "no perturbation of S has 30 cells; the largest, KLF1, has 29",
    ),
    "log values without counts": (
        lambda f: cells(f, SOUND, x="log of no counts"),
        {},
        "X is log_other",
    ),
    "scaled values": (lambda f: cells(f, SOUND, x="scaled"), {}, "z-scores or residuals"),
    "two lines": (
        lambda f: f.replogle(("K562", "hTERT-RPE1")),
        {},
        "'cell_line' names 2 cell lines or types: K562 (200 cells), hTERT-RPE1 (200 cells)",
    ),
    "another line than the file says": (
        lambda f: f.replogle(),
        {"cell_line": "RPE1"},
        "the cell line was stated as RPE1; 'cell_line' names K562 (200 cells)",
    ),
    "another modality than the file says": (
        lambda f: f.adamson("CRISPRa"),
        {"modality": "CRISPRi"},
        "modality CRISPRi was stated, but obs['perturbation_type'] says 'CRISPRa'",
    ),
    "drugs": (
        lambda f: cells(f, SOUND, obs={"perturbation_type": "drug"}),
        {},
        "obs['perturbation_type'] says 'drug'",
    ),
    "Ensembl ids without symbols": (
        lambda f: cells(f, SOUND, var=pd.DataFrame(index=list(f.ENSEMBL))),
        {},
        "genes go by Ensembl ids (ENSG00000000001, ENSG00000000002, ...)",
    ),
    "a replicate column that does not exist": (
        lambda f: cells(f, SOUND, obs={"donor": "d"}),
        {"replicate": "doner"},
        "there is no column 'doner' in obs",
    ),
    "one donor only": (
        lambda f: cells(f, SOUND, obs={"donor": "d1"}),
        {"replicate": "donor"},
        "column 'donor' has too few levels: the only label is 'd1'",
    ),
    "cells that do not exist": (
        lambda f: cells(f, SOUND, obs={"donor": "d1"}),
        {"where": {"donor": "d2"}},
        "no cell has donor = 'd2'",
    ),
    "a layer that does not exist": (
        lambda f: cells(f, SOUND),
        {"layer": "counts"},
        "there is no layer 'counts'",
    ),
    "genes of another species": (
        lambda f: cells(f, SOUND, var=pd.DataFrame(index=[g.capitalize() for g in f.GENES])),
        {},
        "the edges name ACTB, AHR, CBLB and ACTB, AHR, CBLB, the cells Ahr, Fev, Klf1",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_screens_that_are_refused(
    name: str, screen_files: Any, run_refused: Callable[..., str], tmp_path: Path
):
    make, entry, found = BAD[name]
    said = run_refused(make(screen_files), entry)
    assert found in said
    named = "all perturbations too small", "genes of another species"  # by screen and edge table
    assert name in named or str(tmp_path / "s.h5ad") in said


def test_duplicated_gene_names(screen_files: Any, run_refused: Callable[..., str]):
    var = pd.DataFrame(index=["KLF1", "KLF1", *screen_files.GENES[2:]])
    with pytest.warns(UserWarning, match="not unique"):
        adata = cells(screen_files, SOUND, var=var)
    assert "1 gene names are duplicated: 'KLF1'" in run_refused(adata)


def test_files_that_are_no_screens(run_refused: Callable[..., str], tmp_path: Path):
    path = tmp_path / "missing.h5ad"
    assert "there is no such file" in run_refused(path)
    path.write_bytes(b"")
    assert "the file is empty" in run_refused(path)
    path.write_text("perturbation\n")
    assert "the file is not HDF5" in run_refused(path)


def test_cells_of_a_screen_that_is_not_there(run_refused: Callable[..., str], tmp_path: Path):
    said = run_refused(tmp_path / "x.h5ad", cells={"path": "screen:T"})
    assert "cells.path names the screen 'T'; the screens are ['S']" in said


BAD_TABLES = {
    "names that do not meet": ("source\ttarget\tscore\nX\tY\t1\n", "the edges name X and Y, the"),
    "no scores": ("source\ttarget\nAHR\tKLF1\n", "score"),
    "words for scores": ("source\ttarget\tscore\nAHR\tKLF1\thigh\n", "the first is 'high'"),
    "two scores of a pair": (
        "source\ttarget\tscore\nAHR\tKLF1\t1\nAHR\tKLF1\t2\n",
        "2 rows give a pair different scores; the first is AHR -> KLF1",
    ),
    "empty": ("", "the file is empty"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_edge_tables_that_are_refused(
    name: str, screen_files: Any, run_refused: Callable[..., str], tmp_path: Path
):
    text, found = BAD_TABLES[name]
    path = tmp_path / "edges.tsv"
    path.write_text(text)
    said = run_refused(cells(screen_files, SOUND), tables=[str(path)])
    assert found in said
    assert str(path) in said


FOLDS = {
    "one comparison": ("gene,log2FoldChange,padj\nKLF1,1,0.1\n", "is a statistic, no perturbation"),
    "no symbols": ("probe,KLF1\n1,2\n", "no column of gene symbols among probe, KLF1"),
    "no logarithms": ("symbol,KLF1\nAHR,812\n", "column 'KLF1' holds values up to 812"),
}


@pytest.mark.parametrize("name", FOLDS)
def test_tables_of_fold_changes_that_are_refused(
    name: str, screen_files: Any, run_refused: Callable[..., str], tmp_path: Path
):
    text, found = FOLDS[name]
    folds = tmp_path / "folds.csv"
    folds.write_text(text)
    own = screen_files.write(cells(screen_files, SOUND), tmp_path / "cells.h5ad")
    said = run_refused(folds, cells={"path": str(own)})
    assert found in said
    assert str(folds) in said
    folds.write_text("symbol,KLF1\nAHR,1\n")
    assert "a table of fold changes has no cells" in run_refused(folds)


# --- not applicable, or done with what there is


def test_small_perturbations_are_left_out_and_told(
    screen_files: Any, run: Callable[..., RunSummary]
):
    summary = run(cells(screen_files, SOUND | {"AHR": 29, "EGR1": 3}))
    assert fates(summary) == {
        "KLF1": "judged", "SPI1": "judged",
        "AHR": "with too few cells", "EGR1": "with too few cells",
    }  # fmt: skip
    verdict = summary.verdicts[0]
    assert {v.state for v in summary.verdicts} == {State.NOT_APPLICABLE}
    assert "2 perturbations can be judged, 3 are needed" in verdict.sentence
    assert "2 with too few cells (AHR, EGR1)" in verdict.sentence


def test_unknown_genes_in_doubles(screen_files: Any, run: Callable[..., RunSummary], out: Path):
    """FOXL2 is measured nowhere, has a score in the edge table; QQQ1 has none."""
    adata = screen_files.norman("+", nperts=False)
    adata.obs["perturbation"] = [
        "AHR+QQQ1" if s == "AHR+FEV" else s for s in adata.obs["perturbation"]
    ]
    told = fates(run(adata, responses={"doubles": "mean"}))
    assert told["AHR+QQQ1"] == "whose gene has no score"
    assert told["KLF1+FOXL2"] == "judged"
    noted = json.loads((out / "results" / "inputs" / "responses-S.json").read_text())
    assert noted["report"]["unmeasured"] == ["QQQ1", "FOXL2"]
    told = fates(run(adata))  # as doubles are left out
    assert told["AHR+QQQ1"] == told["KLF1+FOXL2"] == "of several genes"


def test_a_screen_none_of_whose_targets_is_measured(
    screen_files: Any, run: Callable[..., RunSummary], tmp_path: Path, table: Path
):
    """As in Norman and McFaline: what needs the targets' expression is not averaged silently."""
    adata = cells(screen_files, SOUND)
    adata = adata[:, ~adata.var_names.isin(["KLF1", "AHR", "SPI1"])].copy()
    summary = run(adata)
    assert set(fates(summary).values()) == {"judged"}  # an edge table may know them all the same
    frame = pd.read_csv(table, sep="\t")
    few = tmp_path / "few.tsv"
    frame[~frame["source"].isin(["KLF1", "AHR", "SPI1"])].to_csv(few, sep="\t", index=False)
    summary = run(adata, tables=[str(few)])
    assert summary.results == []
    assert {name for name, _, _ in summary.skipped} == {NAME, "regulation.response"}
    for _, label, verdict in summary.skipped:
        assert label == {"edges": "few", "screen": "S"}
        assert verdict.state == State.NOT_APPLICABLE
        assert "no perturbed gene of S is a source in the table" in verdict.sentence


def test_missing_labels_unused_levels_and_a_gene_that_reads_like_nothing(
    screen_files: Any, run: Callable[..., RunSummary], out: Path, table: Path, tmp_path: Path
):
    var = pd.DataFrame(index=["NAN", *screen_files.GENES[1:]])
    sizes = {"control": 40, "NAN": 32, "KLF1": 32, "SPI1": 32, None: 9, "unassigned": 4}
    labels = screen_files.repeated(sizes)
    perturbed = [["AHR"] if s == "NAN" else [s] if s in ("KLF1", "SPI1") else [] for s in labels]
    adata = screen_files.screen(labels, perturbed, var=var)
    adata.obs["perturbation"] = pd.Categorical(
        labels, ["SPI1", "NAN", "control", "KLF1", "EGR1", "unassigned"]
    )
    edges = tmp_path / "edges.tsv"
    edges.write_text(table.read_text().replace("AHR", "NAN"))
    summary = run(adata, tables=[str(edges)])
    assert fates(summary) == dict.fromkeys(["KLF1", "NAN", "SPI1"], "judged")
    noted = json.loads((out / "results" / "inputs" / "responses-S.json").read_text())
    assert noted["report"]["n_unassigned"] == 13


def test_without_a_screen_the_accessions_are_told(
    screen_files: Any, study: Callable[..., Path], cellglass: Callable, out: Path, tmp_path: Path
):
    own = screen_files.write(cells(screen_files, SOUND), tmp_path / "cells.h5ad")
    path = study(own, cells={"path": str(own)}, screens=[], analyses=[NAME, "A36"])
    told = cellglass("run", path, "--out", out)
    assert told.code == 0, told.text
    assert "NOT RUN" in told.out
    for exact in ("GEO GSE90546", "BioProject PRJNA831566", "10.5281/zenodo.13350497"):
        assert exact in told.out
    assert {v.state for v in load_run(out).verdicts} == {State.NOT_RUN}
