from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cellglass.concepts.ontology.enrich import enrich
from cellglass.concepts.ontology.enrichment import Enrichment
from cellglass.concepts.ontology.libraries import Library, load_library
from cellglass.concepts.ontology.thinning import compare_vintages, thinning
from cellglass.data import GeneSets
from cellglass.errors import InputError

GENES = [f"G{i}" for i in range(800)]


def library(seed: int = 0) -> Library:
    rng = np.random.default_rng(seed)
    sets = {f"s{i}": tuple(GENES[40 * i : 40 * i + 40]) for i in range(10)}
    small = {f"small {i}": tuple(str(g) for g in rng.choice(GENES, 13, replace=False))
             for i in range(5)}  # fmt: skip
    return Library("toy", GeneSets(sets | small))


def found() -> Enrichment:
    """Units from strong (30 genes of a set) to weak (4 genes)."""
    scores = np.zeros((800, 10))
    rng = np.random.default_rng(1)
    for unit in range(10):
        scores[40 * unit : 40 * unit + 30 - 3 * unit, unit] = 1
        scores[rng.choice(800, 10, replace=False), unit] = 1
    return enrich(scores, library(), genes=GENES, methods=["ora"])


def test_thinner_annotations_find_less():
    table = thinning(found(), repeats=2)
    assert table["share_removed"].tolist() == [0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75]
    full = table.iloc[0]
    assert (full["kept"], full["jaccard"], full["units_agree"], full["lost_terms"]) == (1, 1, 1, 0)
    shares = table.groupby("share_removed")["annotated_share"].mean()
    assert shares.is_monotonic_decreasing
    assert shares[0.75] < shares[0.0]
    kept = table.groupby("share_removed")["kept"].mean()
    assert kept[0.75] < kept[0.25] <= 1
    assert table["terms"].iloc[0] == 15
    assert table["terms"].iloc[-1] <= 10  # the small sets fell below 10 genes
    assert table.equals(thinning(found(), repeats=2))


def test_vintages():
    first = library()
    changed = dict(first.sets.sets)
    changed["s0"] = tuple(GENES[400:440])
    changed["new"] = changed.pop("small 0")
    second = Library("later", GeneSets(changed))
    compared = compare_vintages(first, second, found())
    assert (compared.shared, compared.only_first, compared.only_second) == (14, 1, 1)
    assert compared.terms.loc["s1", "jaccard"] == 1
    assert compared.terms.loc["s0", "jaccard"] == 0
    assert compared.results is not None
    row = compared.results.iloc[0]
    assert row["annotated_first"] > row["annotated_second"]
    assert row["jaccard"] < 1
    assert row["units_agree"] < 1
    assert "14 shared terms" in str(compared)
    with pytest.raises(InputError, match="share no term"):
        compare_vintages(first, Library("x", GeneSets({"q": ("G1",)})))
    with pytest.raises(InputError, match="repeats"):
        thinning(found(), repeats=0)


def test_go_of_two_years(shared_data: Callable[[str], Path]):
    old = load_library(shared_data("gene_sets/enrichr_GO_Biological_Process_2021.gmt.gz"))
    new = load_library(shared_data("gene_sets/go_bp_human_symbols_2024-04.gmt.gz"))
    compared = compare_vintages(old, new)
    assert compared.shared > 5_000
    assert 0.2 < compared.terms["jaccard"].median() < 1
