from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.models import Tap, Tokens, TransformerModel
from cellglass.models.cell_embedder import CellEmbedder, TokenRow


def rows_of(tokens: Tokens) -> list[TokenRow]:
    assert tokens.values is not None
    return [(tokens.gene_ids[i, v], tokens.values[i, v]) for i, v in enumerate(tokens.valid)]


@pytest.mark.parametrize("layer", [None, 0, 2])
@pytest.mark.parametrize("pooling", [None, "cls", "mean"])
@pytest.mark.parametrize("normalise", [False, True])
def test_rows_are_embedded_as_by_forward(
    model: TransformerModel, tokens: Tokens, layer: int | None, pooling: Any, normalise: bool
) -> None:
    options: dict[str, Any] = {"layer": layer, "pooling": pooling, "normalise": normalise}
    expected = model.forward(tokens, [Tap.cell_embedding(**options)]).cell_embedding
    found = CellEmbedder(model, **options, batch_size=2).rows(rows_of(tokens))
    np.testing.assert_allclose(found, expected, atol=2e-6)
    assert np.ptp(found, 0).max() > 0.01  # cells differ


def test_rows_keep_their_order_whatever_the_company(
    model: TransformerModel, tokens: Tokens
) -> None:
    rows = rows_of(tokens)
    every = CellEmbedder(model, batch_size=3).rows(rows)
    for i, row in enumerate(rows):
        np.testing.assert_allclose(CellEmbedder(model).rows([row])[0], every[i], atol=2e-6)
    back = CellEmbedder(model, batch_size=4).rows(rows[::-1])
    np.testing.assert_allclose(back[::-1], every, atol=2e-6)
    assert CellEmbedder(model).rows([]).shape == (0, 16)


def test_layers_above_the_one_that_is_read_do_not_run(
    model: TransformerModel, tokens: Tokens
) -> None:
    ran = []
    for i, block in enumerate(model.network.encoder.blocks):
        block.mlp_in.register_forward_pre_hook(lambda *_, i=i: ran.append(i))
    CellEmbedder(model, layer=1).rows(rows_of(tokens))
    assert sorted(set(ran)) == [0, 1]


def test_what_the_model_lacks_is_refused_at_once(model: TransformerModel) -> None:
    with pytest.raises(InputError, match=r"(?s)layer 3 asked for.*0 to 2"):
        CellEmbedder(model, layer=3)
