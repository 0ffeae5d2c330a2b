"""Concepts against neurons: verdicts measure by measure, and what is told of unequal kinds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass import pl
from cellglass.concepts.comparison.compare_kinds import compare_kinds
from cellglass.concepts.study import comparison
from cellglass.concepts.study.comparison import ANNOTATED, AREA, CONTENT, judge, told
from cellglass.concepts.study.curves import AREAS
from cellglass.concepts.study.enrichment import UNITS as UNIT_TERMS
from cellglass.concepts.study.gene_tables import GENES_TABLE, UNITS_FILE
from cellglass.concepts.study.names import dictionary_name, embedding_name, units_name
from cellglass.concepts.study.units import UNITS_TABLE
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.result import AnalysisResult

TASKS = {
    "embedded": embedding_name("planted"),
    "dictionaries": dictionary_name("planted"),
    "units": units_name("planted"),
    "attributed": "attributed",
    "curves": "curves",
}


def with_genes(folders, root: Path, *, lead: float = 0.3, drop: tuple[str, ...] = ()):
    """The study with tables of genes, curves and terms in which concepts lead by so much."""
    units = pd.read_parquet(folders.inputs[TASKS["units"]] / UNITS_TABLE)
    rng = np.random.default_rng(5)
    decoys = units[units["kind"] == "concept"].head(4)
    decoys = decoys.assign(kind="decoy", name=[f"decoy {i}" for i in range(4)],
                           matched=decoys["unit"], unit=len(units) + np.arange(4))  # fmt: skip
    units = pd.concat([units, decoys], ignore_index=True)
    n = len(units)
    attributed, curves, terms = (root / name for name in ("attributed", "curves", "terms"))
    for folder in (attributed, curves, terms):
        folder.mkdir(parents=True)
    units.to_parquet(attributed / UNITS_FILE)
    pd.DataFrame({"gene": ["A"], "mean": [1.0], "detection": [0.5]}).to_parquet(
        attributed / GENES_TABLE
    )
    one = np.ones((n, 1))
    np.savez(attributed / "scores.npz", scores=one, q=one, known=one > 0, de_rank=one)
    concept = (units["kind"] == "concept").to_numpy()
    drawn = ~units["basis"].isin(drop) & (units["kind"] != "decoy")
    area = pd.DataFrame(
        {"unit": units["unit"], "order": "score",
         "deletion": 0.6 - lead * concept + rng.normal(0, 0.05, n)}
    )[drawn]  # fmt: skip
    pd.concat([area, area.assign(order="random", deletion=0.9)]).to_parquet(curves / AREAS)
    annotated = rng.random(n) < np.where(concept, 0.5 + lead, 0.5)
    pd.DataFrame(
        {"unit": units["unit"], "library": "tiny", "annotated": annotated,
         "max_ic": np.where(annotated, rng.normal(5, 1, n), np.nan)}
    )[drawn].to_parquet(terms / UNIT_TERMS)  # fmt: skip
    extra = {"attributed": attributed, "curves": curves, "terms": terms}
    return replace(folders, root=root, inputs={**folders.inputs, **extra})


def judged(folders, statistics, **tasks) -> AnalysisResult:
    context = folders.context("concepts.comparison/planted")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(comparison, "compare_sparse_probes", quick_probes)
        judge(context, model="planted", statistics=statistics, libraries={"tiny": "terms"},
              **{**TASKS, **tasks})  # fmt: skip
    return AnalysisResult.read(context.output)


def quick_probes(features, labels, groups, *, reference, seed):
    """Say what was asked for: probes themselves are tested elsewhere."""
    assert len(labels) == len(groups) == next(iter(features.values())).shape[0]
    rows = [{"kind": k, "units": x.shape[1], "cells": x.shape[0]} for k, x in features.items()]
    return pd.DataFrame(rows).assign(reference=reference, labels=len(set(labels)),
                                     donors=len(set(groups)))  # fmt: skip


@pytest.fixture(scope="module")
def folders(study_folders, tmp_path_factory):
    return with_genes(study_folders, tmp_path_factory.mktemp("compared"))


@pytest.fixture(scope="module")
def result(folders, study_statistics) -> AnalysisResult:
    return judged(folders, study_statistics)


def verdict_of(result: AnalysisResult, measure: str):
    return next(v for v in result.verdicts if v.tags["measure"] == measure)


def test_every_measure_has_a_verdict(result):
    measures = ["label AUROC", "purity", AREA, ANNOTATED.format("tiny"), CONTENT.format("tiny")]
    assert [v.tags["measure"] for v in result.verdicts] == measures
    assert len(result.findings) == 5


def test_planted_lead_passes_and_is_told_in_a_sentence(result):
    verdict = verdict_of(result, AREA)
    assert str(verdict.state) == "PASS"
    assert verdict.sentence.startswith("A concept of planted adds 0.279 on average [")
    assert "to the best other kind (independent components) in area above" in verdict.sentence
    finding = next(f for f in result.findings if f.statistic == AREA)
    assert finding.null.sd > 0
    assert finding.null.mean < finding.estimate


def test_no_lead_does_not_pass(study_folders, study_statistics, tmp_path):
    result = judged(with_genes(study_folders, tmp_path, lead=0.0), study_statistics)
    assert all(str(verdict_of(result, m).state) != "PASS"
               for m in (AREA, ANNOTATED.format("tiny"), CONTENT.format("tiny")))  # fmt: skip


def test_numbers_are_those_of_compare_kinds(result):
    long = result.tables["units"]
    own = long[(long["measure"] == AREA) & (long["kind"] != "decoy")]
    alone = compare_kinds(own["value"], own["basis"], measure=AREA, draws=99, bootstrap=200)
    table = result.tables["kinds"]
    shown = table[table["measure"] == AREA].reset_index(drop=True)
    pd.testing.assert_frame_equal(shown, alone.table)
    finding = next(f for f in result.findings if f.statistic == AREA)
    assert finding.p == alone.p
    assert finding.increment[0] == pytest.approx(alone.difference)


def test_p_of_verdicts_are_adjusted_over_measures(result):
    n = len(result.findings)
    reasons = " ".join(verdict_of(result, AREA).reasons)
    assert f"adjusted p = {n / 100:g}" in reasons


def test_decoys_are_no_concepts(result):
    kinds = result.tables["kinds"].set_index(["measure", "kind"])
    units = result.tables["units"]
    n = (units[(units["measure"] == AREA)]["kind"] == "concept").sum()
    assert kinds.loc[(AREA, "concept"), "n"] == n
    assert "decoy" not in set(result.tables["kinds"]["kind"])


def test_labels_are_judged_on_held_out_cells(folders, study_statistics, tmp_path):
    label = folders.store.obs["label"].to_numpy().copy()
    part = np.load(folders.inputs[TASKS["dictionaries"]] / "split.npy")
    rng = np.random.default_rng(0)
    label[part == 2] = rng.permutation(label[part == 2])
    changed = folders.with_obs(tmp_path, label=label)
    table = judged(changed, study_statistics).tables["kinds"].set_index(["measure", "kind"])
    assert table.loc[("label AUROC", "concept"), "estimate"] == pytest.approx(0.5, abs=0.05)


def test_probes_choose_from_as_many_units_of_each_kind(result):
    probes = result.tables["sparse_probes"].set_index("kind")
    assert set(probes["units"]) == {8}
    assert set(probes.index) == {
        "concept", "neuron", "rotated neuron", "PCA", "ICA", "random direction"
    }  # fmt: skip
    assert set(probes["reference"]) == {"neuron"}
    assert "of 8 units of each kind" in result.captions["sparse_probes"]
    assert "(600 cells)" in result.captions["sparse_probes"]


def test_cells_of_probes_are_drawn_not_counted_off(folders, study_statistics, monkeypatch):
    # every 8th cell is of one donor
    monkeypatch.setattr(comparison, "PROBE_CELLS", 75)
    probes = judged(folders, study_statistics).tables["sparse_probes"]
    assert set(probes["cells"]) == {75}
    assert set(probes["donors"]) == {8}


def test_kinds_without_values_are_told(study_folders, study_statistics, tmp_path):
    made = with_genes(study_folders, tmp_path, drop=("PCA", "ICA", "rotated neuron"))
    result = judged(made, study_statistics)
    (check,) = result.checks
    assert check.state == "failed"
    assert f"no linear baseline for {AREA}" in check.detail
    assert "principal components" in result.method


def test_linear_baselines_are_checked(result):
    (check,) = result.checks
    assert (check.what, check.state) == ("linear baselines beside neurons", "passed")


def test_measure_without_enough_units_is_not_applicable(study_folders, study_statistics, tmp_path):
    made = with_genes(study_folders, tmp_path)
    area = pd.read_parquet(made.inputs["curves"] / AREAS)
    area[area["unit"] < 3].to_parquet(made.inputs["curves"] / AREAS)
    verdict = verdict_of(judged(made, study_statistics), AREA)
    assert str(verdict.state) == "NOT APPLICABLE"
    assert "3 of kind concept" in verdict.sentence


def test_without_labels_the_rest_is_compared(folders, study_statistics, tmp_path):
    result = judged(folders.with_obs(tmp_path, label=""), study_statistics)
    assert "sparse_probes" not in result.tables
    assert "sparse_probes" not in result.captions
    assert any("Without labels" in n for n in result.notes)
    assert str(verdict_of(result, AREA).state) == "PASS"


def test_choice_of_units_is_told(result, folders):
    chosen = json.loads((folders.inputs[TASKS["units"]] / SUMMARY).read_text())["notes"]
    assert set(chosen) <= set(result.notes)


def test_words():
    assert told("neuron") == "neurons"
    assert told("random direction") == "random directions"
    assert told("ICA") == "independent components"


def test_figures_can_be_drawn(result):
    import matplotlib as mpl

    mpl.use("Agg")
    assert len(result.figures) == 5
    figure = result.figures[2]
    getattr(pl, figure.function)(result.tables[figure.table], **dict(figure.options))
