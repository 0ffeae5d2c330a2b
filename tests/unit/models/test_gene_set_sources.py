from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cellglass.data import GeneSets
from cellglass.errors import InputError
from cellglass.models.gene_set_sources import (
    gene_set_params,
    is_go,
    ontology_beside,
    open_gene_sets,
)
from cellglass.runs.study import Study

OBO = """format-version: 1.2

[Term]
id: GO:0000001
name: root

[Term]
id: GO:0000002
name: leaf
is_a: GO:0000001 ! root
"""


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CELLGLASS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    folder = tmp_path / "sets"
    folder.mkdir()
    path = folder / "go.gmt"
    path.write_text("GO:0000001\troot\tA\tB\nGO:0000002\tleaf\tC\tD\n")
    return path


def study(*sources: Any) -> Study:
    return Study(study="x", cells={"path": "pbmc68k"}, models=["mini-scgpt"],
                 gene_sets=list(sources))  # fmt: skip


def test_terms_get_the_genes_below_them_where_the_graph_is_at_hand(terms: Path) -> None:
    (terms.parent / "go-basic.obo").write_text(OBO)
    (params,), missing = gene_set_params(study(str(terms)))
    sets, told = open_gene_sets(params)
    assert missing == []
    assert set(sets.sets["GO:0000001"]) == {"A", "B", "C", "D"}
    assert "propagated along is_a" in told
    assert "go-basic.obo" in told


def test_direct_annotations_are_told_where_it_is_not(terms: Path) -> None:
    (params,), _ = gene_set_params(study(str(terms)))
    assert params["graph"] is None
    sets, told = open_gene_sets(params)
    assert set(sets.sets["GO:0000001"]) == {"A", "B"}
    assert "direct annotations only" in told


def test_the_key_follows_sets_and_graph(terms: Path) -> None:
    def key() -> str:
        return str(gene_set_params(study(str(terms)))[0][0]["sha256"])

    plain = key()
    (terms.parent / "go-basic.obo").write_text(OBO)
    with_graph = key()
    (terms.parent / "go-basic.obo").write_text(OBO + "\n")
    assert len({plain, with_graph, key()}) == 3


def test_other_sets_are_left_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "h.gmt"
    path.write_text("HALLMARK_A\tx\tA\tB\n")
    (params,), _ = gene_set_params(study({"source": str(path), "name": "hallmark"}))
    sets, told = open_gene_sets(params)
    assert (params["name"], told) == ("hallmark", "")
    assert sets.sets == {"HALLMARK_A": ("A", "B")}
    assert not is_go(sets)
    assert is_go(GeneSets({f"GO:{i:07d}": ("A",) for i in range(20)} | {"odd": ("B",)}))


def test_what_is_missing_is_named_with_its_command(tmp_path: Path) -> None:
    found, missing = gene_set_params(study("reactome", str(tmp_path / "lost.gmt")))
    assert found == []
    assert "cellglass data fetch reactome" in missing[0]
    assert "there is no file" in missing[1]


def test_the_real_graph_is_found_beside_the_real_terms(shared_data: Any) -> None:
    path = shared_data("gene_sets/go_bp_human_symbols_2024-04.gmt.gz")
    graph = ontology_beside(path)
    assert graph is not None
    assert graph.name.startswith("go_basic")
    (params,), _ = gene_set_params(study({"source": str(path), "name": "go"}))
    sets, told = open_gene_sets(params)
    assert len(sets) > len(GeneSets.read(path))
    assert told


def test_an_ontology_may_be_named(tmp_path: Path) -> None:
    sets = tmp_path / "sets.gmt"
    sets.write_text("GO:0000001\tx\tA\nGO:0000002\tx\tB\n")
    graph = tmp_path / "elsewhere" / "links.tsv"
    graph.parent.mkdir()
    graph.write_text("child\tparent\nGO:0000001\tGO:0000002\n")
    (plain,), _ = gene_set_params(study(str(sets)))
    assert plain["graph"] is None
    (named,), _ = gene_set_params(study({"source": str(sets), "ontology": str(graph)}))
    assert named["graph"] == str(graph)
    assert named["sha256"] != plain["sha256"]
    lost = {"source": str(sets), "ontology": str(tmp_path / "lost.obo")}
    with pytest.raises(InputError, match="no such file"):
        gene_set_params(study(lost))


def test_an_older_edition_may_be_named(tmp_path: Path) -> None:
    sets, older = tmp_path / "sets.gmt", tmp_path / "sets.2019.gmt"
    for path in (sets, older):
        path.write_text("A\tx\tA\tB\n")
    (plain,), _ = gene_set_params(study(str(sets)))
    assert plain["older"] is None
    (both,), _ = gene_set_params(study({"source": str(sets), "older": str(older)}))
    assert both["older"] == str(older)
    assert both["sha256"] != plain["sha256"]
    with pytest.raises(InputError, match="no such file"):
        gene_set_params(study({"source": str(sets), "older": str(tmp_path / "lost.gmt")}))
