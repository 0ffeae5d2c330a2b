"""A model family of another package: all that cellglass needs to look inside.

Cells become the set of their expressed genes with log counts; a small encoder with random weights
reads them. Run it:  python examples/third_party_model.py

In a package, FAMILY is named by an entry point; then `load_model(folder)` and study.yaml know it:

    [project.entry-points."cellglass.models"]
    bag = "mypackage.bag:FAMILY"
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import cellglass as cg
from cellglass.models import (
    Determinism,
    Encoder,
    EncoderConfig,
    ModelFamily,
    Tokens,
    TransformerModel,
    Vocabulary,
)
from cellglass.models.contract import Network
from cellglass.models.interventions import GeneEdit

MASKED = -1.0


class BagNetwork(Network):
    """Gene embedding plus value embedding, the shared encoder, one decoder of values."""

    def __init__(self, config: EncoderConfig, n_tokens: int) -> None:
        super().__init__()
        self.gene = nn.Embedding(n_tokens, config.width)
        self.value = nn.Linear(1, config.width)
        self.encoder = Encoder(config)
        self.decoder = nn.Linear(config.width, 1)

    def embed_tokens(self, gene_ids: Tensor, values: Tensor | None) -> Tensor:
        """Input of the first layer: gene plus value."""
        assert values is not None
        return self.gene(gene_ids) + self.value(values[..., None])

    def predictions(self, state: Tensor, gene_ids: Tensor, cell: Tensor) -> dict[str, Tensor]:
        """Decode the value of every gene."""
        return {"logits": self.decoder(state)[..., 0]}

    def initialise(self, generator: torch.Generator) -> None:
        """Weights as before training."""
        for weight in self.parameters():
            weight.normal_(0.0, 0.1, generator=generator)


class BagModel(TransformerModel):
    """A bag of genes with values; no special token, the cell is the mean over its genes."""

    embedding_layer = 1
    pooling = "mean"
    determinism = Determinism(True)

    def tokenize(self, cells: Any, *, seed: int = 0, **options: Any) -> Tokens:
        """The expressed genes with the highest counts; nothing is drawn."""
        counts = cg.data.counts_of(cells)
        mapped = cg.data.map_genes(counts.var, self.vocabulary.ids, kind="symbol")
        dense = mapped.collapse(counts.matrix).toarray()
        n = min(self.max_tokens, int((dense > 0).sum(1).max()))
        order = np.argsort(-dense, axis=1, kind="stable")[:, :n]  # the highest counts
        values = np.take_along_axis(dense, order, 1)
        return Tokens(
            mapped.unique_ids[order], values > 0, np.log1p(values), None, self.vocabulary,
            list(cells.obs_names),
        )  # fmt: skip

    def mask_tokens(self, tokens: Tokens, positions: np.ndarray) -> Tokens:
        """Hide the value, keep the gene."""
        return replace(tokens, values=np.where(positions & tokens.valid, MASKED, tokens.values))

    def edit_tokens(self, tokens: Tokens, edit: GeneEdit) -> Tokens:
        """Take a gene out of every cell; a real family sets and swaps as well."""
        hit = tokens.gene_ids == self.vocabulary.gene_id(edit.gene)
        if edit.kind == "drop":
            return replace(tokens, valid=tokens.valid & ~hit)
        raise NotImplementedError(f"{edit.kind} a gene")


def load(folder: Path, *, name: str | None = None, **options: Any) -> BagModel:
    """Load a folder with bag.json and weights.pt."""
    genes = json.loads((folder / "bag.json").read_text())
    config = EncoderConfig(n_layers=2, n_heads=4, width=32, mlp_width=64)
    network = BagNetwork(config, len(genes))
    network.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
    vocabulary = Vocabulary({gene: i for i, gene in enumerate(genes)})
    return BagModel(
        network, config, vocabulary, name=name or folder.name, family="bag", max_tokens=200
    )


FAMILY = ModelFamily(
    "bag", lambda folder: (folder / "bag.json").is_file(), load, "bag.json and weights.pt"
)


def write_checkpoint(folder: Path, genes: list[str], seed: int = 0) -> Path:
    """Write a checkpoint with random weights."""
    network = BagNetwork(EncoderConfig(n_layers=2, n_heads=4, width=32, mlp_width=64), len(genes))
    with torch.no_grad():
        network.initialise(torch.Generator().manual_seed(seed))
    torch.save(network.state_dict(), folder / "weights.pt")
    (folder / "bag.json").write_text(json.dumps(genes))
    return folder


def main() -> None:
    """Write a checkpoint, load it through the family, test the contract."""
    cells = cg.data.pbmc68k_reduced()[:8]
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_checkpoint(Path(scratch), [str(g) for g in cells.var_names])
        assert FAMILY.recognise(folder)
        model = FAMILY.load(folder, name="bag")
    print(model)
    for line in cg.testing.check_model(model, cells):
        print(" ", line)
    edges = cg.regulation.attention_edges(model, cells, sources=["LYZ"], min_count=2)
    print(edges.layer(1).to_frame(evaluable_only=True).nlargest(3, "score").to_string(index=False))


if __name__ == "__main__":
    main()
