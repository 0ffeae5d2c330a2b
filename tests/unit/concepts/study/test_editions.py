"""An earlier edition of a library, in which the same units are tested."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.ontology.enrich import enrich
from cellglass.concepts.ontology.libraries import load_library
from cellglass.concepts.study.editions import COLUMNS, under_older_edition

SETS = {f"SET_{s}": [f"g{10 * s + i}" for i in range(10)] for s in range(8)}


@pytest.fixture(scope="module")
def now(gene_scores, tmp_path_factory):
    """Eight units, each driven by the genes of one set, and the library of those sets."""
    path = gene_scores.write_gmt(tmp_path_factory.mktemp("now") / "now.gmt", SETS)
    genes = [f"g{i}" for i in range(200)]
    scores = np.random.default_rng(3).normal(scale=0.01, size=(200, 8))
    for s in range(8):
        scores[10 * s : 10 * s + 10, s] += 1.0
    library = load_library(path)
    found = enrich(scores, library, genes=genes, units=[f"u{s}" for s in range(8)],
                   methods=["ora"], smallest=4)  # fmt: skip
    assert found.annotated_share("ora") == 1
    return found, library


def test_without_an_earlier_edition_there_is_no_row(now):
    table, notes = under_older_edition(*now, None, None)
    assert table.columns.tolist() == COLUMNS
    assert (len(table), notes) == (0, [])


def test_terms_of_then_are_found_in_units_of_now(gene_scores, now, tmp_path):
    """Half of the sets were known, and another under a name that is gone."""
    then = {n: SETS[n] for n in list(SETS)[:4]} | {"GONE": SETS["SET_7"]}
    path = gene_scores.write_gmt(tmp_path / "then.2019.gmt", then)
    table, notes = under_older_edition(*now, str(path), None)
    (row,) = table.to_dict("records")
    assert notes == []
    assert (row["library"], row["older"], row["method"]) == ("now", "then", "ora")
    assert (row["shared_terms"], row["terms_only_older"], row["terms_only_library"]) == (4, 1, 4)
    assert (row["annotated_older"], row["annotated_share"]) == (5 / 8, 1)
    assert (row["pairs_older"], row["pairs"], row["jaccard"]) == (4, 4, 1)
    assert row["units_agree"] == 5 / 8


def test_other_genes_under_the_same_names_agree_in_nothing(gene_scores, now, tmp_path):
    then = {n: [f"g{100 + int(g[1:])}" for g in genes] for n, genes in SETS.items()}
    path = gene_scores.write_gmt(tmp_path / "then.gmt", then)
    (row,) = under_older_edition(*now, str(path), None)[0].to_dict("records")
    assert (row["annotated_older"], row["pairs_older"], row["jaccard"]) == (0, 0, 0)


def test_an_edition_of_other_names_is_told(gene_scores, now, tmp_path):
    path = gene_scores.write_gmt(tmp_path / "then.gmt", {"ELSE": SETS["SET_0"]})
    table, (note,) = under_older_edition(*now, str(path), None)
    assert table.empty
    assert note.startswith("now was not compared with then: ")
    assert "share no term" in note
