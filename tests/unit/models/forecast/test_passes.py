from __future__ import annotations

import numpy as np
import pytest

from cellglass.models import TransformerModel
from cellglass.models.forecast import passes
from cellglass.models.tokens import Tokens


def test_a_pass_is_timed_on_one_thread_and_threads_are_given_back(
    model: TransformerModel, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(passes, "TIMED_SECONDS", 0.02)
    threads: list[int] = []
    forward = model.forward

    def watched(*args: object, **options: object) -> object:
        threads.append(torch.get_num_threads())
        return forward(*args, **options)

    monkeypatch.setattr(model, "forward", watched)
    seen = np.bincount(tokens.gene_ids[tokens.is_gene], minlength=model.vocabulary.n_embeddings)
    before = torch.get_num_threads()
    seconds = passes.seconds_per_cell(model, tokens, seen, 3, 10, heads=True)
    assert 1e-6 < seconds < 1
    assert set(threads) == {1}
    assert torch.get_num_threads() == before
