from __future__ import annotations

import pytest

from cellglass.concepts.ontology.redundancy import distinct_by_genes, distinct_by_lin
from cellglass.data import GeneSets, Ontology, OntologySimilarity
from cellglass.data.ontology import Term
from cellglass.errors import InputError


def test_by_genes():
    a = set("ABCD")
    assert distinct_by_genes([a, set("ABC"), set("AB"), set("XYZ"), a]) == [0, 2, 3]
    assert distinct_by_genes([a, set("ABC")], threshold=0.75) == [0, 1]  # exactly at the threshold
    assert distinct_by_genes([]) == []


def test_by_lin():
    parents = {"r": (), "a": ("r",), "b": ("a",), "c": ("a",), "d": ("r",)}
    graph = Ontology({t: Term(t, "x", p) for t, p in parents.items()})
    direct = GeneSets({"b": ("1",), "c": ("2",), "d": tuple("345678")})
    similarity = OntologySimilarity.of(graph, direct.propagate(graph))
    assert similarity.pairwise(["b", "c"])[0, 1] > 0.5
    assert distinct_by_lin(["b", "c", "d"], similarity) == [0, 2]
    assert distinct_by_lin(["b", "c", "d"], similarity, threshold=0.9) == [0, 1, 2]
    with pytest.raises(InputError, match="no graph"):
        distinct_by_lin(["a"], None)
