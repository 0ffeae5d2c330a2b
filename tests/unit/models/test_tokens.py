from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from cellglass.errors import InputError
from cellglass.models import Tokens, Vocabulary
from cellglass.models.tokens import pad_rows

WORDS = Vocabulary({"A": 1, "B": 2, "C": 3}, {"<pad>": 0, "<cls>": 4})


def made(**options: Any) -> Tokens:
    held: dict[str, Any] = {
        "gene_ids": [[4, 1, 2, 0], [4, 3, 0, 0]],
        "valid": [[True, True, True, False], [True, True, False, False]],
        "values": [[-2, 5, 1, 0], [-2, 7, 0, 0]],
        "vocabulary": WORDS,
        "cell_names": ["x", "y"],
    }
    return Tokens(**held | options)


def test_special_tokens_are_known_by_the_vocabulary_and_are_no_genes() -> None:
    tokens = made()
    assert tokens.special is not None
    assert tokens.special.tolist() == [[True, False, False, False], [True, False, False, False]]
    assert tokens.is_gene.tolist() == [[False, True, True, False], [False, True, False, False]]
    assert (len(tokens), tokens.n_positions, tokens.lengths.tolist()) == (2, 4, [3, 2])
    assert made(vocabulary=None).is_gene.tolist() == made().valid.tolist()
    assert made(special=made().valid).is_gene.any() == np.False_


def test_arrays_may_be_torch_tensors() -> None:
    tokens = made(gene_ids=torch.tensor([[4, 1, 2, 0], [4, 3, 0, 0]]))
    assert tokens.gene_ids.dtype == np.int64
    assert tokens.gene_ids.tolist() == made().gene_ids.tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"valid": [[True] * 3] * 2}, r"valid has shape \(2, 3\), gene_ids \(2, 4\)"),
        ({"values": [[1.0] * 4]}, r"values has shape \(1, 4\)"),
        ({"special": [[False] * 5] * 2}, r"special has shape \(2, 5\)"),
        ({"gene_ids": [1, 2, 3]}, "gene_ids has 1 dimensions"),
        ({"gene_ids": [[4.0, 1.5, 2, 0], [4, 3, 0, 0]]}, "gene_ids holds float64"),
        ({"cell_names": ["x"]}, "1 cell names for 2 cells"),
        ({"valid": [[True] * 4, [False] * 4]}, "1 cells have no token, the first is cell 1"),
    ],
)
def test_what_does_not_fit_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        made(**options)


@pytest.mark.parametrize("cells", [slice(1, 2), [1], np.array([1]), np.array([False, True])])
def test_some_cells_keep_all_that_is_theirs(cells: Any) -> None:
    part = made()[cells]
    assert (len(part), part.n_positions) == (1, 4)
    assert part.gene_ids.tolist() == [[4, 3, 0, 0]]
    assert part.values is not None
    assert part.values.tolist() == [[-2, 7, 0, 0]]
    assert part.special is not None
    assert part.special.tolist() == [[True, False, False, False]]
    assert list(part.cell_names or []) == ["y"]


def test_trimming_takes_empty_columns_off_the_end_only() -> None:
    tokens = made(valid=[[True, False, True, False], [True, False, False, False]])
    short = tokens.trimmed()
    assert short.gene_ids.tolist() == [[4, 1, 2], [4, 3, 0]]
    assert short.valid.tolist() == [[True, False, True], [True, False, False]]
    assert short.values is not None
    assert short.special is not None
    assert short.values.shape == short.special.shape == (2, 3)


def test_rows_are_padded_to_the_longest() -> None:
    rows = [np.array([1, 2]), np.array([3])]
    assert pad_rows(rows, -1, np.int64).tolist() == [[1, 2], [3, -1]]
    assert pad_rows(rows, 0.5, np.float32, 3).tolist() == [[1, 2, 0.5], [3, 0.5, 0.5]]
