from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.ontology.enrich import enrich
from cellglass.concepts.ontology.libraries import Library
from cellglass.concepts.ontology.specificity import specificity
from cellglass.data import GeneSets, Ontology
from cellglass.data.ontology import Term
from cellglass.errors import InputError

GENES = [f"G{i}" for i in range(600)]
TERMS = {"r": (), "a": ("r",), "leaf 1": ("a",), "leaf 2": ("a",), "far": ("r",)}


def library(graph: bool = True) -> Library:
    ontology = Ontology({t: Term(t, "x", p) for t, p in TERMS.items()})
    direct = GeneSets(
        {
            "leaf 1": tuple(GENES[:16]),
            "leaf 2": tuple(GENES[16:32]),
            "far": tuple(GENES[100:130]),
            "r": tuple(GENES[:580]),
        }
    )
    sets = direct.propagate(ontology)
    return Library("toy", sets, ontology, direct) if graph else Library("toy", sets)


def found(graph: bool = True):
    scores = np.zeros((600, 4))
    scores[:12, 0] = 1
    scores[8:24, 1] = 1  # both leaves
    scores[100:120, 2] = 1
    return enrich(scores, library(graph), genes=GENES, methods=["ora"])


def test_terms_of_units():
    result = specificity(found())
    units = result.units
    assert units["top_term"].tolist() == ["leaf 1", "a", "far", ""]
    assert units["n_terms"].tolist() == [2, 3, 1, 0]
    content = library().content
    assert units["max_ic"].iloc[0] == pytest.approx(np.log2(580 / 16))
    assert units["mean_ic"].iloc[0] == pytest.approx((content["leaf 1"] + content["a"]) / 2)
    assert units["max_depth"].iloc[0] == 2
    assert units["mean_depth"].iloc[0] == 1.5
    lin = 2 * content["a"] / (content["leaf 1"] + content["a"])
    assert units["coherence"].iloc[0] == pytest.approx(lin)
    assert np.isnan(units["coherence"].iloc[2])  # one term only
    assert np.isnan(units["max_ic"].iloc[3])
    assert units["n_distinct"].iloc[0] == 1  # both terms rest on the same genes


def test_units_of_terms():
    terms = specificity(found()).terms
    assert terms.loc["far", ["n_units", "entropy"]].tolist() == [1, 0.0]
    weights = -np.log10(found().frame().query("term == 'leaf 1'")["p"].to_numpy())
    share = weights / weights.sum()
    assert terms.loc["leaf 1", "entropy"] == pytest.approx(-(share * np.log2(share)).sum())
    assert terms.loc["leaf 1", "relative_entropy"] == pytest.approx(
        terms.loc["leaf 1", "entropy"] / 2
    )
    assert terms.loc["leaf 1", "share_of_units"] == 0.5
    assert terms.loc["leaf 1", "best_unit"] == "0"


def test_coverage_counts_distinct_terms():
    by_genes, by_lin = specificity(found()), specificity(found(), by="lin", threshold=0.5)
    assert set(by_genes.covered) >= {"far", "a"}
    assert by_genes.coverage == len(by_genes.covered) <= 4
    assert set(by_lin.covered) == {"far", by_lin.covered[1]}  # one of the lineage
    assert specificity(found(), threshold=1.0).coverage >= by_genes.coverage


def test_without_a_graph():
    units = specificity(found(graph=False)).units
    assert units["max_ic"].iloc[0] > 0
    assert units[["max_depth", "coherence"]].isna().all(axis=None)
    with pytest.raises(InputError, match="no graph"):
        specificity(found(graph=False), by="lin")
    with pytest.raises(InputError, match="by is"):
        specificity(found(), by="jaccard")  # type: ignore[arg-type]


def test_nothing_found():
    scores = np.zeros((600, 2))
    scores[::60] = 1
    nothing = specificity(enrich(scores, library(), genes=GENES, methods=["ora"]))
    assert nothing.coverage == 0
    assert len(nothing.terms) == 0
    assert nothing.units["n_terms"].tolist() == [0, 0]
