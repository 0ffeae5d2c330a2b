from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cellglass.concepts.ontology.libraries import Library, by_go_id, load_library, read_panglao
from cellglass.data import GeneSets, Ontology
from cellglass.data.downloads import NotFetched
from cellglass.data.ontology import Term
from cellglass.errors import InputError

GRAPH = Ontology(
    {
        "GO:0000001": Term("root", "p", ()),
        "GO:0000002": Term("mid", "p", ("GO:0000001",)),
        "GO:0000003": Term("leaf", "p", ("GO:0000002",)),
    }
)
PANGLAO = (
    "species\tofficial gene symbol\tcell type\tcanonical marker\n"
    "Mm Hs\tCD3E\tT cells\t1\nHs\tCD2\tT cells\tNA\nMm\tCd3e\tT cells\t1\nMm Hs\tCD19\tB cells\t1\n"
)


@pytest.mark.parametrize(
    ("name", "at_least", "graph", "term"),
    [
        ("go_bp_human_symbols_2024-04.gmt.gz", 12_000, True, "GO:0050852"),
        ("go_mf_human_symbols_2024-04.gmt.gz", 3_900, True, "GO:0003823"),
        ("go_cc_human_symbols_2024-04.gmt.gz", 1_500, True, "GO:0042101"),
        ("enrichr_GO_Biological_Process_2021.gmt.gz", 5_900, True, "GO:0050852"),
        ("reactome_human_symbols_2024-04.gmt.gz", 2_681, False, "R-HSA-909733"),
        ("msigdb_h.all.v7.0.symbols.gmt", 50, False, "HALLMARK_INTERFERON_ALPHA_RESPONSE"),
        ("cellmarker2_human_symbols.gmt.gz", 1_355, False, "CL_0000235"),
        ("PanglaoDB_markers_27_Mar_2020.tsv.gz", 150, False, "NK cells"),
    ],
)
def test_shared_files(
    shared_data: Callable[[str], Path], name: str, at_least: int, graph: bool, term: str
):
    library = load_library(shared_data(f"gene_sets/{name}"))
    assert len(library) >= at_least
    assert (library.graph is not None) == graph
    assert len(library.sets.sets[term]) > 0
    assert library.content[term] > 0
    assert name.startswith(library.name + ".")
    if graph:
        assert not library.label(term).startswith("GO:")


def test_go_file_without_a_graph_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CELLGLASS_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "go.gmt"
    path.write_text("GO:0000003\tleaf\tA\tB\n")
    library = load_library(path)
    assert library.graph is None
    assert any("no ontology at hand" in n for n in library.notes)
    with pytest.raises(InputError, match="has no graph"):
        _ = library.parents
    closed = load_library(path, ontology=GRAPH)
    assert closed.sets.sets["GO:0000001"] == ("A", "B")
    assert closed.parents["GO:0000003"] == ("GO:0000002",)
    assert closed.label("GO:0000002") == "mid"
    assert set(load_library(path, ontology=GRAPH, propagate=False).sets.sets) == {"GO:0000003"}


def test_decoupler_table(tmp_path: Path):
    path = tmp_path / "net.csv"
    path.write_text("source,target,weight\nT cell,CD3E,1\nT cell,CD2,1\n")
    library = load_library(path, name="mine")
    assert (library.name, library.sets.sets) == ("mine", {"T cell": ("CD3E", "CD2")})


def test_panglao_keeps_human_and_canonical_rows(tmp_path: Path):
    path = tmp_path / "markers.tsv"
    path.write_text(PANGLAO)
    assert read_panglao(path).sets == {"B cells": ("CD19",), "T cells": ("CD3E",)}
    assert read_panglao(path, canonical=False).sets["T cells"] == ("CD3E", "CD2")
    assert load_library(path).notes == ("2 of 4 rows: human, canonical",)
    path.write_text("species\tofficial gene symbol\nHs\tCD2\n")
    with pytest.raises(InputError, match="canonical marker"):
        read_panglao(path)


def test_names_of_enrichr():
    named = by_go_id(GeneSets({"T (x) activation (GO:0000002)": ("A",)}))
    assert named.sets == {"GO:0000002": ("A",)}
    assert named.descriptions == {"GO:0000002": "T (x) activation"}
    plain = GeneSets({"HALLMARK": ("A",)})
    assert by_go_id(plain) is plain


def test_thinning_removes_direct_annotations_and_propagates_anew():
    genes = tuple(f"g{i}" for i in range(2_000))
    direct = GeneSets({"GO:0000003": genes[:1_000], "GO:0000002": genes[1_000:]})
    closed = direct.propagate(GRAPH)
    with_direct = Library("go", closed, GRAPH, direct)
    without = Library("go", closed, GRAPH)
    for library in (with_direct, without):
        less = library.thinned(0.25, seed=3)
        sizes = {t: len(g) for t, g in less.sets.sets.items()}
        assert abs(sizes["GO:0000003"] - 750) < 60
        assert abs(sizes["GO:0000001"] - 1_500) < 90
        assert set(less.sets.sets["GO:0000003"]) <= set(less.sets.sets["GO:0000001"])
        assert less.sets.sets == library.thinned(0.25, seed=3).sets.sets
        assert less.sets.sets != library.thinned(0.25, seed=4).sets.sets
        assert library.thinned(0.0).sets.sets == library.sets.sets
    flat = Library("x", GeneSets({"a": genes})).thinned(0.75)
    assert abs(len(flat.sets.sets["a"]) - 500) < 80
    with pytest.raises(InputError, match="share is 1"):
        flat.thinned(1.0)


def test_content_without_a_graph():
    library = Library("x", GeneSets({"a": ("A", "B", "C", "D"), "b": ("A",)}))
    assert library.content == {"a": 0.0, "b": 2.0}
    assert library.similarity is None
    assert np.isclose(
        Library("go", GeneSets({"GO:0000003": ("A",), "GO:0000001": ("A", "B")}).propagate(GRAPH),
                GRAPH).content["GO:0000003"], 1.0)  # fmt: skip


def test_what_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CELLGLASS_CACHE", str(tmp_path))
    with pytest.raises(NotFetched):
        load_library("reactome", cache=tmp_path)
    with pytest.raises(InputError, match="neither a file nor a name"):
        load_library(tmp_path / "nothing.gmt")
