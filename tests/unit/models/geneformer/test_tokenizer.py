from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from cellglass.errors import CheckpointError, InputError, UnsafeFileError
from cellglass.models import geneformer_tokenizer


@pytest.fixture(params=["v1", "v2"])
def version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def folder(tiny: Any, tmp_path: Path, version: str) -> Path:
    tiny.write_dictionaries(tmp_path, version=version)
    return tmp_path


def data(counts: Any, genes: list[str], **obs: Any) -> anndata.AnnData:
    n = len(counts)
    return anndata.AnnData(
        np.array(counts, np.float32),
        obs=pd.DataFrame(obs, index=[f"c{i}" for i in range(n)]),
        var=pd.DataFrame(index=genes),
    )


def slow(cell: dict[str, float], n_counts: float, medians: dict[str, float]) -> list[str]:
    value = {g: c / n_counts * 10_000 / medians[g] for g, c in cell.items() if c > 0}
    return sorted(value, key=lambda g: (-value[g], g))  # ids are in the order of the vocabulary


def ranked(tokens: Any, cell: int) -> list[str]:
    at = tokens.is_gene[cell]
    return [str(tokens.vocabulary.names[g]) for g in tokens.gene_ids[cell, at]]


def test_genes_stand_by_count_over_total_over_median(tiny: Any, folder: Path, version: str) -> None:
    cells = tiny.counts_data(6, [*tiny.ENSEMBL[::-1], "ENSG99999999999"], seed=4)
    tokens = geneformer_tokenizer(folder, version=version)(cells)
    medians = {g: 1 + (7 * i) % 5 for i, g in enumerate(tiny.ENSEMBL)}
    counts = cells.to_df()
    assert tokens.values is not None
    for i in range(6):
        cell = {g: c for g, c in counts.iloc[i].items() if g in medians}
        total = float(counts.iloc[i].sum())  # genes that are not in the vocabulary count too
        names = ranked(tokens, i)
        assert names == slow(cell, total, medians)
        expected = [cell[g] / total * 10_000 / medians[g] for g in names]
        np.testing.assert_allclose(tokens.values[i, tokens.is_gene[i]], expected, rtol=1e-6)


def test_special_tokens_by_version(tiny: Any, folder: Path, version: str) -> None:
    tokens = geneformer_tokenizer(folder, version=version)(tiny.counts_data(4, tiny.ENSEMBL))
    if version == "v1":
        assert tokens.is_gene.tolist() == tokens.valid.tolist()
        return
    for ids, valid in zip(tokens.gene_ids, tokens.valid, strict=True):
        assert (ids[valid][0], ids[valid][-1]) == (2, 3)
        assert ids[valid][1:-1].min() > 3
        assert (ids[~valid] == 0).all()


def test_totals_come_from_n_counts_where_it_is_there(tiny: Any, folder: Path, version: str) -> None:
    """A total changes values, not ranks."""
    genes = list(tiny.ENSEMBL[:3])
    tokenizer = geneformer_tokenizer(folder, version=version)
    by_sum = tokenizer(data([[4, 2, 6]], genes))
    given = tokenizer(data([[4, 2, 6]], genes, n_counts=[24.0]))
    assert by_sum.values is not None
    assert given.values is not None
    np.testing.assert_allclose(by_sum.values, 2 * given.values)
    assert ranked(by_sum, 0) == ranked(given, 0)


def test_duplicated_ids_are_summed(tiny: Any, folder: Path, version: str) -> None:
    """The published tokeniser returns such a token twice; summing is right."""
    first, second = tiny.ENSEMBL[0], tiny.ENSEMBL[5]  # both have median 1
    cells = anndata.AnnData(
        np.array([[3, 5, 3]], np.float32),
        var=pd.DataFrame({"ensembl_id": [first, second, first]}, index=["a", "b", "c"]),
    )
    tokens = geneformer_tokenizer(folder, version=version)(cells)
    assert ranked(tokens, 0) == [first, second]  # 6 beats 5
    assert tokens.values is not None
    found = tokens.values[0, tokens.is_gene[0]]
    np.testing.assert_allclose(found, [6 / 11 * 10_000, 5 / 11 * 10_000], rtol=1e-6)


def test_symbols_and_old_ids_are_mapped_and_summed(tiny: Any, tmp_path: Path) -> None:
    first, second = tiny.ENSEMBL[0], tiny.ENSEMBL[5]
    tiny.write_dictionaries(
        tmp_path, symbols={"LYZ": first, "CD3E": second}, mapping={"OLDLYZ": first, "LYZ": second}
    )
    tokens = geneformer_tokenizer(tmp_path, version="v2")(
        data([[2, 5, 4]], ["LYZ", "CD3E", "OldLyz"])
    )
    assert ranked(tokens, 0) == [first, second]  # 2 + 4 beats 5; the symbol beats the alias
    assert tokens.vocabulary is not None
    assert tokens.vocabulary.labels[tokens.gene_ids[0, 1]] == "LYZ"


def test_genes_without_a_median_are_left_out(tiny: Any, tmp_path: Path) -> None:
    medians = dict.fromkeys(tiny.ENSEMBL[:2], 2.0)
    tiny.write_dictionaries(tmp_path, medians=medians)
    tokens = geneformer_tokenizer(tmp_path, version="v2")(data([[1, 2, 9]], [*tiny.ENSEMBL[:3]]))
    assert ranked(tokens, 0) == [tiny.ENSEMBL[1], tiny.ENSEMBL[0]]


@pytest.mark.parametrize(("kind", "longest"), [("v1", 2048), ("v2", 4096)])
def test_the_longest_input_and_what_is_cut(
    tiny: Any, tmp_path: Path, kind: str, longest: int
) -> None:
    genes = [f"ENSG{i:011d}" for i in range(4200)]
    tiny.write_dictionaries(tmp_path, genes, version=kind, medians=dict.fromkeys(genes, 1.0))
    counts = 1 + np.random.default_rng(0).permutation(4200)
    tokens = geneformer_tokenizer(tmp_path, version=kind)(data([counts], genes))
    assert tokens.lengths.tolist() == [longest]
    best = [genes[i] for i in np.argsort(-counts)]
    assert ranked(tokens, 0) == best[: longest if kind == "v1" else longest - 2]


def test_the_version_is_checked(tiny: Any, folder: Path, version: str) -> None:
    other = {"v1": "v2", "v2": "v1"}[version]
    with pytest.raises(CheckpointError, match=f"(?s)version {version}.*version {other}"):
        geneformer_tokenizer(folder, version=other)
    with pytest.raises(CheckpointError, match="v3"):
        geneformer_tokenizer(folder, version="v3")  # type: ignore[arg-type]


def test_missing_and_doubled_dictionaries_are_named(tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"(?s)token_dict.*gene_median_dictionary"):
        geneformer_tokenizer(tmp_path, version="v2")
    tiny.write_dictionaries(tmp_path, tag="gc95M")
    tiny.write_dictionaries(tmp_path, tag="gc104M")
    with pytest.raises(CheckpointError, match=r"(?s)2 files.*gc104M.*one version's"):
        geneformer_tokenizer(tmp_path, version="v2")


def test_a_dictionary_that_would_execute_code_is_refused(
    tiny: Any, tmp_path: Path, bomb: Any
) -> None:
    tiny.write_dictionaries(tmp_path)
    path = next(tmp_path.glob("gene_median*"))
    path.write_bytes(bomb.pickled)
    with pytest.raises(UnsafeFileError, match=path.name):
        geneformer_tokenizer(tmp_path, version="v2")
    assert not bomb.exploded


def test_no_gene_in_the_vocabulary_is_an_error(tiny: Any, folder: Path, version: str) -> None:
    with pytest.raises(InputError, match="vocabulary"):
        geneformer_tokenizer(folder, version=version)(data([[1, 2]], ["FOO", "BAR"]))
