from __future__ import annotations

import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.data.screens import is_fold_changes, read_fold_changes
from cellglass.errors import InputError


def write(folder: Path, text: str, name: str = "kd.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "name", ["kd.tsv", "kd.csv", "kd.TXT", "kd.tsv.gz", "kd.v1.csv", "a.b.csv.xz", "kd.parquet"]
)
def test_tables_by_their_endings(name: str):
    assert is_fold_changes(name)
    assert is_fold_changes(Path("folder.h5ad") / name)


@pytest.mark.parametrize(
    "name", ["cells.h5ad", "kd.tsv.h5ad", "kd", "kd.csv/cells.h5ad", "csv", "kd.h5ad.gz", ".csvx"]
)
def test_other_files(name: str):
    assert not is_fold_changes(name)


def test_log2_becomes_natural_and_columns_become_perturbations(tmp_path: Path):
    path = write(tmp_path, "symbol,PAK2,RIPK1\nPAK2,-2,0\nCD3E,1,\nNAN,0.5,NA\n")
    found = read_fold_changes(path)
    assert (found.name, found.genes) == ("kd", ("PAK2", "CD3E", "NAN"))
    assert found.perturbations == ("PAK2", "RIPK1")
    assert found.targets == (("PAK2",), ("RIPK1",))
    ln2 = math.log(2)
    np.testing.assert_allclose(found.values[0], [-2 * ln2, ln2, ln2 / 2])
    np.testing.assert_allclose(found.values[1], [0.0, np.nan, np.nan])
    assert read_fold_changes(path, name="mine").name == "mine"


@pytest.mark.parametrize("form", ["tsv", "gz", "parquet"])
def test_any_form_of_table(form: str, tmp_path: Path):
    frame = pd.DataFrame({"gene_id": ["ENSG00000000001"], "Gene_Symbol": ["A1"], "B2": [-0.123456]})
    path = tmp_path / {"tsv": "kd.tsv", "gz": "kd.csv.gz", "parquet": "kd.parquet"}[form]
    if form == "parquet":
        frame.to_parquet(path)
    elif form == "gz":
        path.write_bytes(gzip.compress(frame.to_csv(index=False).encode()))
    else:
        frame.to_csv(path, sep="\t", index=False)
    found = read_fold_changes(path)
    assert (found.genes, found.perturbations) == (("A1",), ("B2",))
    assert found.values[0, 0] == -0.123456 * math.log(2)


def test_rows_without_a_symbol_or_with_a_second_one(tmp_path: Path):
    found = read_fold_changes(write(tmp_path, "symbol,X1\nA,1\n,2\nA,3\n B ,4\n"))
    assert found.genes == ("A", "B")
    np.testing.assert_allclose(found.values[0] / math.log(2), [1, 4])
    assert found.notes[-1].startswith("2 rows without a symbol, or with one that stood before")


def test_doubles_guides_and_controls_among_the_columns(tmp_path: Path):
    header = "symbol,KLF1,KLF1_MAP2K6,AHR+FEV,sgSPI1_2,non-targeting,note"
    found = read_fold_changes(
        write(tmp_path, f"{header}\nMAP2K6,1,2,3,4,0,good\nACTB,0,0,0,0,0,\n")
    )
    assert found.targets == (("KLF1",), ("KLF1", "MAP2K6"), ("AHR", "FEV"), ("SPI1",))
    assert found.perturbations == ("KLF1", "KLF1_MAP2K6", "AHR+FEV", "sgSPI1_2")
    assert "left out: non-targeting" in found.notes[-1]
    np.testing.assert_allclose(found.values[:, 0] / math.log(2), [1, 2, 3, 4])


BAD = {
    "no symbols": ("probe,A\n1,2\n", "no column of gene symbols among probe, A"),
    "ensembl only": (
        "gene,PAK2\nENSG00000000001,1\nENSG00000000002,2\n",
        "no column of gene symbols among gene, PAK2: 'gene' holds Ensembl ids",
    ),
    "no numbers": ("symbol,A\nX,high\nY,low\n", "no column holds numbers"),
    "only symbols": ("symbol\nX\n", "no column holds numbers"),
    "a word among numbers": ("symbol,A\nX,1\nY,low\n", "column 'A' holds 'low' among its numbers"),
    "infinite": ("symbol,A\nX,1\nY,-inf\n", "a fold change is infinite"),
    "no logarithms": ("symbol,A,B\nX,1,3\nY,812.5,4\n", "column 'A' holds values up to 812.5"),
    "one comparison": (
        "gene,baseMean,log2FoldChange,padj\nX,10,1,0.1\n",
        "column 'baseMean' is a statistic, no perturbation",
    ),
    "scanpy": ("names,symbol,logfoldchanges\n1,X,1\n", "column 'logfoldchanges' is a statistic"),
    "controls only": ("symbol,control,NT_1\nX,1,2\n", "no column is named by a perturbed gene"),
    "no genes": ("gene,bulk_fitness\nAHR,-0.2\n", "no column is named by a perturbed gene: bulk"),
    "empty": ("", "the file is empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_tables_that_are_none(name: str, tmp_path: Path):
    text, found = BAD[name]
    path = write(tmp_path, text)
    with pytest.raises(InputError) as refused:
        read_fold_changes(path)
    assert found in refused.value.found
    assert refused.value.where == str(path)
    assert refused.value.expected
    assert refused.value.fix


def test_a_table_that_goes_by_ensembl_ids_throughout(tmp_path: Path):
    text = "gene,ENSG00000000009\nENSG00000000001,1\nENSG00000000002,2\n"
    found = read_fold_changes(write(tmp_path, text))
    assert found.targets == (("ENSG00000000009",),)


def test_zhu(shared_data: Any):
    found = read_fold_changes(shared_data("perturbation/zhu2025_cd4_crispri_lfc.tsv.gz"))
    assert found.perturbations == ("PAK2", "RICTOR", "RIPK1")
    assert len(found.genes) == 18_121
    assert "9 rows without a symbol" in found.notes[-1]
    own = [found.values[i, found.genes.index(g)] for i, g in enumerate(found.perturbations)]
    np.testing.assert_allclose(np.array(own) / math.log(2), [-2.55, -2.49, -2.63], atol=0.005)
    assert np.isfinite(found.values).mean() > 0.5
    assert np.nanmedian(np.abs(found.values)) < 0.2


@pytest.mark.parametrize(
    "name",
    ["norman2019_gi_fits.csv", "norman2019_guides.csv", "norman2019_umap_layout.csv",
     "zhu2025_cd4_crispri_de_summary.csv.gz", "zhu2025_cd4_vs_k562_comparison.csv.gz"],
)  # fmt: skip
def test_real_tables_of_something_else_are_refused(name: str, shared_data: Any):
    with pytest.raises(InputError):
        read_fold_changes(shared_data(f"perturbation/{name}"))
