from __future__ import annotations

import numpy as np
import pytest
import torch

from cellglass.errors import InputError
from cellglass.models import Tap, Tokens, Trace, TransformerModel


def test_what_was_not_tapped_names_its_tap(model: TransformerModel, tokens: Tokens) -> None:
    trace = model.forward(tokens, [Tap.logits()])
    for name, tap in {
        "residual": "residual", "embedding": "residual", "attention": "attention",
        "head_output": "head_output", "mlp_output": "mlp_output",
        "cell_embedding": "cell_embedding",
    }.items():  # fmt: skip
        with pytest.raises(InputError, match=rf"(?s)no '{name}'.*logits.*cg\.Tap\.{tap}\(\)"):
            getattr(trace, name)


def test_no_tap_at_all_is_told(model: TransformerModel, tokens: Tokens) -> None:
    with pytest.raises(InputError, match=r"nothing \(no taps\)"):
        _ = model.forward(tokens).residual


def test_arrays_are_float32_and_tensors_are_what_the_model_made(
    model: TransformerModel, tokens: Tokens
) -> None:
    trace = model.to(dtype=torch.float64).forward(tokens, [Tap.cell_embedding()])
    assert trace.cell_embedding.dtype == np.float32
    assert trace.tensor("cell_embedding").dtype == torch.float64
    np.testing.assert_allclose(trace.cell_embedding, trace.tensor("cell_embedding"), rtol=1e-6)


def test_repr_and_dir_show_what_is_held() -> None:
    trace = Trace(Tokens(gene_ids=[[1, 2]], valid=[[True, True]]))
    trace.put("residual", torch.zeros(2, 1, 2, 4), (0, 2))
    trace.put("cell_logits", torch.zeros(1, 2))
    assert repr(trace) == "Trace(1 cells; cell_logits (1, 2), residual (2, 1, 2, 4))"
    assert trace.layers == {"residual": (0, 2)}
    assert "cell_logits" in dir(trace)


def test_tokens_are_those_after_the_edits(model: TransformerModel, tokens: Tokens) -> None:
    from cellglass.models import Intervention

    gene = tokens.gene_ids[0][tokens.is_gene[0]][0]
    drop = Intervention.drop_gene(str(model.vocabulary.names[gene]))
    found = model.forward(tokens, [], [drop]).tokens
    assert gene not in found.gene_ids[found.is_gene]
    assert gene in tokens.gene_ids[tokens.is_gene]  # those given are left alone
