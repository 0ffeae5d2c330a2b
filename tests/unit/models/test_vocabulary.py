from __future__ import annotations

import pytest

from cellglass.errors import InputError
from cellglass.models import Vocabulary


def test_names_and_special_tokens_by_id() -> None:
    words = Vocabulary({"LYZ": 4, "CD3E": 1}, {"<pad>": 0, "<cls>": 6})
    assert words.n_embeddings == 7
    assert words.names.tolist() == ["", "CD3E", "", "", "LYZ", "", ""]
    assert words.labels.tolist() == words.names.tolist()
    assert [i for i, yes in enumerate(words.is_special) if yes] == [0, 6]
    assert (len(words), "LYZ" in words, "<cls>" in words) == (2, True, False)
    assert words.lookup(["LYZ", "nothing", "CD3E"]).tolist() == [4, -1, 1]


def test_ensembl_ids_have_symbols_that_people_read() -> None:
    words = Vocabulary(
        {"ENSG1": 2, "ENSG2": 3}, {"<pad>": 0}, kind="ensembl", symbols={"ENSG1": "LYZ"}
    )
    assert words.labels.tolist() == ["", "", "LYZ", "ENSG2"]
    assert words.gene_id("LYZ") == words.gene_id("ENSG1") == 2
    assert words.gene_id("ENSG2") == 3


def test_an_unknown_gene_is_told_with_the_nearest() -> None:
    words = Vocabulary({"CD3E": 0, "CD3D": 1, "LYZ": 2})
    with pytest.raises(InputError, match=r"(?s)'CD3Z' is not in .* 3 genes.*did you mean 'CD3"):
        words.gene_id("CD3Z")


def test_an_empty_vocabulary_needs_no_rows() -> None:
    assert Vocabulary({}).n_embeddings == 0
