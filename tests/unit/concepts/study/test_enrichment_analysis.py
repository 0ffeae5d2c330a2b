"""What genes of concepts mean: verdicts of libraries, and what is told of them."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy.stats import binomtest

from cellglass import pl
from cellglass.concepts.study.enrichment import SHARES, enrich_library
from cellglass.concepts.study.enrichment_analysis import (
    MARGIN,
    interval_of_share,
    judge,
)
from cellglass.runs.concepts_section import EnrichmentConfig
from cellglass.runs.result import AnalysisResult
from cellglass.stats import decide

SETTINGS = {"smallest": 5, "permutations": 2000, "null_lists": 19}


def enriched(gene_scores, root, *, options=None, **scores):
    """A library of the planted programs, one of other genes, one that meets no gene."""
    made = gene_scores.write_scores(root / "scores", **scores)
    found = gene_scores.Folders(root, **{gene_scores.ATTRIBUTED: made})
    sets = gene_scores.programs()
    libraries = {
        "programs": sets,
        "others": {n: g for n, g in sets.items() if n.startswith("OTHER")},
        "elsewhere": {"ELSEWHERE": [f"X{i}" for i in range(20)]},
    }
    settings = EnrichmentConfig(**SETTINGS | (options or {})).model_dump()
    older = str(gene_scores.write_gmt(root / "then.gmt", sets))
    for name, held in libraries.items():
        gmt = gene_scores.write_gmt(root / f"{name}.gmt", held)
        context = found.context(f"enrichment/{name}")
        enrich_library(context, attributed=gene_scores.ATTRIBUTED, enrichment=settings,
                       library={"source": str(gmt), "name": name, "graph": None, "aspect": None,
                                "older": older if name == "programs" else None},
                       )  # fmt: skip
        found.inputs[name] = context.output
    return found


@pytest.fixture(scope="module")
def folders(gene_scores, tmp_path_factory):
    return enriched(gene_scores, tmp_path_factory.mktemp("enriched"))


@pytest.fixture(scope="module")
def folders_cutoff(gene_scores, tmp_path_factory):
    root = tmp_path_factory.mktemp("cutoff")
    return enriched(gene_scores, root, options={"list_rule": "cutoff"})


def judged(gene_scores, folders, name: str, statistics, libraries) -> AnalysisResult:
    context = folders.context(name)
    judge(context, model="planted", statistics=statistics, attributed=gene_scores.ATTRIBUTED,
          libraries={n: n for n in libraries}, missing=["Gene sets x were not used: why."],
          )  # fmt: skip
    return AnalysisResult.read(context.output)


@pytest.fixture(scope="module")
def result(gene_scores, folders, study_statistics) -> AnalysisResult:
    return judged(gene_scores, folders, "all", study_statistics,
                  ["programs", "others", "elsewhere"])  # fmt: skip


def states(result: AnalysisResult) -> dict[tuple[str, str], str]:
    return {(v.tags["library"], v.tags.get("method", "")): str(v.state) for v in result.verdicts}


def test_an_older_edition_has_a_table_only_where_there_is_one(
    result, gene_scores, folders, study_statistics
):
    assert result.tables["editions"]["library"].tolist() == ["programs"]
    assert "earlier edition" in result.captions["editions"]
    without = judged(gene_scores, folders, "without", study_statistics, ["others"])
    assert "editions" not in without.tables
    assert "editions" not in without.captions


def test_each_library_and_method_has_its_own_verdict(result):
    assert states(result) == {
        ("programs", "ora"): "PASS",
        ("programs", "prerank"): "PASS",
        # none of 12 leaves open up to a fifth
        ("others", "ora"): "INCONCLUSIVE",
        ("others", "prerank"): "INCONCLUSIVE",
        ("elsewhere", ""): "NOT APPLICABLE",
    }


def test_many_concepts_without_a_term_fail(gene_scores, study_statistics, tmp_path):
    many = enriched(gene_scores, tmp_path, n={"concept": 60}, options={"permutations": 500})
    result = judged(gene_scores, many, "many", study_statistics, ["others"])
    assert states(result) == {("others", "ora"): "FAIL", ("others", "prerank"): "FAIL"}
    assert all("adds no more than 0.05 annotated share" in v.sentence for v in result.verdicts)


def test_cutoff_decides_the_same(gene_scores, folders_cutoff, study_statistics):
    result = judged(gene_scores, folders_cutoff, "cut", study_statistics, ["programs", "others"])
    assert states(result)[("programs", "ora")] == "PASS"
    assert result.verdicts[0].sentence.startswith(
        "The gene list of a concept of planted adds 1.000 annotated share"
    )
    assert states(result)[("others", "ora")] == "INCONCLUSIVE"


def test_sentences_can_be_read(result):
    told = {(v.tags["library"], v.tags.get("method", "")): v.sentence for v in result.verdicts}
    assert told["programs", "ora"].startswith(
        "The gene list of a concept of planted adds 0.996 annotated share"
    )
    assert told["programs", "prerank"].startswith("The gene ranking of a concept of planted adds ")
    assert (
        "to matched random gene lists in finding terms of programs by over-representation "
        "(n = 12 concepts)" in told["programs", "ora"]
    )
    assert "finding terms of programs by preranked scores" in told["programs", "prerank"]
    assert "none of 1 gene sets" in told["elsewhere", ""]


@pytest.mark.parametrize(("method", "draws"), [("ora", 19), ("prerank", 1)])
def test_verdict_stands_on_the_table_and_on_wilson(result, folders, method, draws):
    shares = pd.read_parquet(folders.inputs["programs"] / SHARES).set_index(["kind", "method"])
    row = shares.loc[("concept", method)]
    finding = next(
        f for f in result.findings
        if (f.tags["library"], f.tags["method"]) == ("programs", method)
    )  # fmt: skip
    wilson = binomtest(12, 12).proportion_ci(0.95, "wilson")
    low = min(row["low"], wilson.low - row["null_share"])
    high = max(row["high"], wilson.high - row["null_share"])
    assert finding.increment == pytest.approx((row["excess"], low, high))
    assert (finding.p, finding.n, finding.unit) == (row["p"], 12, "concept")
    assert finding.null.draws == draws
    (verdict,) = [v for v in result.verdicts if v.tags == finding.tags]
    assert verdict.finding_ids == (finding.id,)


def row_of(hits: int, n: int, null: float = 0.0, ends=(0.0, 0.0, 0.0, 0.0)) -> pd.Series:
    bootstrap = dict(zip(("low", "high", "low90", "high90"), ends, strict=True))
    return pd.Series({"share": hits / n, "null_share": null, "n_units": n, **bootstrap})


def decided(row: pd.Series) -> str:
    wide, narrow = interval_of_share(row, 0.95), interval_of_share(row, 0.90)
    verdict = decide(wide, narrow, MARGIN, {"n": 1.0}, estimate=0.0, claim="c", endpoint="e",
                     subject="s", checks={"n": True})  # fmt: skip
    return str(verdict.state)


@pytest.mark.parametrize(
    ("n", "state"), [(12, "INCONCLUSIVE"), (51, "INCONCLUSIVE"), (52, "FAIL"), (200, "FAIL")]
)
def test_no_concept_of_few_does_not_decide_none_of_many_does(n, state):
    assert decided(row_of(0, n)) == state


@pytest.mark.parametrize("level", [0.95, 0.90])
@pytest.mark.parametrize(
    "row",
    [
        row_of(0, 12),
        row_of(12, 12, 0.1, (0.9, 0.9, 0.9, 0.9)),
        row_of(5, 20, 0.2, (-0.6, 0.7, -0.5, 0.6)),
        row_of(5, 20, 0.2, (0.0, 0.1, 0.02, 0.08)),
    ],
)
def test_interval_holds_that_of_the_bootstrap_and_wilson(row, level):
    interval = interval_of_share(row, level)
    low, high = (row["low"], row["high"]) if level == 0.95 else (row["low90"], row["high90"])
    hits = round(row["share"] * row["n_units"])
    wilson = binomtest(hits, int(row["n_units"])).proportion_ci(level, "wilson")
    # the smallest that holds both
    assert interval.low == pytest.approx(min(low, wilson.low - row["null_share"]))
    assert interval.high == pytest.approx(max(high, wilson.high - row["null_share"]))
    assert (interval.level, interval.unit, interval.n) == (level, "concept", row["n_units"])


def test_without_the_null_there_is_no_pass(result, gene_scores, folders, study_statistics):
    strict = {**study_statistics, "level": 1e-6}
    judged_so = judged(gene_scores, folders, "stricter", strict, ["programs"])
    assert set(states(judged_so).values()) == {"INCONCLUSIVE"}


def test_tables_have_numbers_of_units(result):
    specific = result.tables["specificity"].set_index(["library", "kind"])
    assert specific.loc[("programs", "concept"), "n_units"] == 12
    assert specific.loc[("programs", "random direction"), "n_units"] == 6
    assert specific.loc[("programs", "random direction"), "annotated"] == 0
    assert set(result.tables["thinned"]["library"]) == {"programs", "others"}
    terms = result.tables["terms"]
    assert set(terms["unit"]) == {f"concept {i}" for i in range(12)}
    assert result.tables["best_terms"].groupby("unit").size().max() <= 8


def test_what_is_missing_is_told(result):
    assert "Gene sets x were not used: why." in result.notes
    (check,) = result.checks
    assert check.state == "passed"
    assert "programs, ora: 100% against" in check.detail
    assert "programs, prerank: 100% against" in check.detail


def test_kinds_without_a_sure_gene_are_told_under_the_cutoff(
    gene_scores, folders_cutoff, study_statistics
):
    result = judged(gene_scores, folders_cutoff, "told", study_statistics, ["programs"])
    assert any(n.startswith("programs, kind random direction") for n in result.notes)


def test_no_library_at_all(gene_scores, folders, study_statistics):
    nothing = judged(gene_scores, folders, "nothing", study_statistics, ["elsewhere"])
    assert [str(v.state) for v in nothing.verdicts] == ["NOT APPLICABLE"]
    assert nothing.checks[0].state == "not run"
    assert nothing.figures == []


def test_too_few_random_lists_for_the_level_are_told(gene_scores, folders, study_statistics):
    strict = {**study_statistics, "level": 0.01}
    result = judged(gene_scores, folders, "strict", strict, ["programs"])
    assert states(result)["programs", "ora"] == "INCONCLUSIVE"
    assert any("raise concepts.enrichment.null_lists to 99" in n for n in result.notes)


def test_one_random_list_can_pass_by_the_sign_test(gene_scores, study_statistics, tmp_path):
    one = enriched(gene_scores, tmp_path, options={"null_lists": 1})
    result = judged(gene_scores, one, "one", study_statistics, ["programs"])
    assert states(result)["programs", "ora"] == "PASS"
    assert not any("null_lists" in n for n in result.notes)


def test_figures_can_be_drawn(result):
    import matplotlib as mpl

    mpl.use("Agg")
    assert result.figures
    figure = result.figures[0]
    getattr(pl, figure.function)(result.tables[figure.table], **dict(figure.options))
