"""Five nulls: what each keeps, and which scores each lets through."""

import numpy as np
import pandas as pd
import pytest

from cellglass.regulation.networks.baselines import GeneStatistics
from cellglass.regulation.networks.nulls import NULLS, NullTable, _make, network_nulls
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import auroc

R, G = 15, 90


@pytest.fixture(scope="module")
def problem() -> dict:
    """A network with hubs on both sides; masked pairs; gene statistics that say nothing."""
    rng = np.random.default_rng(0)
    odds = np.outer(rng.lognormal(0, 0.5, R), rng.lognormal(0, 0.9, G))
    labels = rng.random((R, G)) < 0.08 * odds
    mask = rng.random((R, G)) < 0.95
    mask[np.arange(R), np.arange(R)] = False
    labels &= mask
    names = [f"G{i}" for i in range(G)]
    features = pd.DataFrame(
        {"mean": rng.uniform(1, 2, G), "variance": 1.0, "detection": rng.uniform(0.5, 1, G)},
        index=names,
    )
    return {
        "labels": labels,
        "mask": mask,
        "statistics": GeneStatistics.of(features, tuple(names[:R]), tuple(names)),
        "knows": labels + rng.normal(size=(R, G)),
        "target degree": np.tile(labels.sum(0), (R, 1)) + 0.0,
        "noise": rng.normal(size=(R, G)),
    }


@pytest.fixture(scope="module")
def found(problem) -> NullTable:
    scores = {k: problem[k] for k in ("knows", "target degree", "noise")}
    return network_nulls(
        problem["labels"], problem["mask"], scores, problem["statistics"],
        adjust_over=["knows", "noise"], settings=StatisticsConfig(draws=99), seed=1, task="t",
    )  # fmt: skip


def test_every_mandatory_null_runs_and_checks_itself(found):
    assert list(found.checks) == list(NULLS)
    assert all(c.passed for c in found.checks.values()), found.checks
    assert len(found.table) == 5 * 3


def test_knowledge_of_pairs_beats_all_and_noise_none(found):
    assert all(p <= 0.05 for p in found.adjusted("knows").values())
    assert min(found.adjusted("noise").values()) > 0.05


def test_target_degree_beats_the_label_null_but_not_those_that_keep_it(found):
    p = found.adjusted("target degree")
    assert p["label"] == pytest.approx(0.01)
    assert p["degree"] == p["score column"] == 1.0
    constant = found.table.query("score == 'target degree' and null == 'degree'").iloc[0]
    assert constant["null_mean"] == pytest.approx(constant["observed"])
    assert constant["null_sd"] == pytest.approx(0, abs=1e-12)


def test_observed_is_the_pooled_auroc(problem, found):
    row = found.table.query("score == 'knows' and null == 'degree'").iloc[0]
    mask = problem["mask"]
    assert row["observed"] == pytest.approx(auroc(problem["knows"][mask], problem["labels"][mask]))


def test_candidates_pay_for_the_choice_and_references_do_not(found):
    table = found.table.set_index(["null", "score"])
    for null in NULLS:
        assert table.loc[(null, "noise"), "p_adjusted"] >= table.loc[(null, "noise"), "p"] - 0.02
        other = table.loc[(null, "target degree")]
        assert other["p_adjusted"] == other["p"]


def test_summaries_hold_the_adjusted_p(found):
    summaries = found.summaries("knows")
    assert {k: s.p for k, s in summaries.items()} == found.adjusted("knows")
    assert all(s.draws == 99 for s in summaries.values())


@pytest.mark.parametrize("null", NULLS)
def test_draws_keep_what_is_said_and_fill_no_structural_zero(problem, null):
    labels, mask = problem["labels"], problem["mask"]
    made = {n.name: n for n in _make(labels, mask, problem["statistics"])}[null]
    drawn = made.draw_positives(np.random.default_rng(3), 20)
    kept_rows = kept_columns = True
    for positives in drawn:
        new = np.zeros(labels.size, bool)
        new[positives] = True
        new = new.reshape(labels.shape)
        assert not (new & ~mask).any()
        kept_rows &= bool((new.sum(1) == labels.sum(1)).all())
        kept_columns &= bool((new.sum(0) == labels.sum(0)).all())
        assert (new != labels).any()
    keeps = {
        "label": (False, False),
        "label within regulator": (True, False),
        "degree": (True, True),
        "score column": (False, True),
    }
    if null in keeps:
        assert (kept_rows, kept_columns) == keeps[null]
