"""The examples run, and say what they should."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import cellglass as cg

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_every_example_is_run_here():
    tested = {"score_edges", "capture_and_intervene", "third_party_model"}
    assert {p.stem for p in EXAMPLES.glob("*.py")} == tested


def test_score_edges(monkeypatch, capsys, tmp_path):
    example = load("score_edges", monkeypatch)
    monkeypatch.setattr(example.tempfile, "tempdir", str(tmp_path))
    example.main()
    said = capsys.readouterr().out
    assert said.startswith("PASS: The score 'co-expression' adds ")
    assert "passed  N2" in said
    (report,) = tmp_path.glob("cellglass-example-*/report.html")
    assert report.stat().st_size > 10_000


def test_capture_and_intervene(monkeypatch, capsys):
    load("capture_and_intervene", monkeypatch).main()
    said = capsys.readouterr().out
    assert len(re.findall(r"layer \d: \S+ attends most to \S+ \(", said)) == 4
    moved = re.search(r"cutting layer \d head \d moves the cells most \((.*)\)", said)
    restored = re.search(r"after patching: (\S+) from the clean run", said)
    assert moved is not None
    assert restored is not None
    assert float(restored[1]) < 1e-4 < float(moved[1])


def test_third_party_model(monkeypatch, capsys):
    load("third_party_model", monkeypatch).main()
    said = capsys.readouterr().out
    for check in ("tokens", "taps", "attention", "padding", "interventions", "patching", "masking"):
        assert f"  {check}: " in said
    assert said.count("LYZ ") >= 3


def test_a_third_party_family_is_told_by_its_files(monkeypatch, tmp_path):
    """Registered, it loads by its folder like any other."""
    from cellglass.models import families, load_model

    example = load("third_party_model", monkeypatch)
    folder = example.write_checkpoint(tmp_path, ["CD3E", "LYZ", "NKG7"])
    known = families() | {"bag": example.FAMILY}
    module = sys.modules[load_model.__module__]
    monkeypatch.setattr(module, "families", lambda: known)
    model = load_model(folder)
    assert (model.family, model.genes) == ("bag", ["CD3E", "LYZ", "NKG7"])


def test_a_third_party_model_has_concepts_without_genes(monkeypatch, tmp_path):
    """It does not say what exchanging a gene means: told, and all else is done."""
    from cellglass.models import families, load_model

    example = load("third_party_model", monkeypatch)
    genes = [str(g) for g in cg.data.pbmc68k_reduced().var_names]
    (tmp_path / "bag").mkdir()
    folder = example.write_checkpoint(tmp_path / "bag", genes)
    known = families() | {"bag": example.FAMILY}
    monkeypatch.setattr(sys.modules[load_model.__module__], "families", lambda: known)
    study = cg.runs.Study(
        study="bag", models=[str(folder)], analyses=["concepts"],
        cells={"path": "pbmc68k", "strata": "bulk_labels", "max_cells": 150},
        concepts={"controls": False, "units": {"concepts": 4, "neurons": 4, "rotated": 0,
                                               "components": 0, "random": 0, "decoys": 0},
                  "dictionary": {"size": 8, "k": 2, "seeds": 2, "epochs": 3}},
        resources={"executor": "inline"}, statistics={"bootstrap": 100, "folds": 2},
    )  # fmt: skip
    summary = cg.runs.run_study(study, tmp_path / "run")
    skipped = {name: verdict for name, _, verdict in summary.skipped}
    assert set(skipped) == {f"concepts.{n}" for n in (
        "attribution", "enrichment", "comparison", "interventions", "atlas")}  # fmt: skip
    for verdict in skipped.values():
        assert str(verdict.state) == "NOT APPLICABLE"
        assert "family bag does not say what exchanging a gene" in verdict.sentence
    assert {r.analysis for r in summary.results} == {
        "concepts.dictionary", "concepts.description", "concepts.information", "concepts.scores",
    }  # fmt: skip
