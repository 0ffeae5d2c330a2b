"""Products as null models: the numbers against scikit-learn, and what prominence does."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.regulation.networks.baselines import margin_scores
from cellglass.regulation.networks.layer_scores import Score, judged_pairs, single_gene_scores
from cellglass.regulation.networks.products import PRODUCTS, RECOVERY, products_table
from cellglass.regulation.networks.resampled import RegulatorBootstrap


@pytest.fixture(scope="module")
def prominent(made):
    """A network of edges to genes with a high mean, and a score that knows no more than that."""
    planted = made(0.0)
    pairs, _ = judged_pairs(planted.held, planted.network, "n", 3)
    rng = np.random.default_rng(0)
    mean = planted.held.genes["mean"].to_numpy()
    level = (mean - mean.mean()) / mean.std()
    odds = 1 / (1 + np.exp(2.2 - 1.5 * level))
    labels = (rng.random(pairs.labels.shape) < odds) & pairs.mask
    pairs = replace(pairs, labels=labels)
    echo = np.tile(level, (len(pairs.regulators), 1)) + 0.8 * rng.normal(size=labels.shape)
    knows = 2.0 * labels + rng.normal(size=labels.shape)
    return planted.held, pairs, {"echo": echo, "knows": knows}


@pytest.fixture(scope="module")
def table(prominent):
    from cellglass.runs.sections import StatisticsConfig

    held, pairs, scores = prominent
    boot = RegulatorBootstrap.of(pairs, StatisticsConfig(bootstrap=300), 1, "t")
    named = [Score(n, "candidate", lambda m=m: m) for n, m in scores.items()]
    singles = single_gene_scores(held.statistics(pairs.regulators), pairs)
    return products_table(pairs, named, singles, boot).set_index("score")


def test_every_number_is_an_auroc_of_that_score(prominent, table):
    held, pairs, scores = prominent
    truth = pairs.labels[pairs.mask]
    products = held.statistics(pairs.regulators).scores(pairs.out_degree)
    for name, matrix in {**scores, **products}.items():
        assert table.loc[name, "auroc"] == pytest.approx(roc_auc_score(truth, matrix[pairs.mask]))
    margins = margin_scores(scores["echo"], pairs.mask)
    for name, matrix in margins.items():
        found = table.loc["echo", f"auroc_{name.replace(' ', '_')}"]
        assert found == pytest.approx(roc_auc_score(truth, matrix[pairs.mask]))


def test_a_score_that_echoes_prominence_loses_to_single_genes(table):
    row = table.loc["echo"]
    assert row["auroc"] > 0.7  # it looks like knowledge
    assert row["over_single_gene_high"] < 0
    assert row["best_single_gene"] == "target mean"
    assert row["over_product"] == pytest.approx(row["auroc"] - row["auroc_best_product"])


def test_a_score_that_knows_the_pairs_beats_the_best_product(table):
    row = table.loc["knows"]
    assert row["over_product_low"] > 0
    assert row["over_single_gene_low"] > 0
    assert row["p_over_product"] < 0.01
    assert row["best_product"] in (*PRODUCTS, "own marginal product")


def test_within_a_regulator_a_product_is_the_target_alone(table):
    """A regulator's own level does not reorder its genes."""
    for name in ("mean", "variance", "detection"):
        product, target = (table.loc[f"{n}", "auroc_per_regulator"]
                           for n in (f"{name} product", f"target {name}"))  # fmt: skip
        assert product == pytest.approx(target)


def test_columns_that_every_row_fills_are_filled(table):
    assert table.reset_index()[list(RECOVERY)].notna().all().all()
