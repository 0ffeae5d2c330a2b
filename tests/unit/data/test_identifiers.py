from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from cellglass.data.identifiers import guess_identifier, is_ensembl, strip_version


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("ENSG00000141510", "ENSG00000141510"),
        ("ENSG00000141510.18", "ENSG00000141510"),
        ("ensg00000141510.2", "ENSG00000141510"),
        ("ENSMUSG00000059552.14", "ENSMUSG00000059552"),
        ("ENSG00000182378.15_PAR_Y", "ENSG00000182378"),
        ("RP11-206L10.9", "RP11-206L10.9"),  # a symbol that ends like a version
        ("AL627309.1", "AL627309.1"),
        ("ENST00000269305.9", "ENST00000269305.9"),  # a transcript is no gene
    ],
)
def test_versions(name: str, bare: str) -> None:
    assert strip_version(name) == bare


def test_kinds() -> None:
    symbols = ["TP53", "HLA-DRA", "C1orf43", "MT-CO1", "AL627309.1", "NKX2-5", "H2-Ab1"]
    ids = ["ENSG00000141510", "ENSG00000012048.23"]
    assert guess_identifier(symbols) == "symbol"
    assert guess_identifier(ids) == "ensembl"
    assert guess_identifier([*symbols, *ids]) == "mixed"
    assert guess_identifier(["7157", "672", "1956"]) == "unknown"
    assert guess_identifier(["NM_000546.6", "XR_243565.3"]) == "unknown"
    assert guess_identifier(["ENST00000269305", "ENSP00000269305"]) == "unknown"
    assert guess_identifier(["a gene of mine", "another gene"]) == "unknown"
    assert guess_identifier(["", ""]) == "unknown"
    assert guess_identifier([]) == "unknown"


def test_real_lists(shared_data: Callable[[str], Path]) -> None:
    genes = pd.read_csv(
        shared_data("gene_info/human_genes_gencode.tsv.gz"), sep="\t", keep_default_na=False
    )
    assert all(map(is_ensembl, genes["ensembl_id"]))
    assert guess_identifier(genes["ensembl_id"]) == "ensembl"
    coding = genes[genes["biotype"] == "protein_coding"]
    assert guess_identifier(coding["symbol"]) == "symbol"
    vocabulary = json.loads(shared_data("models/scgpt/vocab.json").read_text())
    assert guess_identifier(vocabulary) == "symbol"
