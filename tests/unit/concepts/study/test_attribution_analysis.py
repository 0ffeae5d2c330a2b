"""Judgement of an attribution: planted orders of genes, checks told apart, genes in words."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass import pl
from cellglass.concepts.study.attribution_analysis import concept_areas, concept_lines, judge
from cellglass.concepts.study.curves import AREAS
from cellglass.concepts.study.gene_tables import CHECKS, GENES_FILE, UNITS_FILE
from cellglass.concepts.study.names import (
    attribution_name,
    curves_name,
    sanity_name,
    units_name,
)
from cellglass.concepts.study.sanity import SANITY
from cellglass.runs.result import AnalysisResult

TASKS = {
    "attributed": attribution_name("small"),
    "curves": curves_name("small"),
    "sanity": sanity_name("small"),
}


def judged(study: Any, real_study: Any) -> AnalysisResult:
    context = study.context("concepts.attribution/small")
    judge(context, model="small", statistics=real_study.STATISTICS, **TASKS)
    return AnalysisResult.read(context.output)


@pytest.fixture
def study(attributed_study, tmp_path) -> Any:
    """A copy whose tables may be changed, with a table of sanity checks."""
    inputs = dict(attributed_study.inputs)
    for i, name in enumerate((TASKS["attributed"], TASKS["curves"])):
        inputs[name] = shutil.copytree(inputs[name], tmp_path / f"copy-{i}")
    sanity = tmp_path / "sanity"
    sanity.mkdir()
    rows = [{"check": "another cell", "unit": "concept 2", "value": 0.1, "n": 3}]
    pd.DataFrame(rows).to_parquet(sanity / SANITY)
    (sanity / "summary.json").write_text(json.dumps({"notes": ["A sentence."]}))
    return replace(attributed_study, inputs=inputs | {TASKS["sanity"]: sanity})


def with_areas(study: Any, **deletion: float) -> None:
    """Let all 15 units be concepts with these areas, a little apart."""
    path = study.inputs[TASKS["attributed"]] / UNITS_FILE
    pd.read_parquet(path).assign(kind="concept").to_parquet(path)
    rows = [
        {"unit": u, "order": o, "deletion": d + 0.001 * (u + i) % 0.003, "insertion": 0.5}
        for u in range(15)
        for i, (o, d) in enumerate(deletion.items())
    ]
    pd.DataFrame(rows).to_parquet(study.inputs[TASKS["curves"]] / AREAS)


def with_checks(study: Any, **changes: Any) -> None:
    path = study.inputs[TASKS["attributed"]] / CHECKS
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_it_tells_what_was_found(study, real_study):
    result = judged(study, real_study)
    (verdict,), (finding,) = result.verdicts, result.findings
    assert verdict.finding_ids == (finding.id,)
    assert finding.n == 3
    assert result.notes[0] == "A sentence."
    assert {c.code: c.state for c in result.checks} == {
        "D2": "passed", "D3": "passed", "D4": "passed",
    }  # fmt: skip
    assert len(result.tables["concepts"]) == 6
    assert set(result.tables["areas"]["kind"]) >= {"concept", "neuron"}
    for figure in result.figures:
        getattr(pl, figure.function)(result.tables[figure.table], **figure.options)


def test_cards_hold_the_genes_of_their_concept(study, real_study):
    result = judged(study, real_study)
    genes = pd.read_parquet(study.inputs[TASKS["attributed"]] / GENES_FILE)
    units = pd.read_parquet(study.inputs[TASKS["attributed"]] / UNITS_FILE).set_index("name")
    for name, card in result.tables["genes"].groupby("unit"):
        own = genes[genes["unit"] == units.loc[name, "unit"]]
        strongest = own.loc[own["score"].abs().nlargest(len(card)).index, "score"]
        np.testing.assert_allclose(sorted(card["score"].abs()), sorted(strongest.abs()))
    assert units.loc[result.tables["genes"]["unit"].unique(), "kind"].eq("concept").all()


@pytest.mark.parametrize(
    ("score", "rival", "random", "state"),
    [
        (0.1, 0.5, 0.6, "PASS"),
        (0.5, 0.1, 0.6, "FAIL"),
        (0.3, 0.3, 0.6, "FAIL"),
        # better than differential expression, and no better than chance
        (0.3, 0.5, 0.3, "INCONCLUSIVE"),
    ],
)
def test_planted_orders_are_decided(study, real_study, score, rival, random, state):
    with_areas(study, score=score, random=random, **{"differential expression": rival})
    result = judged(study, real_study)
    (verdict,), (finding,) = result.verdicts, result.findings
    assert finding.increment[0] == pytest.approx(rival - score, abs=0.005)
    assert finding.estimate == pytest.approx(1 - score, abs=0.005)
    assert finding.n == 15
    assert str(verdict.state) == state


def test_too_few_concepts_are_told(study, real_study):
    path = study.inputs[TASKS["curves"]] / AREAS
    areas = pd.read_parquet(path)
    concepts = pd.read_parquet(study.inputs[TASKS["attributed"]] / UNITS_FILE)
    known = concept_areas(areas, concepts)
    assert known.shape == (3, 5)
    gone = known.index[1:]
    areas[~areas["unit"].isin(gone)].to_parquet(path)
    result = judged(study, real_study)
    assert [str(v.state) for v in result.verdicts] == ["NOT APPLICABLE"]
    assert result.findings == []
    assert len(result.checks) == 3


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"full_swap_error": [1e-3, 1e-2]}, {"D2"}),
        ({"noise_floor": 0.03}, {"D3"}),
        ({"full_swap_error": [1e-3, 1e-2], "exact_expected": [False, "covariates"]}, set()),
        ({"full_swap_error": [None, None], "agreement": None}, set()),
    ],
)
def test_checks_fail_one_by_one(study, real_study, changes, failed):
    with_checks(study, **changes)
    checks = judged(study, real_study).checks
    assert {c.code for c in checks if c.state == "failed"} == failed
    assert ("D4" in {c.code for c in checks}) == ("agreement" not in changes)


def test_genes_in_words():
    units = pd.DataFrame({"unit": [0, 1], "name": ["a", "b"], "kind": "concept"})
    genes = pd.DataFrame(
        {"unit": [0, 0, 0, 1, 1], "gene": list("UVWXY"), "score": [0.5, 0.2, -0.3, 0.4, -0.1],
         "q": [0.01, 0.5, 0.02, 0.9, 0.9]}
    )  # fmt: skip
    table = concept_lines(units, genes).set_index("name")
    assert list(table.loc["a"]) == [2, "U", "W"]
    assert list(table.loc["b"]) == [0, "X?", "Y?"]


def test_names_of_units_are_those_that_were_chosen(study, real_study):
    named = pd.read_parquet(study.inputs[units_name("small")] / "units.parquet")
    told = judged(study, real_study).tables["concepts"]["name"]
    assert list(told) == list(named.loc[named["kind"] == "concept", "name"])
