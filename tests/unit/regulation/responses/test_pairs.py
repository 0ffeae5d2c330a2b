from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata, spearmanr

from cellglass.data import EdgeTable
from cellglass.data.screens import open_screen, read_fold_changes
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.responses.calls import call_responses
from cellglass.regulation.responses.folds import MeasuredFolds
from cellglass.regulation.responses.measured import measure
from cellglass.regulation.responses.pairs import gene_columns, response_pairs
from cellglass.runs.sections import ResponsesConfig

SOURCES = tuple(f"G{i}" for i in range(12))


@pytest.fixture(scope="module")
def found(world):
    w = world(1.0)
    return w, w.judged.scored.pairs


def test_labels_are_called_over_the_subjects_genes(found):
    w, pairs = found
    called = call_responses(w.measured, w.judged.responses)
    assert sorted(pairs.perturbations) == sorted(SOURCES)
    for p, name in enumerate(pairs.perturbations):
        own, row = int(name[1:]), called.perturbations.index(name)
        assert pairs.place[p] == row
        want = np.arange(90) != own
        np.testing.assert_array_equal(pairs.mask[p], want)
        np.testing.assert_array_equal(pairs.labels[p], called.responds[row] & want)
    assert pairs.n == 12


def test_scores_of_a_perturbation_are_those_of_its_genes_row(found):
    w, pairs = found
    scores = w.held.edges.candidate("score").scores
    matrix = pairs.of(scores)
    for p, name in enumerate(pairs.perturbations):
        row = SOURCES.index(name)
        np.testing.assert_array_equal(matrix[p, pairs.mask[p]], scores[row, pairs.mask[p]])
        assert (matrix[p, ~pairs.mask[p]] == 0).all()


def test_coexpression_is_scipys(found):
    w, pairs = found
    matrix = pairs.coexpression()
    for p in (0, 5):
        own = int(pairs.perturbations[p][1:])
        for gene in (1, 40, 85):
            want = spearmanr(w.held.expression[:, own], w.held.expression[:, gene]).statistic
            assert matrix[p, gene] == pytest.approx(abs(want), abs=1e-9)


def test_what_became_of_every_perturbation(found):
    _, pairs = found
    fate = pairs.fate.set_index("perturbation")
    assert (fate.loc[list(SOURCES), "fate"] == "judged").all()
    assert fate.loc["UNMEASURED", "fate"] == "whose gene has no score"
    assert fate.loc["G20", "fate"] == "with too few cells"
    assert fate.loc["G0+G1", "fate"] == "of several genes"
    assert fate.loc["G20", "responders"] == 0
    assert fate.loc["G3", "responders"] >= 10
    assert pairs.reduction() == (
        "12 of 15 perturbations of simulated judged; 1 with too few cells (G20), 1 whose gene has "
        "no score (UNMEASURED) and 1 of several genes (G0+G1)."
    )


def test_a_perturbation_needs_responding_and_other_genes(world):
    rule = world().judged.responses.model_copy(update={"min_responders": 14})
    w = world(rule=rule)
    pairs = response_pairs(w.held, w.measured, rule)
    called = call_responses(w.measured, rule)
    want = [p for p in called.perturbations if p in SOURCES
            and called.n_responders[called.perturbations.index(p)] >= 14]  # fmt: skip
    assert 0 < len(want) < 12
    assert list(pairs.perturbations) == want
    assert f"{12 - len(want)} with fewer than 14 responding (or other) genes" in pairs.reduction()


def test_pairs_without_a_score_are_not_judged(world):
    w = world()
    scores = w.held.edges.candidate("score").scores.copy()
    scores[4, 30:40] = np.nan
    w.held.edges = FixedEdges(EdgeTable(scores, SOURCES, w.held.edges.targets), "score")
    pairs = response_pairs(w.held, w.measured, w.judged.responses)
    p = pairs.perturbations.index("G4")
    assert not pairs.mask[p, 30:40].any()
    assert not pairs.labels[p, 30:40].any()
    assert pairs.mask[p].sum() == 79
    assert np.isfinite(pairs.of(scores)).all()


def test_doubles_get_the_mean_of_the_ranks_of_both_genes(world):
    rule = world().judged.responses.model_copy(update={"doubles": "mean"})
    w = world(1.0, rule=rule)
    pairs = response_pairs(w.held, w.measured, rule)
    p = pairs.perturbations.index("G0+G1")
    assert pairs.sources[p] == ("G0", "G1")
    judged = np.setdiff1d(np.arange(90), [0, 1])
    np.testing.assert_array_equal(np.flatnonzero(pairs.mask[p]), judged)
    scores = w.held.edges.candidate("score").scores
    want = (rankdata(scores[0, judged]) + rankdata(scores[1, judged])) / 2
    np.testing.assert_array_equal(pairs.of(scores)[p, judged], want)
    expression = w.held.expression
    rho = np.abs([[spearmanr(expression[:, i], expression[:, j]).statistic for j in judged]
                  for i in (0, 1)])  # fmt: skip
    np.testing.assert_allclose(
        pairs.coexpression()[p, judged], rankdata(rho, axis=1).mean(0), atol=0.51
    )
    assert (
        np.corrcoef(pairs.coexpression()[p, judged], rankdata(rho, axis=1).mean(0))[0, 1] > 0.9999
    )
    # what shares a perturbed gene belongs together
    names = np.array(pairs.perturbations)
    together = names[pairs.groups == pairs.groups[p]].tolist()
    assert sorted(together) == ["G0", "G0+G1", "G1"]
    assert len(set(pairs.groups.tolist())) == 11


def test_a_table_may_score_genes_that_are_not_measured(world):
    w = world(sources=(*SOURCES, "UNMEASURED"))
    pairs = response_pairs(w.held, w.measured, w.judged.responses)
    p = pairs.perturbations.index("UNMEASURED")
    assert pairs.mask[p].all()
    matrix = pairs.coexpression()
    assert np.isnan(matrix[p]).all()
    assert np.isfinite(np.delete(matrix, p, axis=0)).all()


def test_the_subject_may_call_genes_by_other_names(world):
    """A model's vocabulary renames a gene; the perturbed one is found by its column."""
    w = world(1.0)
    plain = response_pairs(w.held, w.measured, w.judged.responses)
    renamed = {"G3": "ALIAS3", "G50": "ALIAS50"}
    targets = tuple(renamed.get(g, g) for g in w.held.edges.targets)
    sources = tuple(renamed.get(g, g) for g in w.held.edges.sources)
    scores = w.held.edges.candidate("score").scores
    w.held.edges = FixedEdges(EdgeTable(scores, sources, targets), "score")
    w.held.genes["gene"] = list(targets)
    pairs = response_pairs(w.held, w.measured, w.judged.responses)
    p = pairs.perturbations.index("G3")
    assert pairs.sources[p] == ("ALIAS3",)
    assert pairs.genes[50] == "ALIAS50"
    np.testing.assert_array_equal(pairs.labels, plain.labels)
    np.testing.assert_array_equal(pairs.mask, plain.mask)
    np.testing.assert_array_equal(pairs.of(scores), plain.of(scores))


def test_the_order_of_the_subjects_genes_changes_nothing(world):
    """Genes that stand in another order than in the screen are matched by their columns."""
    w = world(1.0)
    plain = response_pairs(w.held, w.measured, w.judged.responses)
    order = np.random.default_rng(3).permutation(90)[:70]
    order = np.concatenate([order, np.setdiff1d(np.arange(12), order)])
    scores = w.held.edges.candidate("score").scores
    names = np.array(w.held.edges.targets)[order]
    w.held.edges = FixedEdges(EdgeTable(scores[:, order], SOURCES, tuple(names)), "score")
    w.held.genes = w.held.genes.iloc[order].reset_index(drop=True)
    w.held.expression = w.held.expression[:, order]
    pairs = response_pairs(w.held, w.measured, w.judged.responses)
    assert pairs.genes == tuple(names)
    p, q = pairs.perturbations.index("G5"), plain.perturbations.index("G5")
    np.testing.assert_array_equal(pairs.mask[p], plain.mask[q][order])
    np.testing.assert_allclose(pairs.coexpression()[p], plain.coexpression()[q][order], atol=1e-9)
    difference = pairs.responses.difference[pairs.place[p]]
    np.testing.assert_allclose(difference, plain.responses.difference[plain.place[q]][order])
    np.testing.assert_allclose(pairs.features["mean"], plain.features["mean"].to_numpy()[order])


def test_only_some_genes_may_count(world):
    w = world(1.0)
    keep = np.arange(90) % 2 == 0
    pairs = response_pairs(w.held, w.measured, w.judged.responses, columns=keep)
    assert len(pairs.genes) == 45
    scores = w.held.edges.candidate("score").scores
    p = pairs.perturbations.index("G3")  # judged, though not among the genes that count
    assert pairs.mask[p].all()
    np.testing.assert_array_equal(pairs.of(scores)[p], scores[3, keep])
    called = call_responses(w.measured, w.judged.responses, columns=np.flatnonzero(keep))
    np.testing.assert_array_equal(pairs.labels[p], called.responds[pairs.place[p]])


def test_a_subset_keeps_all_responses_for_the_baselines(found):
    _, pairs = found
    some = pairs.subset(np.isin(pairs.perturbations, ["G2", "G7"]))
    assert some.perturbations == ("G2", "G7")
    assert some.responses is pairs.responses
    at = [pairs.perturbations.index(p) for p in ("G2", "G7")]
    np.testing.assert_array_equal(some.place, pairs.place[at])
    assert some.labels.shape == some.mask.shape == (2, 90)


def test_nothing_to_judge_is_told_and_no_error(world):
    w = world(sources=("G30", "G31"))
    pairs = response_pairs(w.held, w.measured, w.judged.responses)
    assert pairs.n == 0
    assert pairs.labels.shape == (0, 90)
    assert "0 of 15 perturbations of simulated judged" in pairs.reduction()
    assert pairs.coexpression().shape == (0, 90)
    assert "13 whose gene has no score (G0, G1, G10, G11, ...)" in pairs.reduction()


def test_fold_changes_meet_the_subject_by_name(world, tmp_path):
    w = world(1.0)
    genes = [f"G{i}" for i in range(40, 90)]
    frame = pd.DataFrame({"symbol": [*genes, "ELSE"], "G2": 0.0, "G5": 0.0, "NEW": 1.0})
    frame.loc[:5, ["G2", "G5"]] = 2.0
    frame.loc[7, "G5"] = np.nan
    frame.to_csv(tmp_path / "kd.csv", index=False)
    folds = MeasuredFolds.of(read_fold_changes(tmp_path / "kd.csv"), modality="", cell_line="")
    where = gene_columns(w.held, folds)
    assert where[:40].tolist() == [-1] * 40
    assert where[40:].tolist() == list(range(50))
    pairs = response_pairs(w.held, folds, w.judged.responses)
    assert pairs.perturbations == ("G2", "G5")
    assert pairs.genes == tuple(genes)
    assert pairs.labels.sum(1).tolist() == [6, 6]
    assert not pairs.mask[1, 7]
    assert "1 whose gene has no score (NEW)" in pairs.reduction()


def test_norman_and_mcfaline_lose_almost_all(shared_data):
    """Their targets are not among the 500 genes: said in numbers, never averaged away."""
    rule = ResponsesConfig()
    norman = measure(open_screen(shared_data("perturbation/norman2019_k562_crispra.h5ad")), rule, 1)
    mcfaline = measure(
        open_screen(
            shared_data("perturbation/mcfaline2023_gbm_crispri.h5ad"), where={"cell_type": "A172"}
        ), rule, 1,
    )  # fmt: skip
    assert int(norman.table["measured"].sum()) == 1
    assert int(mcfaline.table["measured"].sum()) == 0
    assert norman.report["n_double"] == 15


def test_a_perturbation_without_a_cell_that_has_a_count_is_told_as_such(world):
    w = world()
    table = w.measured.table.copy()
    table.loc[table["perturbation"] == "G20", "n_cells"] = 0
    pairs = response_pairs(w.held, replace(w.measured, table=table), w.judged.responses)
    fate = pairs.fate.set_index("perturbation")["fate"]
    assert fate["G20"] == "without any cell that has a count"
    assert "1 without any cell that has a count (G20)" in pairs.reduction()
