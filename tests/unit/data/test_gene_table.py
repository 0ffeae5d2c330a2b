from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cellglass.data.gene_table import GeneTable, one_to_one
from cellglass.errors import InputError


@pytest.fixture
def hgnc(tmp_path: Path, hgnc_text: str) -> Path:
    path = tmp_path / "hgnc_complete_set.txt"
    path.write_text(hgnc_text)
    return path


def test_hgnc(hgnc: Path) -> None:
    table = GeneTable.from_files(hgnc)
    assert len(table) == 4
    assert "NA" in table.symbols
    assert table.symbol_to_ensembl["SEPTIN1"] == "ENSG00000180096"
    assert table.ensembl_to_symbol["ENSG00000168385"] == "SEPTIN2"
    assert table.alias_to_symbol["SEPT1"] == "SEPTIN1"
    assert table.alias_to_symbol["PNUTL3"] == "SEPTIN1"
    assert "LARP" not in table.alias_to_symbol  # an approved symbol of another gene
    assert "DIFF6" not in table.alias_to_symbol  # means two genes


def test_gencode(shared_data: Callable[[str], Path]) -> None:
    table = GeneTable.from_files(shared_data("gene_info/human_genes_gencode.tsv.gz"))
    assert len(table) == 78_691
    assert table.symbol_to_ensembl["TP53"] == "ENSG00000141510"
    assert table.ensembl_to_symbol["ENSG00000141510"] == "TP53"
    assert "Y_RNA" not in table.symbol_to_ensembl  # a symbol of hundreds of genes


def test_tables_join(hgnc: Path, tmp_path: Path) -> None:
    other = tmp_path / "map.csv"
    other.write_text("gene_id,gene_name\nENSG00000141510.18,TP53\n")
    table = GeneTable.from_files(hgnc, other)
    assert {"TP53", "SEPTIN1"} <= table.symbols
    assert table.symbol_to_ensembl["TP53"] == "ENSG00000141510"


def test_plain_mappings(tmp_path: Path) -> None:
    plain = tmp_path / "map.tsv"
    plain.write_text("whatever\tname_of_it\nENSG00000141510\tTP53\n")
    assert GeneTable.from_files(plain).symbol_to_ensembl == {"TP53": "ENSG00000141510"}
    assert GeneTable.from_mapping({"TP53": "ENSG00000141510.1"}).pairs == (
        ("TP53", "ENSG00000141510"),
    )
    useless = tmp_path / "x.tsv"
    useless.write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="no column of symbols among a, b"):
        GeneTable.from_files(useless)


def test_ambiguous_keys_are_dropped() -> None:
    assert one_to_one([("a", "x"), ("a", "x"), ("b", "y"), ("b", "z")]) == {"a": "x"}
