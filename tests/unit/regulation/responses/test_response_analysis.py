import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cellglass.data import EdgeTable, Network
from cellglass.data.screens import open_screen, read_fold_changes
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.responses.calls import call_weak_responses
from cellglass.regulation.responses.folds import FOLDS, MeasuredFolds
from cellglass.regulation.responses.measured import measure
from cellglass.regulation.responses.response_analysis import (
    NESTED,
    PRIMARY,
    WEAK,
    judge_response,
)
from cellglass.regulation.responses.scored import COEXPRESSION
from cellglass.stats import State

STANDARDISED = "standardised label"


@pytest.fixture(scope="module")
def model(world):
    judged = world(1.5, kind="model", untrained=True).judged
    return judged, judge_response(judged)


def of(result, unit, **tags):
    return [f for f in result.findings if f.tags["unit"] == unit
            and all(f.tags.get(k) == v for k, v in tags.items())]  # fmt: skip


def test_every_score_by_every_way_to_call_responses(model):
    judged, result = model
    table = result.tables["responses"].set_index(["configuration", "score"])
    assert list(dict.fromkeys(table.index.get_level_values(0))) == [PRIMARY, STANDARDISED, WEAK]
    own = table.loc[PRIMARY]
    assert list(own.index[:6]) == [
        NESTED,
        "layer 0",
        "layer 1",
        "layer 2",
        COEXPRESSION,
        "untrained",
    ]
    scored = judged.scored
    for name, values in ((NESTED, scored.nested), ("layer 1", scored.values("layer 1")),
                         ("target mean", scored.values("target mean"))):  # fmt: skip
        assert own.loc[name, "auroc"] == pytest.approx(values.mean())
        assert own.loc[name, "auroc_sd"] == pytest.approx(values.std(ddof=1))
        assert own.loc[name, "p"] == pytest.approx(stats.ttest_1samp(values, 0.5).pvalue)
        assert own.loc[name, "auroc_low"] < values.mean() < own.loc[name, "auroc_high"]
    assert (own["n_perturbations"] == 12).all()
    assert own["base_rate"].nunique() == 1


def test_the_weak_configuration_is_the_published_one(model):
    judged, result = model
    table = result.tables["responses"]
    weak = table[(table["configuration"] == WEAK) & (table["score"] == "layer 2")].iloc[0]
    called = call_weak_responses(judged.measured)
    rate = np.mean([called.responds[i].sum() / called.candidate[i].sum()
                    for i, p in enumerate(called.perturbations)
                    if p in judged.scored.pairs.perturbations])  # fmt: skip
    assert weak["base_rate"] == pytest.approx(rate)
    found = of(result, "A29")
    assert {f.tags["score"] for f in found} == {NESTED, COEXPRESSION, "untrained"}
    assert {f.kind for f in found} == {"descriptive"}


def test_the_other_label_stands_beside_and_the_variance_ranking_is_told_under_both(model):
    _, result = model
    table = result.tables["responses"].set_index(["configuration", "score"])
    by = [table.loc[(c, "target variance"), "auroc"] for c in (PRIMARY, STANDARDISED)]
    told = next(n for n in result.notes if n.startswith("Ranking by target variance"))
    assert f"{by[0]:.3f} AUROC where the difference makes a response" in told
    assert f"{by[1]:.3f} where the standardised one does" in told
    assert of(result, "A30", configuration=STANDARDISED)


def test_by_a_standardised_rule_the_difference_stands_beside(world):
    rule = world().judged.responses.model_copy(update={"label": "standardised"})
    judged = world(1.0, rule=rule).judged
    result = judge_response(judged)
    configurations = list(dict.fromkeys(result.tables["responses"]["configuration"]))
    assert configurations == [PRIMARY, "difference label", WEAK]
    assert "a standardised difference of 0.3 or more" in result.method
    assert "a standardised difference of 0.3 or more" in result.captions["responses"]
    swapped = world(1.0).judged
    a = result.tables["responses"].query("configuration == 'difference label'")
    b = judge_response(swapped).tables["responses"].query("configuration == 'primary'")
    np.testing.assert_allclose(a["auroc"], b["auroc"])


def test_against_chance_with_baseline_increment_and_nulls(model):
    judged, result = model
    chance = of(result, "A30", test="t")
    (finding,) = chance
    assert (finding.unit, finding.n, finding.kind) == ("perturbation", 12, "confirmatory")
    assert finding.estimate == pytest.approx(judged.scored.nested.mean())
    assert finding.p == pytest.approx(stats.ttest_1samp(judged.scored.nested, 0.5).pvalue)
    name, value = finding.baseline
    means = {n: judged.scored.values(n).mean() for n in judged.scored.baselines}
    assert value == pytest.approx(max(means.values()))
    assert name == max(means, key=means.get)
    assert finding.increment[0] == pytest.approx(finding.estimate - value)
    assert finding.increment[1] < finding.increment[0] < finding.increment[2]
    nulls = {f.tags["null"]: f for f in of(result, "A30") if "null" in f.tags}
    assert set(nulls) == {"label within perturbation", "response degree", "perturbation swap"}
    for finding in nulls.values():
        assert finding.null.p == finding.p == 0.01
    table = result.tables["response_nulls"]
    assert set(table["score"]) == {"layer 0", "layer 1", "layer 2", COEXPRESSION}  # item N3


def test_a_control_is_no_baseline(world, judged_of):
    """Out-degree is there to say nothing; a score is not to be held against it."""
    w = world(1.0)
    degree = w.truth.sum(0)  # a reference that lists what responds: the best ranking of all
    frame = pd.DataFrame(
        [(f"G{g}", f"G{t}") for g in range(90) for t in range(degree[g])],
        columns=["source", "target"],
    )
    frame = frame[frame["source"] != frame["target"]]
    judged = judged_of(w.judged, network=Network.from_frame(frame, name="telling"))
    scored = judged.scored
    means = {n: scored.values(n).mean() for n in scored.baselines}
    assert max(means, key=means.get) == "target out-degree"
    result = judge_response(judged)
    (finding,) = of(result, "A30", test="t")
    assert finding.baseline[0] != "target out-degree"
    assert "target out-degree" in set(result.tables["responses"]["score"])
    assert finding.baseline[1] == pytest.approx(
        max(scored.values(n).mean() for n in scored.baselines if n != "target out-degree")
    )


def test_against_coexpression_by_difference_and_by_equivalence(model):
    judged, result = model
    found = {f.tags["test"]: f for f in of(result, "A33")}
    own, other = judged.scored.nested, judged.scored.values(COEXPRESSION)
    assert found["Wilcoxon"].p == pytest.approx(stats.wilcoxon(own, other).pvalue)
    assert found["Wilcoxon"].estimate == pytest.approx((own - other).mean())
    assert found["TOST"].p > 0.9
    assert found["TOST"].baseline == (COEXPRESSION, pytest.approx(other.mean()))


def test_coexpression_itself_is_equal_to_coexpression(world):
    w = world()
    scores = np.abs(spearman(w.held.expression, np.arange(12)))
    scores[np.arange(12), np.arange(12)] = np.nan
    w.held.edges = FixedEdges(EdgeTable(scores, w.held.edges.sources, w.held.edges.targets), "r")
    found = {f.tags["test"]: f for f in of(judge_response(w.judged), "A33")}
    assert found["Wilcoxon"].p == 1.0
    assert found["Wilcoxon"].estimate == 0.0
    assert found["TOST"].p == 0.0


def test_a_perturbed_gene_that_is_not_measured_is_judged_without_coexpression(world):
    result = judge_response(world(1.0, sources=("G0", "G1", "G2", "G3", "UNMEASURED")).judged)
    own = result.tables["responses"].set_index(["configuration", "score"]).loc[PRIMARY]
    assert own.loc["score", "n_perturbations"] == 5
    assert own.loc[COEXPRESSION, "n_perturbations"] == 4
    assert set(result.tables["response_nulls"]["score"]) == {"score"}
    assert {f.n for f in of(result, "A33")} == {4}


def test_every_perturbation_is_shown(model):
    judged, result = model
    table = result.tables["by_perturbation"]
    assert table["responders"].is_monotonic_decreasing
    assert sorted(table["perturbation"]) == sorted(judged.scored.pairs.perturbations)
    row = table.set_index("perturbation").loc["G4"]
    p = judged.scored.pairs.perturbations.index("G4")
    assert row[NESTED] == judged.scored.nested[p]
    assert row["genes_judged"] == 89


def test_targets_and_cells_are_checked(model, world):
    _, result = model
    checks = {c.code: c for c in result.checks}
    assert checks["I2"].state == checks["I4"].state == "passed"
    assert "the same 300 controls" in checks["I4"].detail
    assert len(result.tables["targets"]) == 12
    w = world(kind="model")
    w.held.cells = w.held.cells[:280]  # 20 cells had no tokens
    fewer = {c.code: c for c in judge_response(w.judged).checks}["I4"]
    assert (fewer.state, fewer.detail) == (
        "failed", "edges from 280 cells, responses against 300 controls",
    )  # fmt: skip
    table = {c.code: c for c in judge_response(world().judged).checks}["I4"]
    assert table.state == "not run"


def test_fold_changes_are_judged_without_tests(world, judged_of, tmp_path):
    w = world(1.0)
    scores = w.held.edges.candidate("score").scores
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"symbol": w.held.edges.targets})
    for i in range(6):
        values = rng.normal(0, 0.05, 90)
        top = np.argsort(-np.nan_to_num(scores[i], nan=-9))[:10]
        values[top] = 2.0
        frame[f"G{i}"] = values
    frame.to_csv(tmp_path / "kd.csv", index=False)
    folds = MeasuredFolds.of(
        read_fold_changes(tmp_path / "kd.csv"), modality="CRISPRi", cell_line="T"
    )
    result = judge_response(judged_of(w.judged, measured=folds))
    table = result.tables["responses"]
    assert set(table["configuration"]) == {PRIMARY}
    assert table.set_index("score").loc["score", "auroc"] == 1.0
    assert "fold changes as published" in result.method
    assert "q ≤" not in result.captions["responses"]
    assert FOLDS in result.notes
    assert {c.code: c.state for c in result.checks}["I4"] == "failed"


def test_norman_is_not_applicable_and_says_what_was_lost(world, judged_of, shared_data):
    """A model scores measured genes: one of Norman's 33 perturbations has a row, none is left."""
    path = shared_data("perturbation/norman2019_k562_crispra.h5ad")
    judged = on_screen(world, judged_of, open_screen(path, name="Norman"))
    assert judged.scored.pairs.n == 1  # TMSB4X
    result = judge_response(judged)
    (verdict,) = result.verdicts
    assert verdict.state is State.NOT_APPLICABLE
    assert "1 perturbation can be judged, 3 are needed" in verdict.sentence
    assert "1 of 33 perturbations of Norman judged" in result.notes[0]
    assert "17 whose gene has no score" in result.notes[0]
    assert "15 of several genes" in result.notes[0]
    assert result.findings == []


@pytest.mark.parametrize("line", ["A172", "T98G", "U87MG"])
def test_mcfaline_is_not_applicable_in_any_line(world, judged_of, shared_data, line):
    path = shared_data("perturbation/mcfaline2023_gbm_crispri.h5ad")
    screen = open_screen(path, name="McFaline", where={"cell_type": line})
    result = judge_response(on_screen(world, judged_of, screen))
    assert result.verdicts[0].state is State.NOT_APPLICABLE
    assert "0 of 9 perturbations of McFaline judged" in result.notes[0]
    assert "9 whose gene has no score" in result.notes[0]


def on_screen(world, judged_of, screen):
    """A subject that scores every measured gene of a screen."""
    w = world()
    rule = w.judged.responses
    measured = measure(screen, rule, 1)
    genes = pd.DataFrame({"gene": measured.genes, "column": np.arange(len(measured.genes))})
    control = measured.control()
    for name in ("mean", "variance", "detection"):
        genes[name] = getattr(control, name)[0]
    genes["row"] = True
    scores = np.random.default_rng(0).normal(size=(len(genes), len(genes)))
    w.held.edges = FixedEdges(EdgeTable(scores, measured.genes, measured.genes), "score")
    w.held.genes = genes
    w.held.expression = measured.controls.toarray().astype(np.float32)
    return judged_of(w.judged, measured=measured)


def test_papalexi_judges_three_measured_targets(world, judged_of, shared_data):
    path = shared_data("perturbation/papalexi2021_thp1_crisprko.h5ad")
    judged = on_screen(world, judged_of, open_screen(path, name="Papalexi", modality="CRISPRko"))
    assert judged.scored.pairs.perturbations == ("IFNGR2", "JAK2", "STAT1")
    result = judge_response(judged)
    assert result.verdicts == []
    assert "3 of 25 perturbations of Papalexi judged; 16 whose gene has no score" in result.notes[0]
    assert "6 with fewer than 3 responding (or other) genes" in result.notes[0]
