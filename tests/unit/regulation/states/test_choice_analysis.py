"""The claim that strata sharpen edges: PASS, FAIL, INCONCLUSIVE or NOT APPLICABLE."""

from dataclasses import replace

import numpy as np
import pytest

from cellglass.regulation.states.choice_analysis import judge_choice
from cellglass.regulation.states.cssi_analysis import CLAIM
from cellglass.runs.sections import StatisticsConfig

SETTINGS = StatisticsConfig(draws=99, bootstrap=200, stratum_shuffles=39)


def judge(planted, **options):
    given = {"min_cells": 20} | options
    return judge_choice(planted.held, planted.network, "planted", 3, SETTINGS, 1, **given)


@pytest.fixture(scope="module")
def passing(made):
    return judge(made(2.0, stratum=0, seed=1))


def test_edges_of_one_state_pass(passing):
    (verdict,) = passing.verdicts
    assert (verdict.state, verdict.claim) == ("PASS", CLAIM)
    assert "Stratifying attention of M by cell state adds" in verdict.sentence
    assert "beats the shuffled strata null" in verdict.sentence
    (finding,) = [f for f in passing.findings if f.kind == "confirmatory"]
    assert verdict.finding_ids == (finding.id,)
    assert (finding.unit, finding.tags["unit"]) == ("regulator", "A18")
    assert finding.n == 16
    assert finding.null.draws == 39
    assert finding.interval.low > 0.01
    assert finding.increment == (finding.estimate, finding.interval.low, finding.interval.high)
    assert finding.estimate == pytest.approx(passing.tables["choice"]["gain"].mean())


def test_edges_of_all_states_fail_pooling_has_them(made):
    (verdict,) = judge(made(1.0, seed=1)).verdicts
    assert verdict.state == "FAIL"
    assert "adds no more than 0.01" in verdict.sentence


def test_noise_never_passes_although_the_best_in_sample_looks_good(made):
    fall = []
    for seed in range(5):
        result = judge(made(0.0, seed=20 + seed))
        assert result.verdicts[0].state != "PASS"
        table = result.tables["random_choices"].iloc[0]
        fall.append(table["auroc_choosing"] - table["auroc"])
    assert np.mean(fall) > 0.01
    assert min(fall) > -1e-9


def test_the_choice_sees_neither_cells_nor_regulators_it_is_scored_on(passing):
    table = passing.tables["choice"]
    candidates = passing.tables["candidates"]
    assert list(table["scored_on"]) == [f"cells {c}, regulators {r}" for c in "AB" for r in (1, 2)]
    for _, row in table.iterrows():
        other = {"A": "B", "B": "A"}[row["scored_on"][6]]
        part = candidates[
            candidates["scored_on"] == f"cells {other}, regulators {3 - int(row['scored_on'][-1])}"
        ]
        stratified = part[part["aggregator"] != "pooled"]
        best = stratified.loc[stratified["auroc"].idxmax()]
        assert (best["layer"], best["aggregator"]) == (row["layer"], row["aggregator"])
        assert row["auroc_choosing"] == best["auroc"]
        pooled = part[part["aggregator"] == "pooled"]
        assert pooled.loc[pooled["auroc"].idxmax(), "layer"] == row["pooled_layer"]
    assert table[["shuffled_mean", "shuffled_sd", "p"]].notna().all(None)


def test_the_interval_is_centred_on_the_estimate_of_the_table(made):
    from cellglass.regulation.states.choice_analysis import _bootstrap, _nested
    from cellglass.regulation.states.halves import quarters, scores_of_quarters
    from cellglass.regulation.states.study_strata import study_strata

    planted = made(1.0, stratum=0, seed=4)
    strata = study_strata(planted.held, min_cells=20, seed=1)
    split = quarters(planted.held, strata, planted.network, "planted", 3, min_cells=20, seed=1)
    nested = _nested(scores_of_quarters(planted.held, split, 1, seed=1, task="x")[0])
    found = _bootstrap(planted.held, split, nested, 300, 1)
    assert found.estimates[0] == pytest.approx(nested.gain.mean(), abs=1e-12)
    assert found.n == 16
    assert abs(np.nanmean(found.draws) - found.estimates[0]) < 0.05
    assert not found.interval().excludes(float(found.estimates[0]))


def test_groups_that_mix_states_are_not_applicable(made):
    planted = made(2.0, stratum=0, seed=1)
    held = planted.held
    study = replace(held.study, strata=(), stratum=np.full(120, -1),
                    group=np.random.default_rng(2).permutation(held.study.group))  # fmt: skip
    edges = replace(held.attention, group_stratum=np.full(24, -1), strata=())
    planted = replace(planted, held=replace(held, study=study, edges=edges))
    result = judge(planted)
    assert result.verdicts[0].state == "NOT APPLICABLE"
    assert "set cells.strata" in result.verdicts[0].sentence
    assert any("groups mix states" in n for n in result.notes)


def test_halves_without_enough_cells_are_not_applicable(made):
    result = judge(made(0.0), min_cells=40)  # 60 cells a stratum, 30 in each half
    assert result.verdicts[0].state == "NOT APPLICABLE"
    assert "in both halves" in result.verdicts[0].sentence
    assert not result.tables


def test_a_null_that_moves_nothing_is_no_null(made, monkeypatch):
    module = "cellglass.regulation.states.choice_analysis"
    monkeypatch.setattr(f"{module}.share_moved", lambda *a: 0.0)
    result = judge(made(2.0, stratum=0, seed=1))
    assert result.verdicts[0].state == "INCONCLUSIVE"
    assert result.checks[0].state == "failed"
