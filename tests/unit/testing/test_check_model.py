from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cellglass.errors import CheckpointError
from cellglass.models import Tokens, Trace, TransformerModel, load_model
from cellglass.testing import check_model


@pytest.fixture(scope="module", params=["scgpt", "geneformer"])
def folder(request: pytest.FixtureRequest, tiny: Any, tmp_path_factory: Any) -> Path:
    write = getattr(tiny, f"write_{request.param}")
    return Path(write(tmp_path_factory.mktemp(request.param)))


@pytest.fixture
def model(folder: Path) -> TransformerModel:
    """A model whose methods a test may break."""
    return load_model(folder, name="third-party")


@pytest.fixture
def cells(tiny: Any, model: TransformerModel) -> Any:
    genes = tiny.ENSEMBL if model.family == "geneformer" else tiny.SYMBOLS
    return tiny.counts_data(5, genes, seed=3)


def test_models_that_keep_the_contract_pass_with_a_line_a_check(
    model: TransformerModel, cells: Any
) -> None:
    lines = check_model(model, cells)
    first = [line.partition(":")[0] for line in lines]
    assert first == ["tokens", "taps", "attention", "padding", "batches", "interventions",
                     "patching", "accumulation", "masking"]  # fmt: skip


def test_checking_leaves_the_model_as_it_was(model: TransformerModel, cells: Any) -> None:
    before = {k: v.clone() for k, v in model.network.state_dict().items()}
    check_model(model, cells)
    for name, weight in model.network.state_dict().items():
        assert torch.equal(weight, before[name])


def _tokens_change(model: Any) -> None:
    real, calls = model.tokenize, []

    def tokenize(cells: Any, **options: Any) -> Tokens:
        calls.append(1)
        found: Tokens = real(cells, **options)
        return replace(found, gene_ids=np.where(found.is_gene, len(calls) + 4, found.gene_ids))

    model.tokenize = tokenize


def _tokens_lack_a_cell(model: Any) -> None:
    real = model.tokenize
    model.tokenize = lambda cells, **options: real(cells, **options)[1:]


def _too_long(model: Any) -> None:
    model.max_tokens = 5


def _outside(model: Any) -> None:
    real = model.tokenize

    def tokenize(cells: Any, **options: Any) -> Tokens:
        found: Tokens = real(cells, **options)
        return replace(found, gene_ids=found.gene_ids + 50)

    model.tokenize = tokenize


def _embeds_with(change: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> Any:
    def break_it(model: Any) -> None:
        real = model.network.embed_tokens
        model.network.embed_tokens = lambda ids, values: change(real(ids, values), ids)

    return break_it


def _traces_with(change: Callable[[Trace], None]) -> Any:
    def break_it(model: Any) -> None:
        real = model.forward

        def forward(*args: Any, **options: Any) -> Trace:
            trace: Trace = real(*args, **options)
            change(trace)
            return trace

        model.forward = forward

    return break_it


def _scaled(name: str, factor: float) -> Any:
    def change(trace: Trace) -> None:
        if name in trace._tensors:
            trace.put(name, trace.tensor(name) * factor, trace.layers.get(name))

    return _traces_with(change)


def _leaks_to_padding(model: Any) -> None:
    def change(trace: Trace) -> None:
        if "attention" in trace._tensors:  # rows still sum to 1
            held = trace.tensor("attention").clone()
            at = ~torch.as_tensor(trace.tokens.valid)[None, :, None, None, :]
            held[..., 0] -= 0.01 * at.sum(-1)
            trace.put("attention", held + 0.01 * at)

    _traces_with(change)(model)


def _ignores_interventions(model: Any) -> None:
    real = model.forward
    model.forward = lambda tokens, taps=(), interventions=(), **o: real(tokens, taps, (), **o)


def _ignores_patches(model: Any) -> None:
    real = model.forward

    def forward(tokens: Any, taps: Any = (), interventions: Any = (), **options: Any) -> Trace:
        kept = [i for i in interventions if not i.description.startswith("patch")]
        return real(tokens, taps, kept, **options)

    model.forward = forward


def _reducers_miss_a_batch(model: Any) -> None:
    real = model.forward

    def forward(tokens: Any, taps: Any = (), interventions: Any = (), **options: Any) -> Trace:
        trace: Trace = real(tokens, taps, interventions, **options)
        for tap in taps:
            if tap.observer is not None:
                tap.observer.sums *= 0.9
        return trace

    model.forward = forward


def _hides_nothing(model: Any) -> None:
    model.mask_tokens = lambda tokens, positions: tokens


def _drops_what_it_hides(model: Any) -> None:
    real = model.mask_tokens
    model.mask_tokens = lambda t, p: replace(real(t, p), valid=t.valid & ~p)


BROKEN: dict[str, tuple[Any, str]] = {
    "tokens change": (_tokens_change, "tokenising twice"),
    "a cell is lost": (_tokens_lack_a_cell, "4 rows of tokens for 5 cells"),
    "too long": (_too_long, "tokens, at most 5"),
    "outside": (_outside, "ids outside the vocabulary"),
    "sees its batch": (_embeds_with(lambda x, _: x + 0.1 * len(x)), "depend on batches"),
    "sees padding": (  # and so its batch, too: the padding is checked first
        _embeds_with(lambda x, ids: x + 0.01 * ids.sum()), "padding changes the cell embedding"
    ),
    "nan": (_scaled("cell_embedding", float("nan")), "not finite"),
    "rows": (_scaled("attention", 0.9), "attention rows sum to 1 only"),
    "leak": (_leaks_to_padding, "padding receives attention"),
    "no interventions": (_ignores_interventions, "zeroing all heads of a layer changed nothing"),
    "no patches": (_ignores_patches, "patching does not restore"),
    "sums": (_reducers_miss_a_batch, "accumulated attention differs"),
    "no mask": (_hides_nothing, "masking a token does not change it"),
    "mask drops": (_drops_what_it_hides, "masking changes which tokens are valid"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_model_that_breaks_the_contract_is_told_how(
    model: TransformerModel, cells: Any, name: str
) -> None:
    break_it, reason = BROKEN[name]
    break_it(model)
    with pytest.raises(CheckpointError, match=f"breaks the contract: .*{reason}") as caught:
        check_model(model, cells)
    assert "contract" in caught.value.fix


def test_wrong_shapes_are_told(model: Any, cells: Any) -> None:
    def change(trace: Trace) -> None:
        if "residual" in trace._tensors:
            trace.put("residual", trace.tensor("residual")[:-1])

    _traces_with(change)(model)
    with pytest.raises(CheckpointError, match=r"trace\.residual has shape \(2, .*not \(3, "):
        check_model(model, cells)
