"""scGPT's network: gene and value encoders, the shared encoder, expression decoders."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cellglass.models.contract import Network
from cellglass.models.encoder import Encoder, EncoderConfig, EncoderLayer

MAX_VALUE = 512.0  # the published value encoder clips its input there


class ContinuousValues(nn.Module):
    """A value to a vector by a small MLP, normalised."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(1, width)
        self.linear2 = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, values: Tensor) -> Tensor:
        """Cells x positions to cells x positions x width."""
        x = values.clamp(max=MAX_VALUE)[..., None]
        return self.norm(self.linear2(F.relu(self.linear1(x))))


class CategoryValues(nn.Module):
    """A bin to a vector by a table, normalised."""

    def __init__(self, n_bins: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_bins, width)
        self.enc_norm = nn.LayerNorm(width)

    def forward(self, values: Tensor) -> Tensor:
        """Cells x positions to cells x positions x width."""
        return self.enc_norm(self.embedding(values.long()))


class ExpressionDecoder(nn.Module):
    """Expression of the gene at each position from its final state."""

    def __init__(self, width: int, explicit_zeros: bool) -> None:
        super().__init__()
        self.fc = _decoder_stack(width)
        self.zero_logit = _decoder_stack(width) if explicit_zeros else None

    def forward(self, state: Tensor) -> Tensor:
        """Cells x positions x width to cells x positions."""
        value = self.fc(state).squeeze(-1)
        if self.zero_logit is None:
            return value
        return value * torch.sigmoid(self.zero_logit(state).squeeze(-1))


def _decoder_stack(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(width, width), nn.LeakyReLU(), nn.Linear(width, width), nn.LeakyReLU(),
        nn.Linear(width, 1),
    )  # fmt: skip


class CellDecoder(nn.Module):
    """Expression of genes from the cell embedding: inner product with a query of the gene."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gene2query = nn.Linear(width, width)
        self.W = nn.Linear(width, width, bias=False)

    def forward(self, cell: Tensor, genes: Tensor) -> Tensor:
        """Cells x width and cells x positions x width to cells x positions."""
        queries = self.W(torch.sigmoid(self.gene2query(genes)))
        return torch.bmm(queries, cell[:, :, None]).squeeze(2)


class ScGPTNetwork(Network):
    """scGPT's `TransformerModel`, inference parts.

    Parameters
    ----------
    config
        Shape of the encoder.
    n_tokens
        Rows of the gene embedding table.
    value_style
        ``"continuous"`` or ``"category"``, as ``input_emb_style`` in args.json.
    n_bins
        Rows of the value table for ``"category"``.
    explicit_zeros
        Whether the decoder also predicts the probability of zero.
    cell_decoder, expression_decoder
        Whether the checkpoint holds them.
    batch_norm
        Whether a batch normalisation of the input was saved (old fine-tuned checkpoints).
    """

    def __init__(
        self,
        config: EncoderConfig,
        n_tokens: int,
        *,
        value_style: Literal["continuous", "category"] = "continuous",
        n_bins: int = 51,
        explicit_zeros: bool = False,
        expression_decoder: bool = True,
        cell_decoder: bool = True,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        width = config.width
        self.gene_embedding = nn.Embedding(n_tokens, width)
        self.gene_norm = nn.LayerNorm(width)
        self.values: nn.Module = (
            ContinuousValues(width)
            if value_style == "continuous"
            else CategoryValues(n_bins, width)
        )
        self.batch_norm = nn.BatchNorm1d(width, eps=6.1e-5) if batch_norm else None
        self.encoder = Encoder(config)
        self.decoder = ExpressionDecoder(width, explicit_zeros) if expression_decoder else None
        self.cell_decoder = CellDecoder(width) if cell_decoder else None

    def genes(self, gene_ids: Tensor) -> Tensor:
        """Normalised gene embeddings, cells x positions x width."""
        return self.gene_norm(self.gene_embedding(gene_ids))

    def embed_tokens(self, gene_ids: Tensor, values: Tensor | None) -> Tensor:
        """Gene plus value embedding; see `Network`."""
        if values is None:
            from cellglass.errors import InputError

            raise InputError(
                "the tokens carry no values",
                where="Tokens.values",
                expected="binned values for scGPT",
                fix="tokenize with this model, or pass values=",
            )
        return self._sum(gene_ids, self.values(values))

    def embed_between(
        self, gene_ids: Tensor, first: Tensor, second: Tensor, share: Tensor
    ) -> Tensor:
        """As `embed_tokens`, with values between two: `share` says how much they are the first.

        Bins that a table embeds have nothing between them: their embeddings are mixed.
        """
        if isinstance(self.values, CategoryValues):
            part = share[..., None]
            mixed = part * self.values(first) + (1 - part) * self.values(second)
            return self._sum(gene_ids, mixed)
        return self._sum(gene_ids, self.values(second + share * (first - second)))

    def _sum(self, gene_ids: Tensor, values: Tensor) -> Tensor:
        x = self.genes(gene_ids) + values
        if self.batch_norm is not None:
            x = self.batch_norm(x.transpose(1, 2)).transpose(1, 2)
        return x

    def predictions(self, state: Tensor, gene_ids: Tensor, cell: Tensor) -> dict[str, Tensor]:
        """Expression decoded at each position (logits) and from the cell (cell_logits)."""
        out: dict[str, Tensor] = {}
        if self.decoder is not None:
            out["logits"] = self.decoder(state)
        if self.cell_decoder is not None:
            out["cell_logits"] = self.cell_decoder(cell, self.genes(gene_ids))
        return out

    def initialise(self, generator: torch.Generator) -> None:
        """PyTorch's own schemes; gene embeddings uniform in +-0.1, as scGPT's ``init_weights``."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                bound = 1 / math.sqrt(module.in_features)
                module.weight.uniform_(-bound, bound, generator=generator)
                if module.bias is not None:
                    module.bias.uniform_(-bound, bound, generator=generator)
            elif isinstance(module, nn.LayerNorm):
                module.weight.fill_(1.0)
                module.bias.zero_()
            elif isinstance(module, nn.BatchNorm1d):
                module.reset_parameters()
        for layer in self.encoder.blocks:
            _initialise_attention(layer, generator)
        self.gene_embedding.weight.uniform_(-0.1, 0.1, generator=generator)
        if isinstance(self.values, CategoryValues):
            self.values.embedding.weight.normal_(generator=generator)


def _initialise_attention(layer: EncoderLayer, generator: torch.Generator) -> None:
    """As ``nn.MultiheadAttention``: Xavier on the fused projection, no bias."""
    out_features, in_features = layer.qkv.weight.shape
    bound = math.sqrt(6 / (in_features + out_features))
    layer.qkv.weight.uniform_(-bound, bound, generator=generator)
    layer.qkv.bias.zero_()
    layer.attention_out.bias.zero_()
