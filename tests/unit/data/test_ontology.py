from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest

from cellglass.data.ontology import Ontology, Term
from cellglass.errors import InputError


@pytest.fixture
def obo(tmp_path: Path, obo_text: str) -> Path:
    path = tmp_path / "go-basic.obo"
    path.write_text(obo_text)
    return path


def test_obo(obo: Path) -> None:
    graph = Ontology.read(obo)
    assert graph.version == "releases/2026-07-26"
    assert len(graph) == 4
    assert graph.terms["GO:0001501"].parents == ("GO:0008150",)
    assert graph.ancestors["GO:0002062"] == {"GO:0001501", "GO:0008150"}
    assert graph.ancestors["GO:0008150"] == frozenset()
    assert graph.live("GO:0009999") == "GO:0001501"
    assert graph.live("GO:0000001") is None
    assert graph.terms["GO:0000001"].parents == ()
    assert graph.live("GO:0000002") is None
    assert graph.live("GO:1234567") is None


def test_closure_of_the_real_graph_against_networkx(shared_data: Callable[[str], Path]) -> None:
    graph = Ontology.read(shared_data("gene_sets/go_basic_2024-01-17_is_a.tsv.gz"))
    assert len(graph) == 47_729
    assert sum(t.obsolete for t in graph.terms.values()) == 5_287
    assert sum(len(t.parents) for t in graph.terms.values()) == 67_579
    oracle = nx.DiGraph([(t, p) for t, term in graph.terms.items() for p in term.parents])
    for term in list(oracle)[::397]:
        assert graph.ancestors[term] == nx.descendants(oracle, term)


def test_cycles_are_refused() -> None:
    graph = Ontology(
        {"a": Term("a", "", ("b",)), "b": Term("b", "", ("c",)), "c": Term("c", "", ("a",))}
    )
    with pytest.raises(InputError, match="cycle through"):
        _ = graph.ancestors


def test_deep_graphs_and_diamonds() -> None:
    terms = {str(i): Term("", "", (str(i - 1),) if i else ()) for i in range(1200)}
    assert len(Ontology(terms).ancestors["1199"]) == 1199
    diamond = Ontology(
        {
            "top": Term("", "", ()),
            "l": Term("", "", ("top",)),
            "r": Term("", "", ("top",)),
            "low": Term("", "", ("l", "r")),
        }
    )
    assert diamond.ancestors["low"] == {"l", "r", "top"}


def test_no_ontology(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("x\ty\n1\t2\n")
    with pytest.raises(InputError, match="neither OBO nor a table of terms"):
        Ontology.read(tmp_path / "a.tsv")
    (tmp_path / "b.obo").write_text("format-version: 1.2\n\n[Term]\nname: no id\n")
    with pytest.raises(InputError, match="no terms were found"):
        Ontology.read(tmp_path / "b.obo")
