"""Rows of a model's gene table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.states.static import token_embeddings


@pytest.mark.parametrize("family", ["scgpt", "geneformer"])
def test_rows_are_those_of_the_table(minis: dict[str, Any], family: str):
    model = minis[family]
    cloud = token_embeddings(model)
    table = model.network.gene_embedding.weight.detach().numpy()
    row = len(cloud) // 3
    name = cloud.names[row]
    token = int(np.flatnonzero(model.vocabulary.labels == name)[0])
    assert np.array_equal(cloud.points[row], table[token].astype(np.float64))
    assert len(cloud) == len(model.vocabulary)
    assert token_embeddings(model, [name]).names == (name,)


def test_what_is_missing_is_told(minis: dict[str, Any]):
    with pytest.raises(InputError, match="NOSUCHGENE"):
        token_embeddings(minis["scgpt"], ["NOSUCHGENE"])
    with pytest.raises(InputError, match="no table of gene embeddings"):
        token_embeddings(object())  # type: ignore[arg-type]
