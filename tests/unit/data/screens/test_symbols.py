from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.data.screens.symbols import SYMBOL_COLUMNS, gene_symbols
from cellglass.errors import InputError

IDS = [f"ENSG{i:011d}" for i in range(1, 6)]
NAMES = ["KLF1", "HLA-A", "MT-ND1", "C10orf54", "NKX2-1"]


def var(index: Any = IDS, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns, index=index)


def test_symbols_in_the_index_are_taken_as_they_are():
    assert gene_symbols(var(NAMES, gene_name=["x"] * 5)) == tuple(NAMES)
    assert gene_symbols(var([*NAMES[:4], IDS[0]], ensembl_id=IDS)) == (*NAMES[:4], IDS[0])


@pytest.mark.parametrize("column", [*SYMBOL_COLUMNS, "Gene_Name", "SYMBOL"])
def test_symbols_in_a_column_beside_ensembl_ids(column: str):
    assert gene_symbols(var(chromosome="1", **{column: NAMES})) == tuple(NAMES)
    versions = [f"{g}.12" for g in IDS]
    assert gene_symbols(var(versions, **{column: NAMES})) == tuple(NAMES)


def test_a_column_of_ensembl_ids_is_not_one_of_symbols():
    assert gene_symbols(var(gene_symbol=IDS, gene_name=NAMES)) == tuple(NAMES)
    with pytest.raises(InputError, match="genes go by Ensembl ids"):
        gene_symbols(var(gene_symbol=IDS))
    assert gene_symbols(var(gene=[1, 2, 3, 4, 5], feature_name=NAMES)) == tuple(NAMES)


def test_genes_without_a_symbol_or_with_anothers_go_by_their_ids():
    names = pd.Categorical(["TBCE", "TBCE", None, "HLA-A", ""], ["TBCE", "HLA-A", "", "unused"])
    expected = ("TBCE", IDS[1], IDS[2], "HLA-A", IDS[4])
    assert gene_symbols(var(gene_name=names)) == expected
    assert len(set(expected)) == 5
    texts = gene_symbols(var(gene_name=["TBCE", "nan", "None", "A1", np.nan]))
    assert texts == ("TBCE", IDS[1], IDS[2], "A1", IDS[4])


def test_a_symbol_that_reads_like_a_missing_value_stays():
    assert gene_symbols(var(gene_name=["NAN", "KLF1", "NA", "A1", "B2"]))[0] == "NAN"


def test_ids_without_symbols_are_refused_with_what_to_do():
    with pytest.raises(InputError) as refused:
        gene_symbols(var(chromosome="1"))
    assert refused.value.found.startswith(f"genes go by Ensembl ids ({IDS[0]}, {IDS[1]}, ...)")
    assert refused.value.where == "var"
    assert "gene_symbol" in refused.value.expected
    assert "adata.var['gene_symbol']" in refused.value.fix
