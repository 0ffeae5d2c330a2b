import numpy as np
import pandas as pd
import pytest

from cellglass.data.screens import read_fold_changes
from cellglass.regulation.responses.folds import MeasuredFolds
from cellglass.regulation.responses.pairs import response_pairs
from cellglass.regulation.responses.protocol_analysis import (
    FORCED,
    SAME,
    VARIABLE,
    judge_protocol,
)
from cellglass.regulation.responses.scored import COEXPRESSION
from cellglass.stats import State


def table_of(result):
    return result.tables["protocols"].set_index("protocol")


@pytest.fixture(scope="module")
def judged(world):
    return world(1.0).judged


@pytest.mark.parametrize("n_genes", [45, 60, 75])
def test_perturbed_genes_that_are_not_variable_are_lost(judged, n_genes):
    result = judge_protocol(judged, n_genes)
    table = table_of(result)
    variance = judged.held.genes["variance"].to_numpy()
    keep = set(np.argsort(-variance)[:n_genes].tolist())
    kept = [p for p in judged.scored.pairs.perturbations if int(p[1:]) in keep]
    assert table.loc[VARIABLE, "genes"] == n_genes
    assert table.loc[FORCED, "genes"] == 90
    assert 0 < len(kept) < 12
    assert table.loc[SAME, "n_perturbations"] == len(kept)
    assert f"{12 - len(kept)} of 12 perturbations are lost" in result.checks[0].detail
    assert result.checks[0].code == "I5"


def test_both_protocols_judge_what_they_say(judged):
    table = table_of(judge_protocol(judged, 60))
    scored = judged.scored
    own, other = scored.nested, scored.values(COEXPRESSION)
    assert table.loc[FORCED, "difference"] == pytest.approx((own - other).mean())
    variance = judged.held.genes["variance"].to_numpy()
    keep = np.isin(np.arange(90), np.argsort(-variance)[:60])
    pairs = response_pairs(judged.held, judged.measured, judged.responses, columns=keep)
    inside = np.array([keep[int(p[1:])] for p in pairs.perturbations])
    again = judged.score(pairs.subset(inside))
    difference = again.values("score") - again.values(COEXPRESSION)
    assert table.loc[VARIABLE, "difference"] == pytest.approx(difference.mean())
    same = np.isin(scored.pairs.perturbations, again.pairs.perturbations)
    assert table.loc[SAME, "difference"] == pytest.approx((own - other)[same].mean())


def test_the_change_is_paired_on_the_same_perturbations(judged):
    result = judge_protocol(judged, 60)
    table = table_of(result)
    first = result.findings[0]
    assert first.tags["protocol"] == "change"
    assert (first.kind, first.unit, first.tags["unit"]) == ("confirmatory", "perturbation", "A47")
    assert first.n == table.loc[SAME, "n_perturbations"]
    assert first.estimate == pytest.approx(
        table.loc[VARIABLE, "difference"] - table.loc[SAME, "difference"]
    )
    assert {f.kind for f in result.findings[1:]} == {"descriptive"}


def test_a_perturbation_that_only_the_second_set_judges_does_not_spoil_the_pairing(world):
    """q over fewer genes is smaller: a perturbation may pass there that did not before."""
    base = world(1.0).judged.responses
    w = world(1.0, rule=base.model_copy(update={"min_responders": 6, "fdr": 4.3e-7}))
    variance = np.zeros(90)
    variance[:12], variance[np.flatnonzero(w.truth[:3].any(0))] = 1.0, 1.0
    n_genes = int(variance.sum())
    w.held.genes["variance"] = variance
    assert "G1" not in w.judged.scored.pairs.perturbations
    result = judge_protocol(w.judged, n_genes)
    table = table_of(result)
    assert table.loc[VARIABLE, "n_perturbations"] > table.loc[SAME, "n_perturbations"] >= 3
    change = result.findings[0]
    assert change.tags["protocol"] == "change"
    assert change.n == table.loc[SAME, "n_perturbations"] == 5


def test_half_of_the_genes_where_the_set_would_be_all(judged):
    result = judge_protocol(judged)
    assert table_of(result).loc[VARIABLE, "genes"] == 45
    assert any(
        "holds the 45 most variable of 90 genes (half of them, because 2,000 would be all)." in n
        for n in result.notes
    )


def test_a_model_keeps_the_layer_of_the_study(world):
    table = table_of(judge_protocol(world(2.0, kind="model").judged, 60))
    assert (table["auroc"] > 0.8).all()


def test_a_gene_without_expression_has_no_protocol(world):
    judged = world(1.0, sources=(*[f"G{i}" for i in range(8)], "UNMEASURED")).judged
    table = table_of(judge_protocol(judged, 60))
    assert table.loc[FORCED, "n_perturbations"] == 8  # |Spearman| does not rank UNMEASURED


def test_fold_changes_have_protocols_too(world, judged_of, tmp_path):
    w = world(1.0)
    frame = pd.DataFrame({"symbol": w.held.edges.targets})
    rng = np.random.default_rng(0)
    for i in range(8):
        frame[f"G{i}"] = rng.normal(0, 0.7, 90)
    frame.to_csv(tmp_path / "kd.csv", index=False)
    folds = MeasuredFolds.of(read_fold_changes(tmp_path / "kd.csv"), modality="", cell_line="")
    result = judge_protocol(judged_of(w.judged, measured=folds), 60)
    table = table_of(result)
    assert table.loc[FORCED, "n_perturbations"] == 8
    assert table.loc[VARIABLE, "n_perturbations"] == table.loc[SAME, "n_perturbations"] < 8


def test_too_few_perturbations_are_not_applicable(world):
    result = judge_protocol(world(sources=("G1",)).judged)
    assert result.verdicts[0].state is State.NOT_APPLICABLE
