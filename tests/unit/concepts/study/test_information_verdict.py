"""When codes count as keeping what the embedding knows: by the interval of what they lose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.statistics.probe_design import ProbeDesign
from cellglass.concepts.statistics.probes import METRICS, ProbeResult
from cellglass.concepts.study.information_verdict import (
    Kept,
    checks_of,
    finding_of,
    judge_columns,
    not_judged,
    verdict_of,
)
from cellglass.runs.result import AnalysisResult
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import NullSummary

DRAWS = 2000


@pytest.fixture(scope="module")
def design() -> ProbeDesign:
    labels, donors = np.tile(["B", "T"], 60), np.repeat(np.arange(12), 10)
    return ProbeDesign.make(labels, donors, folds=5, seed=1)


def kept(design: ProbeDesign, raw: float, lost: float, sd: float, p: float = 0.005) -> Kept:
    """Codes that lose so much, with draws of the difference of so much spread."""
    noise = np.random.default_rng(0).normal(size=(2, DRAWS))
    base = raw + 0.02 * noise[0]

    def result(accuracy: float, draws: np.ndarray) -> ProbeResult:
        booted = design.bootstrap(
            METRICS, np.array([accuracy, accuracy]), np.stack([draws, draws]), 0.95
        )
        null = NullSummary("permuted labels, held out", 199, 0.5, 0.03, p)
        predicted = np.zeros(len(design), np.int64)
        return ProbeResult(design, predicted, booted, null, (0.5, 0.3), 4, ())

    codes = result(raw - lost, base - lost + sd * noise[1])
    return Kept("cell type", codes, result(raw, base), pd.DataFrame())


def state(one: Kept, p: float = 0.005) -> str:
    return str(verdict_of(one, p, model="mini", level=0.05).state)


def test_a_small_loss_passes_and_a_large_one_fails(design):
    assert state(kept(design, 0.9, lost=0.00, sd=0.01)) == "PASS"
    assert state(kept(design, 0.9, lost=-0.2, sd=0.01)) == "PASS"
    assert state(kept(design, 0.9, lost=0.15, sd=0.01)) == "FAIL"
    assert state(kept(design, 0.9, lost=0.05, sd=0.01)) == "INCONCLUSIVE"
    # the same small loss, known too badly
    assert state(kept(design, 0.9, lost=0.00, sd=0.05)) == "INCONCLUSIVE"


def test_the_margin_is_where_the_interval_ends(design):
    one = kept(design, 0.9, lost=0.02, sd=0.01)
    assert one.difference(0.95).low > -0.05
    shifted = kept(design, 0.9, lost=0.02 + one.difference(0.95).low + 0.0501, sd=0.01)
    assert shifted.difference(0.95).low == pytest.approx(-0.0501)
    assert (state(one), state(shifted)) == ("PASS", "INCONCLUSIVE")


def test_codes_must_beat_permuted_labels(design):
    verdict = verdict_of(kept(design, 0.9, 0.0, 0.01), 0.3, model="mini", level=0.05)
    assert str(verdict.state) == "INCONCLUSIVE"
    assert "not beaten, p = 0.3" in verdict.sentence
    unknown = kept(design, 0.9, 0.0, 0.01)
    unknown = replace(unknown, codes=replace(unknown.codes, null=None))
    assert state(unknown, float("nan")) == "INCONCLUSIVE"


def test_there_must_be_something_to_lose(design):
    poor = kept(design, 0.53, lost=0.0, sd=0.005)
    assert not poor.to_lose
    verdict = verdict_of(poor, 0.005, model="mini", level=0.05)
    assert str(verdict.state) == "INCONCLUSIVE"
    assert "that may be nothing" in verdict.sentence
    assert verdict.would_change == ("labels that the raw embedding knows",)


def test_more_donors_are_asked_for_where_they_would_decide(design):
    verdict = verdict_of(kept(design, 0.9, 0.0, 0.05), 0.005, model="mini", level=0.05)
    (told,) = verdict.would_change
    n = int(told.split("about ")[1].split(" ")[0].replace(",", ""))
    assert n > 12
    hopeless = verdict_of(kept(design, 0.9, 0.06, 0.05), 0.005, model="mini", level=0.05)
    assert "no number of donors" in hopeless.would_change[0]


def test_p_is_adjusted_over_columns(design):
    result = AnalysisResult("concepts.information", {"model": "mini"})
    columns = [kept(design, 0.9, 0.0, 0.01, p) for p in (0.04, 0.9, 0.9)]
    columns = [replace(one, column=f"c{i}") for i, one in enumerate(columns)]
    judge_columns(result, columns, model="mini", settings=StatisticsConfig(), seed=1)
    # 0.04 alone would pass; adjusted over three it is 0.12
    assert [str(v.state) for v in result.verdicts] == ["INCONCLUSIVE"] * 3
    assert [f.p for f in result.findings] == [0.04, 0.9, 0.9]
    assert [v.finding_ids for v in result.verdicts] == [(f.id,) for f in result.findings]
    assert len({f.id for f in result.findings}) == 3


def test_checks_and_what_is_not_judged(design):
    good, bad = kept(design, 0.9, 0.0, 0.01), kept(design, 0.9, 0.0, 0.01, p=0.5)
    assert [c.state for c in checks_of([good])] == ["passed", "passed"]
    assert [c.state for c in checks_of([good, bad])] == ["failed", "passed"]
    assert "fewer than two labels" in not_judged("m", "c", "fewer than two labels").sentence


def test_nothing_is_conditional_on_donors_that_were_not_given(design):
    """Few donors are a condition; none are none."""
    labels = np.tile(["B", "T"], 60)
    told = {}
    for name, donors in (("few", np.repeat(["a", "b"], 60)), ("one", np.full(120, "a")),
                         ("none", np.full(120, ""))):  # fmt: skip
        made = ProbeDesign.make(labels, donors, folds=5, seed=1)
        one = kept(made, 0.9, 0.0, 0.01)
        verdict = verdict_of(one, 0.005, model="mini", level=0.05)
        check = checks_of([one])[1].detail
        told[name] = " ".join([verdict.sentence, *verdict.reasons, check, *made.notes])
    assert "conditional on the donors" in told["few"]
    assert "conditional on the donors" in told["one"]
    assert "no donors were given" not in told["few"] + told["one"]
    assert "conditional" not in told["none"]
    assert "cells are resampled, no donors were given" in told["none"]
    assert "one donor" not in told["none"]
    assert finding_of(kept(made, 0.9, 0.0, 0.01), "mini", 1).statistic.endswith("held-out cells")
    assert "donor" not in finding_of(kept(made, 0.9, 0.0, 0.01), "mini", 1).statistic
    assert finding_of(kept(design, 0.9, 0.0, 0.01), "mini", 1).statistic.endswith("other donors")
