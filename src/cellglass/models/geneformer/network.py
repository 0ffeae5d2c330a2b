"""Geneformer's network: BERT's embeddings, the shared encoder, the masked-gene head."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cellglass.models.contract import Network
from cellglass.models.encoder import Encoder, EncoderConfig

INITIAL_SD = 0.02


class MaskedGeneHead(nn.Module):
    """Logits over the vocabulary; the output table is tied to the input embedding."""

    def __init__(self, config: EncoderConfig, n_tokens: int) -> None:
        super().__init__()
        self.dense = nn.Linear(config.width, config.width)
        self.norm = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.bias = nn.Parameter(torch.zeros(n_tokens))
        self.activation = config.activation

    def forward(self, state: Tensor, table: Tensor) -> Tensor:
        """Cells x positions x width to cells x positions x vocabulary."""
        act = F.relu if self.activation == "relu" else F.gelu
        return F.linear(self.norm(act(self.dense(state))), table, self.bias)


class GeneformerNetwork(Network):
    """``BertForMaskedLM`` as Geneformer uses it.

    Parameters
    ----------
    config
        Shape of the encoder.
    n_tokens, n_positions
        Rows of the token and position tables.
    masked_gene_head
        Whether the checkpoint holds one.
    output_table
        Whether the output table is not tied to the input embedding.
    """

    def __init__(
        self,
        config: EncoderConfig,
        n_tokens: int,
        n_positions: int,
        *,
        masked_gene_head: bool = True,
        output_table: bool = False,
    ) -> None:
        super().__init__()
        self.gene_embedding = nn.Embedding(n_tokens, config.width)
        self.position_embedding = nn.Embedding(n_positions, config.width)
        self.type_embedding = nn.Embedding(2, config.width)
        self.norm = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.encoder = Encoder(config)
        self.head = MaskedGeneHead(config, n_tokens) if masked_gene_head else None
        self.output_table = nn.Embedding(n_tokens, config.width) if output_table else None

    def embed_tokens(self, gene_ids: Tensor, values: Tensor | None) -> Tensor:
        """Token plus position plus type embedding, normalised; values play no part."""
        positions = torch.arange(gene_ids.shape[1], device=gene_ids.device)
        return self.embed_at(gene_ids, self.position_embedding(positions))

    def embed_at(self, gene_ids: Tensor, positions: Tensor) -> Tensor:
        """As `embed_tokens`, with the position embedding of each token given."""
        x = self.gene_embedding(gene_ids) + self.type_embedding.weight[0]
        return self.norm(x + positions)

    def predictions(self, state: Tensor, gene_ids: Tensor, cell: Tensor) -> dict[str, Tensor]:
        """Masked-gene logits."""
        if self.head is None:
            from cellglass.errors import CheckpointError

            raise CheckpointError(
                "this checkpoint has no masked-gene head",
                fix="use a BertForMaskedLM checkpoint for logits",
            )
        return {"logits": self.head(state, self.table)}

    @property
    def table(self) -> Tensor:
        """Output table of the masked-gene head, vocabulary x width."""
        held = self.gene_embedding if self.output_table is None else self.output_table
        return held.weight

    def initialise(self, generator: torch.Generator) -> None:
        """BERT's scheme: normal with sd 0.02, no bias, the padding row zero."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                module.weight.normal_(0.0, INITIAL_SD, generator=generator)
                module.bias.zero_()
            elif isinstance(module, nn.Embedding):
                module.weight.normal_(0.0, INITIAL_SD, generator=generator)
            elif isinstance(module, nn.LayerNorm):
                module.weight.fill_(1.0)
                module.bias.zero_()
        self.gene_embedding.weight[0].zero_()
        if self.head is not None:
            self.head.bias.zero_()
