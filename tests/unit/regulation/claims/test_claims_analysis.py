"""The whole never passes in part; an endpoint rests on its own criteria only."""

from __future__ import annotations

import pandas as pd
import pytest

from cellglass.regulation.claims.claims_analysis import WHOLE, judge_claims
from cellglass.regulation.claims.criteria import CURATED, PREDICTS, READS, USED
from cellglass.runs.result import AnalysisResult
from cellglass.stats import State, Verdict

LABEL = {"model": "m"}
C1, C2, RESIDUAL, DEGREE, RECOVERY = READS


def result(analysis: str, state: State, **label: str) -> AnalysisResult:
    found = AnalysisResult(analysis, {**LABEL, **label})
    found.verdicts = [Verdict("c", "an endpoint", state, f"It is {state} (an endpoint).")]
    return found


def screens(c1: State = State.PASS, c2: State = State.PASS) -> dict[str, list[AnalysisResult]]:
    return {C1: [result(C1, c1, screen="s")], C2: [result(C2, c2, screen="s")]}


def states(results, missing=None, label=LABEL) -> dict[str, State]:
    found = judge_claims(label, "Attention of m", results, missing or {}, level=0.05)
    return {v.endpoint: v.state for v in found.verdicts}


def test_an_endpoint_rests_on_its_own_criteria():
    found = states(screens())
    assert found[PREDICTS] is State.PASS
    assert found[CURATED] is State.NOT_RUN
    assert found[USED] is State.NOT_RUN


@pytest.mark.parametrize("left_out", [C1, C2])
def test_a_run_of_a_part_passes_neither_endpoint_nor_whole(left_out):
    results = screens()
    del results[left_out]
    found = states(results)
    assert found[PREDICTS] is State.INCONCLUSIVE
    assert found[WHOLE] is State.INCONCLUSIVE


def test_the_whole_cannot_pass_without_the_causal_criterion():
    assert states(screens())[WHOLE] is not State.PASS


def test_one_failure_fails_the_whole():
    assert states(screens(c2=State.FAIL))[WHOLE] is State.FAIL


def test_a_context_that_cannot_judge_does_not_stand_in_the_way_of_one_that_can():
    results = screens()
    results[C1].append(result(C1, State.NOT_APPLICABLE, screen="other"))
    assert states(results)[PREDICTS] is State.PASS
    results[C1].append(result(C1, State.FAIL, screen="third"))
    assert states(results)[PREDICTS] is State.FAIL


def test_what_did_not_run_is_told_with_the_command():
    told = {C1: [("no screen is given", "cellglass data screens", True)]}
    found = judge_claims(LABEL, "Attention of m", {}, told, level=0.05)
    table = found.tables["criteria"]
    row = table[table["criterion"] == "C1"].iloc[0]
    assert row["state"] == "NOT RUN"
    assert "no screen is given" in row["told"]


def test_an_edge_table_has_no_model_that_could_use_it():
    found = states(screens(), label={"edges": "genie3"})
    assert found[USED] is State.NOT_APPLICABLE


def test_c1_needs_every_ranking_beaten_by_bh():
    results = screens()
    results[C1][0].tables["baselines"] = pd.DataFrame(
        {"ranking": ["variance", "mean", "out-degree"], "difference": [0.1, 0.1, 0.2],
         "p": [0.01, 0.2, 0.9], "q": [0.02, 0.2, float("nan")]}
    )  # fmt: skip
    found = judge_claims(LABEL, "Attention of m", results, {}, level=0.05)
    assert {v.endpoint: v.state for v in found.verdicts}[PREDICTS] is State.INCONCLUSIVE
    table = found.tables["criteria"]
    assert "by BH, mean is not beaten" in table[table["criterion"] == "C1"]["told"].iloc[0]


def test_sentences_name_the_endpoint_and_every_criterion():
    found = judge_claims(LABEL, "Attention of m", screens(), {}, level=0.05)
    assert all(v.endpoint in v.sentence for v in found.verdicts)
    assert "C1 PASS, C2 PASS, C3 NOT RUN, C4 NOT RUN" in found.verdicts[0].sentence
