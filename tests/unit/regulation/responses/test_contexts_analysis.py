import numpy as np
import pytest
from scipy import stats

from cellglass import pl
from cellglass.regulation.responses import contexts_analysis as module
from cellglass.regulation.responses.contexts_analysis import READS, judge_contexts, unit_of
from cellglass.regulation.responses.judges import JUDGES
from cellglass.stats import boosted_classifier

LABEL = {"model": "S"}


@pytest.fixture(scope="module")
def results(world):
    """The same subject in three screens, in one of which it cannot be judged."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosted_classifier, "TREES", 5)
        worlds = {
            "one": world(1.5, kind="model"), "two": world(1.5, kind="model", screen=1),
            "none": world(kind="model", sources=("G30",)),
        }  # fmt: skip
        return {s: {what: JUDGES[what](w.judged) for what in READS} for s, w in worlds.items()}


ABOUT = {"one": ("CRISPRi", "K562"), "two": ("CRISPRa", "K562"), "none": ("", "")}


@pytest.fixture(scope="module")
def result(results):
    return judge_contexts(results, ABOUT, LABEL, 1)


def test_one_row_a_screen_with_what_the_others_found(results, result):
    table = result.tables["contexts"].set_index("screen")
    assert list(table.index) == ["one", "two", "none"]
    for screen in ("one", "two"):
        scores = results[screen]["response"].tables["responses"]
        own = scores[scores["configuration"] == "primary"].set_index("score")
        row = table.loc[screen]
        assert row["auroc"] == own.iloc[0]["auroc"]
        assert row["coexpression"] == own.loc["|Spearman|", "auroc"]
        baselines = results[screen]["response_baselines"].tables["baselines"].set_index("ranking")
        single = baselines.loc[["target variance", "target mean", "target detection"]]
        best = single.loc[single["auroc"].idxmax()]
        assert (
            row["best_single_gene"] == best["auroc"]
        )  # what targets do elsewhere is no gene's own
        assert (
            row["difference"]
            == best["difference"]
            == pytest.approx(row["auroc"] - row["best_single_gene"])
        )
        assert row["difference_low"] == best["difference_low"]
        increments = results[screen]["response_increment"].tables["increments"]
        gain = increments[(increments["model"] == "logistic")
                          & (increments["new"] == "new perturbations")
                          & (increments["features"] == "single genes + pairwise part")]  # fmt: skip
        assert row["gain"] == gain["gain"].item()
        matched = results[screen]["response_matched"].tables["matched"]
        assert row["auroc_matched"] == matched["auroc"].iloc[0]
        assert row["beats_single_genes"] == str(
            results[screen]["response_baselines"].verdicts[0].state
        )
    assert np.isnan(table.loc["none", "auroc"])
    assert table.loc["none", "beats_single_genes"] == "NOT APPLICABLE"
    assert (table.loc["none", "modality"], table.loc["none", "n_perturbations"]) == (
        "not stated",
        0,
    )


def test_findings_of_screens_that_could_be_judged(result):
    assert [f.tags["screen"] for f in result.findings] == ["one", "two"]
    assert [f.tags["unit"] for f in result.findings] == ["A46", "A38"]
    table = result.tables["contexts"].set_index("screen")
    for f in result.findings:
        row = table.loc[f.tags["screen"]]
        assert (f.unit, f.n, f.kind) == ("perturbation", row["n_perturbations"], "descriptive")
        assert f.baseline == ("best single-gene ranking", row["best_single_gene"])
        assert f.increment == tuple(row[["difference", "difference_low", "difference_high"]])


def test_agreement_is_cochrans_q_of_the_paired_difference(result):
    table = result.tables["contexts"].iloc[:2]
    gap = table["difference"].to_numpy(float)
    error = (table["difference_high"] - table["difference_low"]).to_numpy(float) / 3.92
    weight = error**-2
    mean = (weight * gap).sum() / weight.sum()
    q = (weight * (gap - mean) ** 2).sum()
    assert f"weighted mean difference {mean:.3f}" in result.notes[0]
    assert f"Cochran's Q {q:.1f}, p = {stats.chi2.sf(q, 1):.2g}" in result.notes[0]
    assert "in 0 of 2 screens" in result.notes[0]


def test_no_screen_that_can_be_judged_is_no_error(results):
    twice = dict.fromkeys("ab", results["none"])
    none = judge_contexts(twice, dict.fromkeys("ab", ("", "")), LABEL, 1)
    assert none.findings == []
    assert none.notes == ["0 screens could be judged: nothing to compare."]
    (figure,) = none.figures
    drawn = getattr(pl, figure.function)(none.tables[figure.table], **figure.options)
    assert drawn.texts[0].get_text().startswith("nothing to draw")


def test_contexts_have_the_units_of_the_specification():
    assert unit_of("CRISPRa", "primary T cells") == "A38"
    assert unit_of("CRISPRko", "CD4+ T cells") == "A42"
    assert unit_of("CRISPRi", "RPE1") == "A46"
    assert unit_of("", "not stated") == "A46"


def test_results_are_read_from_the_tasks_of_every_screen(results, tmp_path, monkeypatch):
    """`contexts_result` puts folders of results together by screen and analysis."""

    class Context:
        output, seed = tmp_path / "out", 1

        @staticmethod
        def input(name):
            return tmp_path / name

    (tmp_path / "out").mkdir()
    tasks, facts = {}, {}
    for screen in ("one", "two"):
        for what in READS:
            folder = tmp_path / f"{what}-{screen}"
            folder.mkdir()
            results[screen][what].write(folder)
            tasks[f"{what}/{screen}"] = folder.name
        facts[screen] = f"responses/{screen}"

    class Facts:
        modality, cell_line = "CRISPRi", "K562"

    monkeypatch.setattr(module, "read_measured", lambda folder: Facts())
    module.contexts_result(
        Context(), subject={"kind": "model", "name": "S"}, results=tasks, facts=facts
    )
    again = module.AnalysisResult.read(tmp_path / "out")
    assert again.label == {"model": "S"}
    assert list(again.tables["contexts"]["screen"]) == ["one", "two"]
