"""What residuals keep: gene-level echoes nothing, pair knowledge most, hidden knowledge more."""

import numpy as np
import pandas as pd
import pytest

from cellglass.regulation.networks.baselines import GeneStatistics
from cellglass.regulation.networks.covariates import GENE_LEVEL, PAIRWISE, covariate_sets
from cellglass.regulation.networks.layer_scores import Score
from cellglass.regulation.networks.recovery import Pairs
from cellglass.regulation.networks.resampled import RegulatorBootstrap
from cellglass.regulation.networks.residuals import (
    ITSELF,
    SUPPRESSOR,
    UNDEFINED,
    Residualisation,
)
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import auroc, cross_fitted_residuals, out_of_sample_r2
from cellglass.stats.bootstrap import expanded_tail

R, G = 30, 150
NAMES = tuple(f"G{i}" for i in range(G))


@pytest.fixture(scope="module")
def problem():
    """Edges to variable genes, half of what decides them; the rest belongs to the pair."""
    rng = np.random.default_rng(0)
    features = pd.DataFrame(
        {"mean": rng.uniform(0.5, 2, G), "variance": rng.uniform(0.5, 2, G),
         "detection": rng.uniform(0.4, 1, G)}, index=list(NAMES),
    )  # fmt: skip
    mask = np.ones((R, G), bool)
    mask[np.arange(R), np.arange(R)] = False
    level = features["variance"].to_numpy()
    level = (level - level.mean()) / level.std()
    own = rng.normal(size=(R, G))
    labels = (rng.random((R, G)) < 1 / (1 + np.exp(2.5 - level - own))) & mask
    pairs = Pairs(NAMES[:R], NAMES, labels, mask, "n")
    signed = np.tanh(0.4 * own + rng.normal(size=(R, G)))
    noise = rng.normal(size=(R, G))
    scores = {
        "echo": np.tile(level, (R, 1)) + 0.5 * noise,
        "pair": own + 0.5 * noise,
        "hidden": own - 0.8 * level,  # the wrong use of the level hides what it knows
        "noise": noise,
        "co-expression": 1.0 * np.abs(signed),
    }
    statistics = GeneStatistics.of(features, NAMES[:R], NAMES)
    sets = {s.name: s for s in covariate_sets(pairs, statistics, lambda: signed)}
    boot = RegulatorBootstrap.of(pairs, StatisticsConfig(bootstrap=300), 1, "t")
    named = [Score(n, "candidate", lambda m=m: m) for n, m in scores.items()]
    named.append(Score("|Spearman|", "reference", lambda: np.abs(signed)))
    return pairs, sets, Residualisation(boot, 1, "folds", seeds=3), named, scores


@pytest.fixture(scope="module")
def table(problem):
    _, sets, work, named, _ = problem
    return work.table(named, sets[GENE_LEVEL], "linear").set_index("score")


def test_numbers_are_those_of_the_residuals(problem, table):
    pairs, sets, _, _, scores = problem
    truth, values = pairs.labels[pairs.mask], scores["pair"][pairs.mask]
    left = cross_fitted_residuals(
        sets[GENE_LEVEL].make(), values, seed=1, task=f"folds/{GENE_LEVEL}/linear/0"
    )
    row = table.loc["pair"]
    assert row["auroc"] == pytest.approx(auroc(values, truth))
    assert row["auroc_residual"] == pytest.approx(auroc(left, truth))
    assert row["retained"] == pytest.approx((row["auroc_residual"] - 0.5) / (row["auroc"] - 0.5))
    assert row["r2"] == pytest.approx(out_of_sample_r2(values, left))
    assert row["r2_low"] <= row["r2"] <= row["r2_high"]
    others = [
        auroc(cross_fitted_residuals(sets[GENE_LEVEL].make(), values, seed=1,
                                     task=f"folds/{GENE_LEVEL}/linear/{k}"), truth)
        for k in range(3)
    ]  # fmt: skip
    assert row["seed_sd"] == pytest.approx(np.std(others, ddof=1))


def test_an_echo_of_single_genes_keeps_nothing(table):
    row = table.loc["echo"]
    assert row["auroc"] > 0.65
    assert row["retained_high"] < 0.3
    assert row["r2"] > 0.6
    assert row["reading"] == "less than 80% retained"


def test_knowledge_of_pairs_is_kept(table):
    assert table.loc["pair", "retained_low"] > 0.8
    assert table.loc["pair", "reading"] in ("80% or more retained", SUPPRESSOR)
    assert table.loc["pair", "over_spearman_low"] > 0


def test_what_covariates_had_hidden_is_called_a_suppressor_effect(table):
    row = table.loc["hidden"]
    assert row["reading"] == SUPPRESSOR
    assert row["change_low"] > 0
    assert row["retained"] > 1.2


def test_nothing_is_retained_of_nothing(table):
    """(0.503 - 0.5) / (0.502 - 0.5) = 1.5 would be no pass."""
    row = table.loc["noise"]
    assert row["reading"] == UNDEFINED
    assert np.isnan([row["retained"], row["retained_low"], row["retained_high"]]).all()
    assert np.isfinite(row["auroc_residual"])


def test_pairwise_covariates_take_co_expression_and_leave_single_genes(problem):
    _, sets, work, named, _ = problem
    found = work.table(named, sets[PAIRWISE], "linear").set_index("score")
    assert found.loc["echo", "retained_low"] > 0.9
    assert abs(found.loc["co-expression", "auroc_residual"] - 0.5) < 0.05
    row = found.loc["|Spearman|"]
    assert row["reading"] == ITSELF
    assert np.isnan(row["auroc_residual"])
    assert np.isnan(found.loc["pair", "over_spearman"])  # nothing to compare with


def test_trees_take_out_what_no_line_follows(problem):
    _, sets, work, _, scores = problem
    bend = np.tile((scores["echo"].mean(0) > 0) * 1.0, (R, 1)) + 0.05 * scores["noise"]
    named = [Score("bend", "candidate", lambda: bend)]
    linear, boosted = (
        work.table(named, sets[GENE_LEVEL], model).iloc[0] for model in ("linear", "boosted")
    )
    assert boosted["r2"] > linear["r2"] + 0.1
    assert boosted["r2"] > 0.9
    assert np.isnan(boosted["seed_sd"])


def test_a_constant_score_is_not_applicable(problem):
    _, sets, work, _, _ = problem
    flat = [Score("flat", "candidate", lambda: np.ones((R, G)))]
    assert work.table(flat, sets[GENE_LEVEL], "linear").iloc[0]["reading"] == UNDEFINED


def test_bounds_of_the_fraction_come_from_ratios_within_resamples(problem, table):
    pairs, sets, work, _, scores = problem
    values = scores["echo"][pairs.mask]
    left = cross_fitted_residuals(
        sets[GENE_LEVEL].make(), values, seed=1, task=f"folds/{GENE_LEVEL}/linear/0"
    )
    raw, residual = work.boot.pooled_values(values), work.boot.pooled_values(left)
    shares = (residual.draws[0] - 0.5) / (raw.draws[0] - 0.5)
    tail = expanded_tail(raw.n, 0.95)
    expected = np.quantile(shares, [tail, 1 - tail])
    assert table.loc["echo", ["retained_low", "retained_high"]].to_numpy(float) == pytest.approx(
        expected
    )
