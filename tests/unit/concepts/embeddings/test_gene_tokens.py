"""One row a gene of a cell: the state of its token, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.concepts.embeddings.embed_cells import embed_cells
from cellglass.concepts.embeddings.gene_tokens import _tokens, embed_gene_tokens
from cellglass.concepts.embeddings.store import EmbeddingStore
from cellglass.errors import InputError
from cellglass.models.taps import Tap


def slow(model: Any, cells: Any, layer: int) -> dict[tuple[str, str], tuple[int, np.ndarray]]:
    """Position and state of each gene of each cell, from the whole residual stream."""
    tokens = _tokens(model, cells, 42)
    trace = model.forward(tokens, [Tap.residual()])
    states = trace.embedding if layer == -1 else trace.residual[layer]
    out = {}
    special = set(model.vocabulary.special.values())
    for c, name in enumerate(cells.obs_names):
        for p, gene in enumerate(tokens.gene_ids[c]):
            if tokens.valid[c, p] and int(gene) not in special:
                out[name, str(model.vocabulary.names[gene])] = (p, states[c, p])
    return out


@pytest.mark.parametrize("layer", [-1, 0, 2])
@pytest.mark.parametrize("family", ["scgpt", "geneformer"])
def test_rows_are_the_states_of_gene_tokens(
    transformers: dict[str, Any],
    cells_for: Callable[..., Any],
    tmp_path: Path,
    family: str,
    layer: int,
):
    model, cells = transformers[family], cells_for(family, 5)
    store = embed_gene_tokens(
        model, cells, tmp_path / "s", layer=layer, shard_cells=2, batch_size=3
    )
    expected = slow(model, cells, layer)
    obs = store.obs
    assert list(zip(obs["cell"], obs["gene"], strict=True)) == list(expected)
    assert obs["position"].tolist() == [p for p, _ in expected.values()]
    states = np.stack([s for _, s in expected.values()])
    assert np.allclose(np.asarray(store.array), states, atol=1e-5)
    assert (obs["donor"] == cells.obs["donor"].reindex(obs["cell"]).to_numpy()).all()
    assert (store.meta["level"], store.meta["layer"]) == ("gene token", layer)


def test_values_are_those_the_model_reads(
    transformers: dict[str, Any], cells_for: Callable[..., Any], tmp_path: Path
):
    model, cells = transformers["scgpt"], cells_for("scgpt", 3)
    obs = embed_gene_tokens(model, cells, tmp_path / "s", layer=0).obs
    tokens = _tokens(model, cells, 42)
    row = obs.iloc[4]
    cell = list(cells.obs_names).index(row["cell"])
    assert row["value"] == tokens.values[cell, row["position"]]
    assert obs["value"].nunique() > 3


def sampled(store: EmbeddingStore) -> set[tuple[str, str]]:
    return set(zip(store.obs["cell"], store.obs["gene"], strict=True))


def test_a_sample_of_tokens_does_not_depend_on_the_shards(
    transformers: dict[str, Any], cells_for: Callable[..., Any], tmp_path: Path
):
    model, cells = transformers["geneformer"], cells_for("geneformer", 6)
    options: dict[str, Any] = {"layer": 1, "max_tokens_per_cell": 4}
    one = embed_gene_tokens(model, cells, tmp_path / "one", **options)
    many = embed_gene_tokens(model, cells, tmp_path / "many", shard_cells=1, **options)
    assert one.obs.equals(many.obs)
    assert np.allclose(np.asarray(one.array), np.asarray(many.array), atol=1e-5)
    assert one.obs.groupby("cell").size().max() == 4
    whole = embed_gene_tokens(model, cells, tmp_path / "whole", layer=1)
    assert sampled(one) < sampled(whole)
    other = embed_gene_tokens(model, cells, tmp_path / "other", seed=7, **options)
    assert sampled(other) != sampled(one)
    assert whole.obs["position"].max() > one.obs["position"].min()


@pytest.mark.parametrize("family", ["scgpt", "geneformer"])
def test_tokens_are_those_of_the_cells_embedding(
    transformers: dict[str, Any], cells_for: Callable[..., Any], tmp_path: Path, family: str
):
    model, cells = transformers[family], cells_for(family, 4)
    tokens = embed_gene_tokens(model, cells, tmp_path / "t", layer=1)
    mean = embed_cells(model, cells, tmp_path / "c", layer=1, pooling="mean")
    for i, name in enumerate(mean.obs["cell"]):
        of_cell = np.asarray(tokens.subset(tokens.obs["cell"] == name).array)
        assert np.allclose(of_cell.mean(0), mean.array.rows([i])[0], atol=1e-4)


def test_what_cannot_be_is_refused(
    transformers: dict[str, Any], plain: Any, cells_for: Callable[..., Any], tmp_path: Path
):
    model, cells = transformers["scgpt"], cells_for("scgpt", 3)
    with pytest.raises(InputError, match="layer 3 asked for"):
        embed_gene_tokens(model, cells, tmp_path / "s", layer=3)
    with pytest.raises(InputError, match="plain has no gene tokens"):
        embed_gene_tokens(plain, cells, tmp_path / "s", layer=0)
    with pytest.raises(InputError, match="0 tokens a cell"):
        embed_gene_tokens(model, cells, tmp_path / "s", layer=0, max_tokens_per_cell=0)
    cells.obs["gene"] = "x"
    with pytest.raises(InputError, match="a column is called 'gene'"):
        embed_gene_tokens(model, cells, tmp_path / "s", layer=0)
    assert not (tmp_path / "s").exists()
