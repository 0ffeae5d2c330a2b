from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cellglass.data.gene_sets import GeneSets
from cellglass.data.ontology import Ontology, Term
from cellglass.data.ontology_similarity import OntologySimilarity
from cellglass.errors import InputError


def small() -> tuple[Ontology, GeneSets]:
    """Two ways from d to the root: over b (short) and over c below b2."""
    parents = {"r": (), "a": ("r",), "b": ("a",), "c": ("b",), "d": ("a", "c"), "e": ("r",)}
    graph = Ontology({t: Term(t, "x", p) for t, p in parents.items()} | {"q": Term("q", "y", ())})
    direct = {
        "d": ("1", "2"),
        "c": ("3",),
        "a": ("4",),
        "e": ("5", "6", "7", "8", "1"),
        "q": ("1",),
    }
    return graph, GeneSets(direct).propagate(graph)


def naive_resnik(similarity: OntologySimilarity, s: str, t: str) -> float:
    up = [{x, *similarity.graph.ancestors[x]} for x in (s, t)]
    return max((similarity.content[x] for x in up[0] & up[1]), default=0.0)


def test_content_depth_and_level():
    similarity = OntologySimilarity.of(*small())
    assert similarity.content["r"] == 0
    assert similarity.content["q"] == 0  # the root of its own namespace
    assert similarity.content["d"] == pytest.approx(-np.log2(2 / 8))
    assert similarity.content["c"] == pytest.approx(-np.log2(3 / 8))
    assert {t: similarity.depth[t] for t in "racd"} == {"r": 0, "a": 1, "c": 3, "d": 4}
    assert similarity.level["d"] == 2
    assert np.isnan(similarity.contents(["d", "unknown"])).tolist() == [False, True]


def test_pairs_equal_the_definition():
    similarity = OntologySimilarity.of(*small())
    terms = list("rabcdeq")
    resnik = similarity.pairwise(terms, "resnik")
    lin = similarity.pairwise(terms)
    for i, s in enumerate(terms):
        for j, t in enumerate(terms):
            shared = naive_resnik(similarity, s, t)
            both = similarity.content[s] + similarity.content[t]
            assert resnik[i, j] == pytest.approx(shared)
            assert lin[i, j] == pytest.approx(2 * shared / both if both else 0.0)
    with_unknown = similarity.pairwise(["d", "unknown"])
    assert np.isnan(with_unknown).tolist() == [[False, True], [True, True]]
    assert similarity.groups(["c", "e"], ["c"]) == pytest.approx((1 + 0 + 1) / 3)
    assert np.isnan(similarity.groups(["unknown"], ["c"]))


def test_go(shared_data: Callable[[str], Path]):
    graph = Ontology.read(shared_data("gene_sets/go_basic_2024-01-17_is_a.tsv.gz"))
    sets = GeneSets.read(shared_data("gene_sets/go_bp_human_symbols_2024-04.gmt.gz"))
    similarity = OntologySimilarity.of(graph, sets.propagate(graph))
    assert similarity.content["GO:0008150"] == 0
    t_cell, b_cell, telomere = "GO:0050852", "GO:0050853", "GO:0000723"
    lin = similarity.pairwise([t_cell, b_cell, telomere])
    assert lin[0, 1] > 0.6 > 0.2 > lin[0, 2]
    rng = np.random.default_rng(0)
    terms = [str(t) for t in rng.choice(sorted(similarity.content), 60, replace=False)]
    resnik = similarity.pairwise(terms, "resnik")
    for i, j in rng.integers(0, 60, (80, 2)):
        assert resnik[i, j] == pytest.approx(naive_resnik(similarity, terms[i], terms[j]))


def test_bad_input():
    graph, sets = small()
    with pytest.raises(InputError, match="none of 1 sets is a term"):
        OntologySimilarity.of(graph, GeneSets({"HALLMARK_X": ("1",)}))
    with pytest.raises(InputError, match="holds fewer genes than d"):
        OntologySimilarity.of(graph, GeneSets({"d": ("1", "2")}))
    with pytest.raises(InputError, match="measure"):
        OntologySimilarity.of(graph, sets).pairwise(["a"], "jaccard")  # type: ignore[arg-type]
