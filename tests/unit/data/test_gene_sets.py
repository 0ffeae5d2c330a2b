from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cellglass.data.gene_sets import GeneSets, read_gaf
from cellglass.data.ontology import Ontology, Term
from cellglass.errors import InputError

GRAPH = Ontology(
    {
        "GO:1": Term("root", "p", ()),
        "GO:2": Term("mid", "p", ("GO:1",)),
        "GO:3": Term("leaf", "p", ("GO:2",)),
        "GO:9": Term("gone", "p", (), obsolete=True),
    },
    {"GO:22": "GO:2"},
)


@pytest.mark.parametrize(
    ("name", "n_sets", "gene"),
    [
        ("go_bp_human_symbols_2024-04.gmt.gz", 9982, "A2M"),
        ("reactome_human_symbols_2024-04.gmt.gz", 2681, "BANF1"),
        ("msigdb_h.all.v7.0.symbols.gmt", 50, "JUNB"),
        ("enrichr_GO_Biological_Process_2021.gmt.gz", 6036, "SDF2L1"),
        ("cellmarker2_human_symbols.gmt.gz", 1986, "ABL2"),
        ("PanglaoDB_markers_27_Mar_2020.tsv.gz", 178, "CTRB1"),
    ],
)
def test_shared_files(
    shared_data: Callable[[str], Path], name: str, n_sets: int, gene: str
) -> None:
    sets = GeneSets.read(shared_data(f"gene_sets/{name}"))
    assert len(sets) == n_sets
    assert gene in next(iter(sets.sets.values()))
    assert "" not in sets.genes
    assert "http" not in "".join(sets.genes)  # the description is no gene


def test_gmt_details(tmp_path: Path) -> None:
    path = tmp_path / "a.gmt"
    path.write_text("s1\t\tA\tB,1.0\tA\t\t\ns2\tR-1\tNA\r\n\nempty\tx\t\ns2\tR-2\tB\n")
    sets = GeneSets.read(path)
    assert sets.sets == {"s1": ("A", "B"), "s2": ("NA",), "s2 (R-2)": ("B",)}
    path.write_text("s1\t\tA\ns1\t\tB\n")
    with pytest.raises(InputError, match=r"set 's1' stands twice \(line 2\)"):
        GeneSets.read(path)
    path.write_text("just text\n")
    with pytest.raises(InputError, match="line 1 has 1 fields"):
        GeneSets.read(path)
    path.write_text("\n")
    with pytest.raises(InputError, match="no gene set"):
        GeneSets.read(path)


def test_reactome_zip(tmp_path: Path) -> None:
    path = tmp_path / "ReactomePathways.gmt.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ReactomePathways.gmt", "Death\tR-HSA-1\tBAX\tBCL2\n")
    sets = GeneSets.read(path)
    assert sets.sets == {"Death": ("BAX", "BCL2")}
    assert sets.descriptions["Death"] == "R-HSA-1"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match="truncated"):
        GeneSets.read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(InputError, match="0 GMT files"):
        GeneSets.read(path)


def test_decoupler_table(tmp_path: Path) -> None:
    path = tmp_path / "net.csv"
    path.write_text("source,target,weight\nT cell,CD3E,1\nT cell,CD2,1\nB cell,NA,1\n")
    sets = GeneSets.read(path)
    assert sets.sets == {"T cell": ("CD3E", "CD2"), "B cell": ("NA",)}
    frame = sets.frame()
    assert list(frame.columns) == ["source", "target", "weight"]
    frame.to_parquet(tmp_path / "net.parquet")
    assert GeneSets.read(tmp_path / "net.parquet").sets == sets.sets


def test_gaf(tmp_path: Path, gaf_text: str) -> None:
    path = tmp_path / "a.gaf.gz"
    path.write_bytes(gzip.compress(gaf_text.encode()))
    sets = GeneSets.read(path)
    assert sets.sets == {"GO:2": ("NA",), "GO:3": ("TP53",), "GO:5": ("LYZ",)}
    assert "1 qualified by NOT, 1 by evidence code" in sets.notes[0]
    assert set(read_gaf(path, aspect="P").sets) == {"GO:2", "GO:3"}
    assert set(read_gaf(path, exclude_evidence=("ND", "IEA")).sets) == {"GO:3", "GO:5"}
    with pytest.raises(InputError, match="no annotation of aspect F"):
        read_gaf(path, aspect="F")
    path.write_text("!gaf-version: 2.2\na\tb\n")
    with pytest.raises(InputError, match="line 2 has 2 fields"):
        GeneSets.read(path)


def test_propagation_by_hand() -> None:
    sets = GeneSets({"GO:3": ("B", "A"), "GO:22": ("C",), "GO:9": ("D",), "GO:7": ("E",)})
    up = sets.propagate(GRAPH)
    assert up.sets == {"GO:1": ("A", "B", "C"), "GO:2": ("A", "B", "C"), "GO:3": ("A", "B")}
    assert up.descriptions["GO:3"] == "leaf"
    assert "2 of obsolete or unknown terms were left out" in up.notes[-1]
    assert up.propagate(GRAPH).sets == up.sets  # closing again changes nothing
    with pytest.raises(InputError, match="none of 1 sets is a term"):
        GeneSets({"HALLMARK": ("A",)}).propagate(GRAPH)


def test_propagation_of_go(shared_data: Callable[[str], Path]) -> None:
    graph = Ontology.read(shared_data("gene_sets/go_basic_2024-01-17_is_a.tsv.gz"))
    direct = GeneSets.read(shared_data("gene_sets/go_bp_human_symbols_2024-04.gmt.gz"))
    closed = direct.propagate(graph)
    root = set(closed.sets["GO:0008150"])
    live = [t for t in direct.sets if graph.live(t)]
    assert root == {g for t in live for g in direct.sets[t]}
    for term in live[::211]:  # a term's genes are in each of its parents
        for parent in graph.terms[term].parents:
            assert set(closed.sets[term]) <= set(closed.sets[parent])


def test_universe_and_sizes() -> None:
    sets = GeneSets({"a": ("A", "B", "C"), "b": ("A",), "c": ("X", "Y")})
    cut = sets.within(["A", "B", "X"], smallest=1, largest=1)
    assert cut.sets == {"b": ("A",), "c": ("X",)}
    assert "2 of 3 sets" in cut.notes[-1]
