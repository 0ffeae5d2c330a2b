import numpy as np
import pandas as pd
import pytest

from cellglass.data.screens import read_fold_changes
from cellglass.regulation.responses.folds import MeasuredFolds
from cellglass.regulation.responses.grid import SCALARS
from cellglass.regulation.responses.grid_analysis import judge_grid
from cellglass.stats import State


@pytest.fixture(scope="module")
def result(world):
    return judge_grid(world(1.0).judged)


def test_27_points_of_which_some_are_the_same_are_told(result):
    table = result.tables["grid"]
    assert len(table) == 27
    assert "27 points, 3 of them distinct." in result.checks[0].detail
    assert result.checks[0].state == "passed"
    assert any(
        n.startswith("Clipped: 500 and 2,000 and 10,000 control cells") for n in result.notes
    )
    assert set(result.captions) == set(result.tables)


def test_findings_are_of_distinct_points_and_descriptive(result):
    assert len(result.findings) == 3 * 5
    assert {f.kind for f in result.findings} == {"descriptive"}
    assert {f.tags["unit"] for f in result.findings} == {"A32"}
    by = {(f.tags["score"], f.tags["effect"]): f for f in result.findings}
    row = result.tables["grid"].iloc[1]
    finding = by["variance", "0.5"]
    assert finding.estimate == pytest.approx(row["variance"])
    assert finding.n == row["n_variance"]
    assert finding.interval.low < finding.estimate < finding.interval.high


def test_the_summary_compares_on_the_same_pairs(result):
    table = result.tables["grid"]
    beaten = int((table["score_single_gene"] > table["score"]).sum())
    low, high = table["score"].min(), table["score"].max()
    assert (
        f"score: AUROC {low:.3f} to {high:.3f}, below the best single-gene ranking of the same "
        f"pairs at {beaten} of 27 points"
    ) in result.notes[-2]
    assert beaten == 0
    assert (table[[f"n_{s}" for s in SCALARS]].nunique(axis=1) == 1).all()


def test_where_the_score_ranks_nothing_single_genes_stay_and_the_verdict_says_so(world):
    result = judge_grid(world(sources=("G30",)).judged)
    (verdict,) = result.verdicts
    assert verdict.state is State.NOT_APPLICABLE
    assert "the score ranks 0 perturbations at most, 3 are needed" in verdict.sentence
    assert result.checks[0].state == "not run"
    assert np.isfinite(result.tables["grid"]["variance"]).all()
    assert {f.tags["score"] for f in result.findings} == {*SCALARS, "|Spearman|"}
    assert "score: no point with 2 perturbations" in result.notes[-2]


def test_a_model_goes_by_the_layer_of_the_study(world):
    result = judge_grid(world(2.0, kind="model").judged)
    assert (result.tables["grid"]["score"] > 0.8).all()


def test_fold_changes_cannot_be_called_anew(world, judged_of, tmp_path):
    pd.DataFrame({"symbol": ["G1", "G2"], "G1": [-1, 1]}).to_csv(tmp_path / "kd.csv", index=False)
    folds = MeasuredFolds.of(read_fold_changes(tmp_path / "kd.csv"), modality="", cell_line="")
    (verdict,) = judge_grid(judged_of(world().judged, measured=folds)).verdicts
    assert verdict.state is State.NOT_APPLICABLE
    assert "fold changes come without cells" in verdict.sentence
