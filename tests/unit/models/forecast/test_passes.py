from __future__ import annotations

import time

import numpy as np
import pytest

from cellglass.models import TransformerModel
from cellglass.models.forecast import passes
from cellglass.models.tokens import Tokens


@pytest.mark.parametrize("attention", [True, False])
def test_a_pass_is_timed_on_one_thread_and_threads_are_given_back(
    model: TransformerModel, tokens: Tokens, monkeypatch: pytest.MonkeyPatch, attention: bool
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
    if attention:
        seconds = passes.seconds_per_cell(model, tokens, seen, 3, 10, heads=True)
    else:
        seconds = passes.plain_seconds_per_cell(model, tokens)
    assert 1e-6 < seconds < 1
    assert set(threads) == {1}
    assert torch.get_num_threads() == before


def test_waiting_is_no_time_of_the_processor(
    model: TransformerModel, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "TIMED_SECONDS", 0.02)
    forward = model.forward

    def waiting(*args: object, **options: object) -> object:
        time.sleep(0.2)
        return forward(*args, **options)

    forward(tokens)
    monkeypatch.setattr(model, "forward", waiting)
    assert passes.plain_seconds_per_cell(model, tokens) < 0.04  # of 0.05 a cell at least
