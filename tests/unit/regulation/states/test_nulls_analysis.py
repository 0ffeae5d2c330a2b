"""Nulls of CSSI on captured edges: meaningless strata, meaningless references, many strata."""

import numpy as np
import pytest

from cellglass.regulation.states.aggregators import AGGREGATORS
from cellglass.regulation.states.null_strata import NULLS
from cellglass.regulation.states.nulls_analysis import MEAN_OF_LAYERS, judge_cssi_nulls
from cellglass.runs.sections import StatisticsConfig


@pytest.fixture(scope="module")
def result(made):
    settings = StatisticsConfig(draws=99, bootstrap=200, stratum_shuffles=39)
    planted = made(2.0, stratum=0, seed=1)
    return judge_cssi_nulls(planted.held, planted.network, "planted", 3, settings, 1, min_cells=20)


def test_every_score_null_and_aggregator_has_a_row_with_both_gains(result):
    table = result.tables["cssi_nulls"]
    assert len(table) == 2 * len(NULLS) * len(AGGREGATORS)
    assert set(table["score"]) == {"|Spearman|", MEAN_OF_LAYERS}
    assert table[["gain", "null_gain", "null_sd", "p"]].notna().all(None)
    assert (table["draws"] == 39).all()
    assert set(result.captions) == set(result.tables)


def test_edges_of_one_state_gain_more_than_under_any_null(result):
    table = result.tables["cssi_nulls"].set_index(["score", "null", "aggregator"])
    for null in NULLS:
        row = table.loc[(MEAN_OF_LAYERS, null, "max")]
        assert row["gain"] > row["null_high"]
        assert row["p"] == pytest.approx(1 / 40)


def test_expression_without_edges_gains_nothing(result):
    table = result.tables["cssi_nulls"]
    noise = table[(table["score"] == "|Spearman|") & table["aggregator"].isin(["max", "mean"])]
    assert (noise["p"] > 0.025).all()


def test_permuted_genes_keep_the_scores_and_find_nothing_on_average(result):
    table = result.tables["cssi_nulls"]
    genes = table[(table["null"] == "genes") & (table["score"] == MEAN_OF_LAYERS)]
    assert (genes["null_gain"].abs() < 0.05).all()
    assert genes.set_index("aggregator").loc["std", "null_sd"] > 0.01


def test_the_sweep_goes_as_far_as_there_are_units(result):
    sweep = result.tables["sweep"]
    cells = sweep[sweep["score"] == "|Spearman|"]["n_strata"]
    groups = sweep[sweep["score"] == MEAN_OF_LAYERS]["n_strata"]
    assert (cells.min(), cells.max()) == (2, 20)  # 120 cells
    assert groups.max() == 4  # 24 groups: five to a stratum
    assert (sweep["random_low"] <= sweep["random_mean"]).all()
    assert {f.options["score"] for f in result.figures} == set(sweep["score"])


def test_findings_are_of_unit_a16_and_name_their_null(result):
    assert {f.tags["unit"] for f in result.findings} == {"A16"}
    assert {f.null.family for f in result.findings} == {
        "permuted strata", "uniform strata", "genes permuted",
    }  # fmt: skip
    assert {f.kind for f in result.findings} == {"descriptive"}
    (noise,) = [n for n in result.notes if n.startswith("Permuted strata change the AUROC of |Sp")]
    best = result.tables["cssi_nulls"].query("null == 'permuted' and score == '|Spearman|'")
    assert f"({best['null_gain'].max():+.3f}): a gain of that size says nothing" in noise
    assert result.checks[0].state == "passed"


def test_no_strata_is_not_applicable(made, quick):
    planted = made(0.0, seed=12)
    planted.held.study.stratum[:] = 0
    found = judge_cssi_nulls(planted.held, planted.network, "planted", 3, quick, 1, min_cells=20)
    assert [str(v.state) for v in found.verdicts] == ["NOT APPLICABLE"]


def test_gains_of_permuted_genes_by_the_slow_way(made, quick):
    from cellglass.regulation.networks.recovery import Pairs
    from cellglass.regulation.states.judged_pairs import JudgedPairs
    from cellglass.regulation.states.nulls_analysis import _permuted_genes
    from cellglass.regulation.states.scorers import SCORES
    from cellglass.seeds import generator
    from cellglass.stats import auroc

    rng = np.random.default_rng(0)
    names = tuple(f"G{i}" for i in range(12))
    labels, mask = rng.random((4, 12)) < 0.3, ~np.eye(4, 12, dtype=bool)
    pairs = Pairs(names[:4], names, labels & mask, mask, "net")
    judged = JudgedPairs.of(pairs)
    scores = rng.integers(0, 9, (len(SCORES), len(judged))).astype(float)
    found = _permuted_genes(scores, judged, pairs, 3, 5, "x")
    for draw in range(3):
        order = generator(5, f"x/genes/{draw}").permutation(12)
        wrong = pairs.labels[:, order].ravel()[judged.index]
        expected = [auroc(s, wrong) for s in scores]
        np.testing.assert_allclose(found[draw], np.array(expected[1:]) - expected[0], atol=1e-12)
