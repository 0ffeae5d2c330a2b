"""Interventions in a study: real models end to end, and the joint test on planted effects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.concepts.interventions.effects import KINDS
from cellglass.concepts.study.gene_tables import GeneTables
from cellglass.concepts.study.interventions import (
    COLUMNS,
    INTERVENTIONS,
    LEAST,
    chosen_cells,
    drawn_concepts,
    joint_tests,
    judge,
)
from cellglass.runs.result import AnalysisResult


def judged(real_study: Any, study: Any, n_units: int) -> tuple[AnalysisResult, pd.DataFrame, Any]:
    name = real_study.leave_gene_tables(study)
    context = study.context("concepts.interventions/small")
    judge(context, model="small", statistics=real_study.STATISTICS, held=study.held,
          attributed=name, n_units=n_units)  # fmt: skip
    tables = GeneTables.read(study.inputs[name])
    return (
        AnalysisResult.read(context.output),
        pd.read_parquet(context.output / INTERVENTIONS),
        tables,
    )


@pytest.fixture(scope="module")
def of_scvi(real_study, scvi_folder, tmp_path_factory) -> Any:
    folder = tmp_path_factory.mktemp("study")
    study = real_study.concept_study(folder, scvi_folder, n_cells=200, size=24)
    return judged(real_study, study, 6)


def test_concepts_of_scvi_are_moved_and_decoded(of_scvi):
    result, doses, tables = of_scvi
    (verdict,), (finding,) = result.verdicts, result.findings
    assert str(verdict.state) in ("PASS", "FAIL", "INCONCLUSIVE")
    assert verdict.finding_ids == (finding.id,)
    assert finding.n == 6
    effects = result.tables["effects"]
    assert (effects["effect"] > 0).all()
    # what is taken away is gone when the edited embedding is read again
    assert (effects["own_left"] < 0.5).all()
    known = tables.units.set_index("unit")
    assert set(known.loc[doses["unit"].unique(), "kind"]) == {"concept"}
    assert list(known.loc[doses["unit"].unique(), "name"]) == list(effects["name"])
    assert list(doses.columns) == COLUMNS


def test_doses_are_those_of_the_units_and_1_changes_nothing(of_scvi):
    result, doses, tables = of_scvi
    shown = result.tables["doses"]
    names = tables.units.set_index("unit")["name"]
    assert list(shown["unit"]) == list(doses["unit"].map(names))
    one = doses[doses["dose"] == 1]
    np.testing.assert_allclose(one[["effect", "random"]], 0, atol=1e-5)
    assert one["p"].isna().all()
    removed = doses[doses["dose"] == 0].reset_index(drop=True)
    effects = result.tables["effects"]
    np.testing.assert_allclose(removed["effect"], effects["effect"], rtol=1e-5)
    kind = "covariance" if "covariance" in result.verdicts[0].sentence else "isotropic"
    np.testing.assert_allclose(removed["p"], effects[f"{kind}_p"])
    assert removed["genes"].str.match(r"^[+-]\S+(, [+-]\S+)*$").all()
    assert result.figures[0].table == "doses"
    assert any("not reconstruct" in note for note in result.notes)


def test_scgpt_answers_in_proportion(real_study, tmp_path):
    study = real_study.concept_study(
        tmp_path, "mini-scgpt", n_cells=60, options={"normalise": True}
    )
    result, doses, _ = judged(real_study, study, 3)
    assert any("linear" in note for note in result.notes)
    np.testing.assert_allclose(result.tables["effects"]["specificity"], 1, rtol=1e-2)
    for _, curve in doses.groupby("unit"):
        size = curve.set_index("dose")["effect"]
        np.testing.assert_allclose(size, np.abs(size.index - 1) * size[0.0], rtol=1e-3, atol=1e-5)
        assert set(curve["genes"].iloc[0].replace("+", "-").split(", ")) == set(
            curve["genes"].iloc[-1].replace("+", "-").split(", ")
        )


def test_an_embedding_no_head_reads_is_not_applicable(real_study, tmp_path):
    study = real_study.concept_study(tmp_path, "mini-scgpt", n_cells=50, options={"layer": 1})
    result, doses, _ = judged(real_study, study, 3)
    (verdict,) = result.verdicts
    assert str(verdict.state) == "NOT APPLICABLE"
    assert "at layer 1" in verdict.sentence
    assert doses.empty
    assert list(doses.columns) == COLUMNS


def planted(own: np.ndarray, drawn: np.ndarray) -> Any:
    """Effects of concepts, and of draws x concepts for both kinds."""
    n_draws, n = drawn.shape
    rows = [
        pd.DataFrame({"concept": c, "kind": kind, "draw": np.arange(n_draws),
                      "effect": drawn[:, c]})
        for kind in KINDS for c in range(n)
    ]  # fmt: skip
    table = pd.DataFrame({"concept": np.arange(n), "effect": own})
    return SimpleNamespace(concepts=table, random=pd.concat(rows))


def test_p_is_the_rank_of_the_mean_log_effect():
    rng = np.random.default_rng(0)
    own, drawn = rng.lognormal(1.0, 1, 8), rng.lognormal(0, 1, (49, 8))
    for test in joint_tests(planted(own, drawn)):
        slow = [np.mean([np.log2(v) for v in row]) for row in drawn]
        mean = np.mean([np.log2(v) for v in own])
        assert test.p == pytest.approx((1 + sum(s >= mean for s in slow)) / 50)
        ratio = [np.log2(own[i] / drawn[:, i].mean()) for i in range(8)]
        np.testing.assert_allclose(test.log_ratio, ratio)


def test_p_is_uniform_where_concepts_are_random_and_alike():
    """All concepts nearly one: the sets are as alike, so one lucky direction is not eight."""
    rng = np.random.default_rng(1)
    p = []
    for _ in range(400):
        common = rng.lognormal(0, 1, (20, 1)) * rng.lognormal(0, 0.1, (20, 8))
        p.append(joint_tests(planted(common[0], common[1:]))[0].p)
    assert np.mean(np.array(p) <= 0.1) == pytest.approx(0.1, abs=0.045)


def test_a_concept_that_moves_nothing_counts_as_the_least_ratio():
    test = joint_tests(planted(np.array([0.0, 1.0]), np.ones((5, 2))))[0]
    np.testing.assert_allclose(test.log_ratio, [np.log2(LEAST), 0])
    assert test.p == 1.0


def test_cells_with_and_without_are_drawn():
    dense = np.zeros((100, 3))
    dense[:40, 1], dense[95:, 2] = 1, 1
    rows = chosen_cells(sparse.csc_matrix(dense), np.array([1, 2]), 10, 0)
    assert len(np.unique(rows)) == len(rows)
    assert set(range(95, 100)) <= set(rows)
    assert 10 <= (rows < 40).sum() <= 20
    np.testing.assert_array_equal(
        rows, chosen_cells(sparse.csc_matrix(dense), np.array([1, 2]), 10, 0)
    )


def test_concepts_with_genes_are_drawn():
    n = 30
    units = pd.DataFrame(
        {"unit": np.arange(n), "name": [f"u{i}" for i in range(n)], "index": np.arange(n),
         "kind": ["concept"] * 20 + ["neuron"] * 10, "attributed": [True] * n}
    )  # fmt: skip
    known = np.ones((n, 2), bool)
    known[3] = False
    tables: Any = GeneTables(units, pd.DataFrame(), known * 1.0, known * 1.0, known, known * 1.0)
    chosen = drawn_concepts(tables, 8, 0)
    assert len(chosen) == 8
    assert chosen["unit"].is_monotonic_increasing
    assert set(drawn_concepts(tables, 100, 0)["unit"]) == set(range(20)) - {3}
