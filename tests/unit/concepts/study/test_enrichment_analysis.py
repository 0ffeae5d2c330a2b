"""What genes of concepts mean: verdicts of libraries, and what is told of them."""

from __future__ import annotations

import pandas as pd
import pytest

from cellglass import pl
from cellglass.concepts.study.enrichment import SHARES, enrich_library
from cellglass.concepts.study.enrichment_analysis import judge
from cellglass.runs.concepts_section import EnrichmentConfig
from cellglass.runs.result import AnalysisResult

SETTINGS = EnrichmentConfig(smallest=5, permutations=200, null_lists=19).model_dump()


@pytest.fixture(scope="module")
def folders(gene_scores, tmp_path_factory):
    """A library of the planted programs, one of other genes, one that meets no gene."""
    root = tmp_path_factory.mktemp("enriched")
    made = gene_scores.write_scores(root / "scores")
    found = gene_scores.Folders(root, **{gene_scores.ATTRIBUTED: made})
    sets = gene_scores.programs()
    libraries = {
        "programs": sets,
        "others": {n: g for n, g in sets.items() if n.startswith("OTHER")},
        "elsewhere": {"ELSEWHERE": [f"X{i}" for i in range(20)]},
    }
    for name, held in libraries.items():
        gmt = gene_scores.write_gmt(root / f"{name}.gmt", held)
        context = found.context(f"enrichment/{name}")
        enrich_library(context, attributed=gene_scores.ATTRIBUTED, enrichment=SETTINGS,
                       library={"source": str(gmt), "name": name, "graph": None, "aspect": None},
                       )  # fmt: skip
        found.inputs[name] = context.output
    return found


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


def test_each_library_has_its_own_verdict(result):
    state = {v.tags["library"]: str(v.state) for v in result.verdicts}
    assert state == {"programs": "PASS", "others": "FAIL", "elsewhere": "NOT APPLICABLE"}


def test_sentences_can_be_read(result):
    by_library = {v.tags["library"]: v.sentence for v in result.verdicts}
    assert by_library["programs"].startswith(
        "The gene list of a concept of planted adds 1.000 annotated share"
    )
    assert (
        "to matched random gene lists in finding terms of programs (n = 12 concepts)"
        in (by_library["programs"])
    )
    assert "none of 1 gene sets" in by_library["elsewhere"]


def test_verdict_stands_on_the_intervals_of_the_table(result, folders):
    shares = pd.read_parquet(folders.inputs["programs"] / SHARES).set_index(["kind", "method"])
    row = shares.loc[("concept", "ora")]
    finding = next(f for f in result.findings if f.tags["library"] == "programs")
    assert finding.increment == pytest.approx((row["excess"], row["low"], row["high"]))
    assert (finding.p, finding.n, finding.unit) == (row["p"], 12, "concept")
    assert finding.null.draws == 19


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
    assert any(n.startswith("programs, kind random direction") for n in result.notes)
    (check,) = result.checks
    assert check.state == "passed"
    assert "programs: 100% against" in check.detail


def test_no_library_at_all(gene_scores, folders, study_statistics):
    nothing = judged(gene_scores, folders, "nothing", study_statistics, ["elsewhere"])
    assert [str(v.state) for v in nothing.verdicts] == ["NOT APPLICABLE"]
    assert nothing.checks[0].state == "not run"
    assert nothing.figures == []


def test_too_few_random_lists_for_the_level_are_told(gene_scores, folders, study_statistics):
    strict = {**study_statistics, "level": 0.01}
    result = judged(gene_scores, folders, "strict", strict, ["programs"])
    assert str(result.verdicts[0].state) == "INCONCLUSIVE"
    assert any("raise concepts.enrichment.null_lists to 99" in n for n in result.notes)


def test_figures_can_be_drawn(result):
    import matplotlib as mpl

    mpl.use("Agg")
    assert result.figures
    figure = result.figures[0]
    getattr(pl, figure.function)(result.tables[figure.table], **dict(figure.options))
