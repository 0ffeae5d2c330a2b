"""Enrichment in a study: planted programs are found, shuffled scores hold none."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from cellglass.concepts.ontology.enrich import enrich
from cellglass.concepts.ontology.libraries import load_library
from cellglass.concepts.study.enrichment import (
    EDITIONS,
    SHARES,
    TERMS,
    THINNED,
    UNITS,
    enrich_library,
    paired_p,
    read_enrichment,
)
from cellglass.concepts.study.gene_tables import GeneTables
from cellglass.runs.concepts_section import EnrichmentConfig
from cellglass.runs.pipeline import SUMMARY

SETTINGS = {"smallest": 5, "permutations": 2000, "null_lists": 19}
CUTOFF = {"list_rule": "cutoff"}


def enriched(gene_scores, root, *, sets=None, text=None, options=None, older=None, **scores):
    made = gene_scores.write_scores(root / "scores", **scores)
    folders = gene_scores.Folders(root, **{gene_scores.ATTRIBUTED: made})
    gmt = root / "tiny.gmt"
    if text is None:
        gene_scores.write_gmt(gmt, gene_scores.programs() if sets is None else sets)
    else:
        gmt.write_text(text)
    context = folders.context("enrichment")
    library = {"source": str(gmt), "name": "tiny", "graph": None, "aspect": None,
               "older": None if older is None else str(older)}  # fmt: skip
    settings = EnrichmentConfig(**SETTINGS | (options or {})).model_dump()
    enrich_library(context, attributed=gene_scores.ATTRIBUTED, library=library, enrichment=settings)
    return context.output


@pytest.fixture(scope="module")
def planted(gene_scores, tmp_path_factory):
    return enriched(gene_scores, tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def planted_cutoff(gene_scores, tmp_path_factory):
    return enriched(gene_scores, tmp_path_factory.mktemp("cutoff"), options=CUTOFF)


@pytest.fixture(params=["planted", "planted_cutoff"])
def by_rule(request):
    """The same scores, whose lists are chosen by either rule."""
    return request.getfixturevalue(request.param)


def test_planted_units_are_annotated_with_their_program_and_decoys_are_not(by_rule, gene_scores):
    about = pd.read_parquet(by_rule / UNITS)
    units = pd.read_parquet(by_rule.parent / "scores" / "units.parquet").set_index("unit")
    share = about.groupby(about["unit"].map(units["kind"]))["annotated"].mean()
    assert share["concept"] == 1
    assert share[["neuron", "decoy", "random direction"]].max() == 0
    terms = pd.read_parquet(by_rule / TERMS)
    flat = terms[terms["method"] == "ora"].sort_values("q").groupby("unit").head(1)
    assert dict(zip(flat["unit"], flat["term"], strict=True)) == {
        i: f"PROGRAM_{i}" for i in range(12)
    }
    genes = flat.set_index("unit").loc[0, "genes"].split(",")
    assert set(genes) <= set(gene_scores.programs()["PROGRAM_0"])
    assert flat.set_index("unit").loc[0, "overlap"] == len(genes)


def test_shares_stand_beside_matched_lists_with_both_intervals(by_rule):
    shares = pd.read_parquet(by_rule / SHARES).set_index(["kind", "method"])
    concept = shares.loc[("concept", "ora")]
    assert concept["share"] == 1
    assert concept["excess"] == pytest.approx(concept["share"] - concept["null_share"])
    assert concept["null_share"] < 0.1
    assert concept["low"] <= concept["low90"] <= concept["excess"]
    assert concept["excess"] <= concept["high90"] <= concept["high"]
    assert concept["p"] == pytest.approx(1 / 20)
    assert (concept["n_units"], concept["draws"]) == (12, 19)
    assert shares.loc[("decoy", "ora"), "p"] > 0.5


def test_kind_without_a_sure_gene_counts_as_not_annotated(planted_cutoff):
    shares = pd.read_parquet(planted_cutoff / SHARES).set_index(["kind", "method"])
    random = shares.loc[("random direction", "ora")]
    assert (random["share"], random["excess"], random["n_units"]) == (0, 0, 6)
    assert np.isnan(random["p"])
    about = pd.read_parquet(planted_cutoff / UNITS)
    silent = about[about["unit"].isin(range(24, 30))]
    assert len(silent) == 6
    assert not silent["annotated"].any()
    assert (silent["n_terms"] == 0).all()
    notes = json.loads((planted_cutoff / SUMMARY).read_text())["notes"]
    assert any(n.startswith("tiny, kind random direction: no unit has a gene") for n in notes)


@pytest.mark.parametrize("rule", ["participation ratio", "cutoff"])
def test_terms_are_those_of_enrich_itself(planted, planted_cutoff, rule):
    folder = planted_cutoff if rule == "cutoff" else planted
    tables = GeneTables.read(folder.parent / "scores")
    rows = tables.of_kind("concept")
    kept = tables.known[rows].any(0)
    assert kept.sum() == 580
    gene_q = tables.q[rows][:, kept].T if rule == "cutoff" else None
    alone = enrich(
        tables.scores[rows][:, kept].T, load_library(folder.parent / "tiny.gmt"), methods=["ora"],
        genes=tables.genes["gene"][kept].tolist(), units=tables.units["name"][rows].tolist(),
        list_rule=rule, gene_q=gene_q, smallest=5,
    ).frame()  # fmt: skip
    terms = pd.read_parquet(folder / TERMS)
    own = terms[(terms["method"] == "ora") & (terms["unit"] < 12)]
    assert sorted(own["term"]) == sorted(alone["term"])
    np.testing.assert_allclose(sorted(own["p"]), sorted(alone["p"]))


def test_by_default_as_many_genes_as_carry_a_unit_stand_for_it(planted):
    tables = GeneTables.read(planted.parent / "scores")
    terms = pd.read_parquet(planted / TERMS)
    flat = terms[(terms["method"] == "ora") & (terms["unit"] < 12)].set_index("unit")
    for unit, row in flat.iterrows():
        score = np.where(tables.known[unit], tables.scores[unit], 0.0)
        squares = np.sort(np.maximum(score, 0.0))[::-1] ** 2
        n = round(squares.sum() ** 2 / (squares**2).sum())
        assert 5 < n < 15
        # the scores of a program stand above all others, so that its highest are the list
        highest = tables.genes["gene"].to_numpy()[np.argsort(-score)[:n]]
        assert set(row["genes"].split(",")) == set(highest)


def test_by_default_no_q_is_asked_for(gene_scores, planted, tmp_path):
    unsure = enriched(gene_scores, tmp_path, sure=())
    pd.testing.assert_frame_equal(pd.read_parquet(unsure / TERMS), pd.read_parquet(planted / TERMS))


@pytest.mark.parametrize("threshold", [0.05, 0.4])
def test_threshold_of_the_study_cuts_the_lists(gene_scores, tmp_path, threshold):
    folder = enriched(gene_scores, tmp_path, options={**CUTOFF, "threshold": threshold})
    tables = GeneTables.read(folder.parent / "scores")
    terms = pd.read_parquet(folder / TERMS)
    flat = terms[(terms["method"] == "ora") & (terms["unit"] < 12)].set_index("unit")
    assert len(flat) > 6
    above = np.where(tables.known, tables.scores, 0.0) > threshold
    assert flat["overlap"].to_dict() == {u: above[u].sum() for u in flat.index}


def test_only_concepts_are_preranked(planted):
    terms = pd.read_parquet(planted / TERMS)
    ranked = terms[terms["method"] == "prerank"].set_index("unit")
    assert (ranked["overlap"] == -1).all()
    assert {u: t for u, t in ranked["term"].items() if t == f"PROGRAM_{u}"} == {
        i: f"PROGRAM_{i}" for i in range(12)
    }


def test_preranked_share_is_that_of_the_terms_beside_one_random_list(planted):
    shares = pd.read_parquet(planted / SHARES).set_index(["kind", "method"])
    ranked = shares.loc[("concept", "prerank")]
    assert ranked["share"] == 1
    assert ranked["null_share"] < 0.5
    assert ranked["draws"] == 1
    # all 12 are annotated, so units that differ from their list are annotated alone
    alone = round(12 * (1 - ranked["null_share"]))
    assert ranked["p"] == pytest.approx(binomtest(alone, alone, alternative="greater").pvalue)
    assert ranked["low"] > 0.3


def test_paired_p_is_that_of_a_binomial_test():
    rng = np.random.default_rng(1)
    for n in (1, 5, 12, 200):
        annotated, chance = rng.random(n) < 0.6, rng.random(n) < 0.4
        alone, lists = int((annotated & ~chance).sum()), int((~annotated & chance).sum())
        wanted = (
            binomtest(alone, alone + lists, alternative="greater").pvalue if alone + lists else 1
        )
        assert paired_p(annotated, chance.astype(float)) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("annotated", "chance", "p"),
    [
        ([1, 1, 0], [1, 1, 0], 1.0),
        ([0, 0, 0, 0], [1, 1, 1, 1], 1.0),
        ([1, 1, 1, 1], [0, 0, 0, 0], 1 / 16),
        ([1, 1, 1, 0, 1, 0], [0, 0, 0, 1, 1, 0], 5 / 16),
    ],
)
def test_paired_p_of_few_units(annotated, chance, p):
    found = paired_p(np.array(annotated, bool), np.array(chance, float))
    assert found == pytest.approx(p)


def test_one_random_list_is_compared_unit_by_unit(gene_scores, tmp_path):
    folder = enriched(gene_scores, tmp_path, options={"null_lists": 1})
    row = pd.read_parquet(folder / SHARES).set_index(["kind", "method"]).loc[("concept", "ora")]
    assert (row["share"], row["draws"]) == (1, 1)
    assert row["p"] == pytest.approx(0.5 ** round(12 * (1 - row["null_share"])))


def test_thinned_annotations_name_their_library(planted):
    thinned = pd.read_parquet(planted / THINNED)
    assert set(thinned["library"]) == {"tiny"}
    assert thinned["share_removed"].tolist().count(0.0) == 1
    assert set(thinned["share_removed"]) == {0.0, 0.25, 0.5, 0.75}


def test_library_too_small_to_be_thinned_is_told(gene_scores, tmp_path):
    sets = {name: genes[:7] for name, genes in gene_scores.programs().items()}
    folder = enriched(gene_scores, tmp_path, sets=sets)
    assert pd.read_parquet(folder / UNITS)["annotated"].any()
    assert pd.read_parquet(folder / THINNED)["share_removed"].max() < 0.75
    notes = json.loads((folder / SUMMARY).read_text())["notes"]
    assert any("75% of the annotations removed" in n for n in notes)


def test_an_older_edition_is_held_beside_the_library(gene_scores, tmp_path):
    """Half of the programs were known then, one with half of its genes, under their own names."""
    sets = gene_scores.programs()
    names = [n for n in sets if n.startswith("PROGRAM")]
    then = {n: sets[n] for n in names[:6]} | {"GONE": sets[names[7]]}
    older = gene_scores.write_gmt(tmp_path / "then.2019.gmt", then)
    folder = enriched(gene_scores, tmp_path, older=older)
    (row,) = pd.read_parquet(folder / EDITIONS).to_dict("records")
    assert (row["library"], row["older"], row["method"]) == ("tiny", "then", "ora")
    assert (row["shared_terms"], row["terms_only_older"]) == (6, 1)
    assert row["terms_only_library"] == len(sets) - 6
    assert row["annotated_share"] == 1
    # six concepts by their programs, one by the set whose name is gone
    assert row["annotated_older"] == pytest.approx(7 / 12)
    assert row["units_agree"] == pytest.approx(7 / 12)
    assert row["jaccard"] == 1


def test_an_edition_of_other_names_is_told_and_compared_with_nothing(gene_scores, tmp_path):
    genes = gene_scores.programs()["PROGRAM_0"]
    older = gene_scores.write_gmt(tmp_path / "then.gmt", {"ELSE": genes})
    folder = enriched(gene_scores, tmp_path, older=older)
    assert pd.read_parquet(folder / EDITIONS).empty
    notes = json.loads((folder / SUMMARY).read_text())["notes"]
    assert any("tiny was not compared with then: " in n and "share no term" in n for n in notes)


def test_library_that_meets_no_gene_leaves_only_a_reason(gene_scores, tmp_path):
    folder = enriched(gene_scores, tmp_path, sets={"ELSEWHERE": [f"X{i}" for i in range(20)]})
    assert [f.name for f in folder.iterdir()] == [SUMMARY]
    assert "none of 1 gene sets" in json.loads((folder / SUMMARY).read_text())["unmet"]


def test_empty_library_leaves_only_a_reason(gene_scores, tmp_path):
    folder = enriched(gene_scores, tmp_path, text="\n")
    assert json.loads((folder / SUMMARY).read_text()).keys() == {"unmet"}


def test_concepts_without_a_sure_gene_leave_only_a_reason(gene_scores, tmp_path):
    folder = enriched(gene_scores, tmp_path, sure=("neuron",), options=CUTOFF)
    unmet = json.loads((folder / SUMMARY).read_text())["unmet"]
    assert "no gene is in the list of any of 12 units" in unmet


@pytest.mark.parametrize("concepts", [0, 1])
def test_too_few_concepts_leave_only_a_reason(gene_scores, tmp_path, concepts):
    numbers = {"concept": concepts, "neuron": 4} if concepts else {"neuron": 4}
    folder = enriched(gene_scores, tmp_path, n=numbers)
    unmet = json.loads((folder / SUMMARY).read_text())["unmet"]
    assert unmet.startswith(f"{concepts} of the concepts have genes")


def test_single_unit_of_a_kind_has_a_share_without_interval(gene_scores, tmp_path):
    folder = enriched(gene_scores, tmp_path, n={"concept": 3, "neuron": 1})
    shares = pd.read_parquet(folder / SHARES).set_index("kind")
    assert shares.loc["neuron", "n_units"] == 1
    assert np.isnan(shares.loc["neuron", "low"])
    assert len(pd.read_parquet(folder / UNITS)) == 4


def test_numbers_of_units_stay_whole_where_a_kind_has_no_term(planted):
    terms = pd.read_parquet(planted / TERMS)
    assert terms["unit"].dtype == np.int64
    assert terms["overlap"].dtype == np.int64


def test_libraries_that_were_not_tested_have_no_rows(planted, tmp_path):
    both = read_enrichment({"tiny": planted, "gone": tmp_path}, SHARES)
    assert set(both["library"]) == {"tiny"}
    assert read_enrichment({"gone": tmp_path}, SHARES).empty
