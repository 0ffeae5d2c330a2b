"""Sums of states: every token of a listed gene once, nothing of anything else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.layers import EMBEDDING
from cellglass.geometry.states.accumulator import GeneStateSums
from cellglass.models.taps import Tap


def slow(model: Any, tokens: Any, ids: np.ndarray, groups: np.ndarray, layer: int) -> Any:
    """Means by the whole residual stream, one token after the other."""
    trace = model.forward(tokens, [Tap.residual()])
    states = trace.embedding if layer == EMBEDDING else trace.residual[layer]
    sums = np.zeros((groups.max() + 1, len(ids), model.width))
    counts = np.zeros(sums.shape[:2], dtype=int)
    for cell in range(len(tokens)):
        for position in range(tokens.n_positions):
            if not tokens.is_gene[cell, position]:
                continue
            for column in np.flatnonzero(ids == tokens.gene_ids[cell, position]):
                sums[groups[cell], column] += states[cell, position]
                counts[groups[cell], column] += 1
    return sums, counts


@pytest.mark.parametrize("family", ["scgpt", "geneformer"])
@pytest.mark.parametrize("batch_size", [1, 7])
def test_sums_are_those_of_the_obvious_loop(
    minis: dict[str, Any], some_cells: Any, family: str, batch_size: int
):
    model = minis[family]
    tokens = model.tokenize(some_cells[:9])
    every = np.unique(tokens.gene_ids[tokens.is_gene])
    ids = every[:: max(1, len(every) // 60)]
    groups = np.arange(9) % 2
    layers = (EMBEDDING, 0, model.n_layers - 1)
    sums = GeneStateSums(
        tokens, ids, model.vocabulary.n_embeddings, groups, 2, layers=layers, width=model.width
    )
    model.forward(tokens, [sums.tap()], batch_size=batch_size)
    for row, layer in enumerate(layers):
        expected, counts = slow(model, tokens, ids, groups, layer)
        assert np.array_equal(sums.counts, counts)
        assert np.allclose(sums.sums[row], expected, atol=1e-4)
    assert sums.counts.sum() > 0


def test_layers_that_were_not_asked_for_are_left_out(minis: dict[str, Any], some_cells: Any):
    model = minis["scgpt"]
    tokens = model.tokenize(some_cells[:2])
    ids = np.unique(tokens.gene_ids[tokens.is_gene])
    one = GeneStateSums(
        tokens, ids, model.vocabulary.n_embeddings, np.zeros(2, int), 1, layers=[1],
        width=model.width,
    )  # fmt: skip
    model.forward(tokens, [one.tap(), Tap.residual([0], reduce=one)])
    twice = GeneStateSums(
        tokens, ids, model.vocabulary.n_embeddings, np.zeros(2, int), 1, layers=[1],
        width=model.width,
    )  # fmt: skip
    model.forward(tokens, [twice.tap()])
    assert np.array_equal(one.sums, twice.sums)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"genes": np.array([3, 3])}, "twice"),
        ({"genes": np.array([-1])}, "outside the vocabulary"),
        ({"groups": np.zeros(1, int)}, "1 groups for 2 cells"),
        ({"groups": np.array([0, 5])}, "groups from 0 to 5"),
    ],
)
def test_bad_input_is_refused(
    minis: dict[str, Any], some_cells: Any, change: dict[str, Any], told: str
):
    model = minis["scgpt"]
    given = {"genes": np.arange(3), "groups": np.zeros(2, int), **change}
    with pytest.raises(InputError, match=told):
        GeneStateSums(
            model.tokenize(some_cells[:2]), given["genes"], model.vocabulary.n_embeddings,
            given["groups"], 1, layers=[0], width=model.width,
        )  # fmt: skip
