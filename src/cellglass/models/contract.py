"""The small contract a model fulfils to be looked into."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, integer_seed

from .cell_model import CellModel
from .cost import Cost
from .encoder import Encoder, EncoderConfig
from .interventions import GeneEdit, Intervention
from .passes import ForwardPass, stacked
from .pooling import Pool, WithPools
from .taps import Tap
from .tokens import Tokens
from .trace import Trace
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from anndata import AnnData


class Network(nn.Module):
    """The torch module behind a `TransformerModel`: embedding, encoder, heads."""

    encoder: Encoder

    def embed_tokens(self, gene_ids: Tensor, values: Tensor | None) -> Tensor:
        """Input of the first layer, cells x positions x width."""
        raise NotImplementedError

    def predictions(self, state: Tensor, gene_ids: Tensor, cell: Tensor) -> dict[str, Tensor]:
        """Return ``logits`` (and what else the family decodes) from the last state."""
        raise NotImplementedError

    def initialise(self, generator: torch.Generator) -> None:
        """Fill the weights as before training, with the family's published scheme."""
        raise NotImplementedError


class TransformerModel(CellModel):
    """A transformer over genes as tokens.

    Parameters
    ----------
    network
        Embedding, encoder and heads.
    config
        Shape of the encoder.
    vocabulary
        Genes and special tokens.
    name, family
        See `CellModel`.
    max_tokens
        Longest input, special tokens included.
    provenance
        Where the weights came from: path, sha256, what was ignored.

    Examples
    --------
    >>> import cellglass as cg
    >>> model = cg.load_model("mini-scgpt")
    >>> model.n_layers > 1, model.n_heads > 1
    (True, True)
    """

    def __init__(
        self,
        network: Network,
        config: EncoderConfig,
        vocabulary: Vocabulary,
        *,
        name: str,
        family: str,
        max_tokens: int,
        provenance: dict[str, Any] | None = None,
    ) -> None:
        self.network = network.eval()
        self.config = config
        self.vocabulary = vocabulary
        self.name = name
        self.family = family
        self.max_tokens = max_tokens
        self.provenance = provenance or {}

    @property
    def n_layers(self) -> int:
        """Layers of the encoder."""
        return self.config.n_layers

    @property
    def n_heads(self) -> int:
        """Heads of each layer."""
        return self.config.n_heads

    @property
    def width(self) -> int:
        """Width of the residual stream."""
        return self.config.width

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.network.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the weights."""
        return next(self.network.parameters()).dtype

    # what families provide -------------------------------------------------------------

    @abstractmethod
    def tokenize(self, cells: AnnData, *, seed: int = DEFAULT_SEED, **options: Any) -> Tokens:
        """Turn counts into tokens the way the published pipeline does."""

    @abstractmethod
    def edit_tokens(self, tokens: Tokens, edit: GeneEdit) -> Tokens:
        """Set, drop or swap a gene in every cell."""

    @abstractmethod
    def mask_tokens(self, tokens: Tokens, positions: NDArray[np.bool_]) -> Tokens:
        """Hide what stands at some positions, as in training."""

    @property
    @abstractmethod
    def embedding_layer(self) -> int:
        """Layer whose output the published cell embedding reads."""

    @property
    @abstractmethod
    def pooling(self) -> str:
        """Pooling of the published cell embedding: ``"cls"`` or ``"mean"``."""

    # what follows from them ------------------------------------------------------------

    def forward(
        self,
        tokens: Tokens,
        taps: Sequence[Tap] = (),
        interventions: Sequence[Intervention] = (),
        *,
        batch_size: int = 16,
        grad: bool = False,
    ) -> Trace:
        """Run the model, reading taps and applying interventions.

        Parameters
        ----------
        tokens
            Cells to run.
        taps
            What to read, see `Tap`.
        interventions
            What to change, see `Intervention`; in the order given.
        batch_size
            Cells at once; results agree to about 1e-6 whatever it is.
        grad
            Keep the graph: `Trace.tensor` then gives differentiable tensors.

        Returns
        -------
        Trace
            What was tapped, by name.

        Raises
        ------
        InputError
            If ids are outside the vocabulary, values are missing or out of place, or a layer or
            head does not exist.

        Examples
        --------
        >>> import cellglass as cg
        >>> model = cg.load_model("mini-scgpt")
        >>> tokens = model.tokenize(cg.data.pbmc68k_reduced()[:2])
        >>> model.forward(tokens, taps=[cg.Tap.cell_embedding()]).cell_embedding.shape
        (2, 128)
        """
        tokens = self._checked(tokens)
        for intervention in interventions:
            if intervention.edit is not None:
                tokens = self.edit_tokens(tokens, intervention.edit)
        run = ForwardPass(tokens, taps, interventions, self.n_layers, self.n_heads)
        embeddings = [t for t in taps if t.kind == "cell_embedding"]
        wants_logits = any(t.kind == "logits" for t in taps)
        parts: dict[str, list[Tensor]] = {}
        with torch.set_grad_enabled(grad):
            for start in range(0, len(tokens), batch_size):
                stop = min(start + batch_size, len(tokens))
                batch = self._batch(run, embeddings, wants_logits, slice(start, stop))
                for key, value in batch.items():
                    parts.setdefault(key, []).append(value)
        for key, tensors in parts.items():
            run.trace.put(key, stacked(tensors, tokens.n_positions, key))
        return run.finish()

    def _batch(
        self, run: ForwardPass, embeddings: Sequence[Tap], wants_logits: bool, cells: slice
    ) -> dict[str, Tensor]:
        part = run.trace.tokens[cells].trimmed()
        gene_ids = torch.as_tensor(part.gene_ids, device=self.device)
        valid = torch.as_tensor(part.valid, device=self.device)
        values = None
        if part.values is not None:
            values = torch.as_tensor(part.values, device=self.device, dtype=self.dtype)
        run.begin_batch(cells, valid)
        pools = [Pool(self, tap, torch.as_tensor(part.is_gene)) for tap in embeddings]
        hooks = WithPools(run, pools)
        state = self.network.encoder(self.network.embed_tokens(gene_ids, values), valid, hooks)
        for pool in pools:
            pool.finish(state)
        out: dict[str, Tensor] = {}
        if pools:
            out["cell_embedding"] = pools[-1].result
        if wants_logits:
            out.update(self.network.predictions(state, gene_ids, state[:, 0]))
        return out

    def _checked(self, tokens: Tokens) -> Tokens:
        if not len(tokens):
            raise InputError("there are no cells", where=f"tokens for {self.name}")
        ids = tokens.gene_ids[tokens.valid]
        n = self.vocabulary.n_embeddings
        if ids.size and (ids.min() < 0 or ids.max() >= n):
            raise InputError(
                f"gene ids from {ids.min()} to {ids.max()}",
                where=f"tokens for {self.name}",
                expected=f"0 to {n - 1}, the model's vocabulary",
                fix="tokenize the cells with this model",
            )
        if tokens.n_positions > self.max_tokens and int(tokens.lengths.max()) > self.max_tokens:
            raise InputError(
                f"a cell has {int(tokens.lengths.max())} tokens",
                where=f"tokens for {self.name}",
                expected=f"at most {self.max_tokens}",
            )
        if tokens.special is None:
            known = np.clip(tokens.gene_ids, 0, n - 1)
            special = self.vocabulary.is_special[known] & tokens.valid
            tokens = Tokens(
                tokens.gene_ids,
                tokens.valid,
                tokens.values,
                special,
                self.vocabulary,
                tokens.cell_names,
            )
        return tokens

    def embed(
        self,
        cells: AnnData,
        *,
        seed: int = DEFAULT_SEED,
        normalise: bool = False,
        batch_size: int = 16,
    ) -> NDArray[np.float32]:
        """Embed cells with the family's published layer and pooling; see `Tap.cell_embedding`.

        Parameters
        ----------
        cells
            Counts.
        seed
            Of the tokeniser.
        normalise
            Divide each embedding by its norm.
        batch_size
            Cells at once.

        Returns
        -------
        numpy.ndarray
            Cells x width.
        """
        tap = Tap.cell_embedding(normalise=normalise)
        tokens = self.tokenize(cells, seed=seed)
        return self.forward(tokens, [tap], batch_size=batch_size).cell_embedding

    def embed_perturbed(
        self, cells: AnnData, edits: Sequence[Intervention], *, seed: int = DEFAULT_SEED
    ) -> NDArray[np.float32]:
        """Embed cells whose genes were set, dropped or swapped; randomness as in `embed`."""
        tokens = self.tokenize(cells, seed=seed)
        return self.forward(tokens, [Tap.cell_embedding()], edits).cell_embedding

    def cost(self, n_tokens: int) -> Cost:
        """Cost of one cell with `n_tokens` tokens."""
        c = self.config
        per_token = 2.0 * (4 * c.width**2 + 2 * c.width * c.mlp_width)
        attention = 4.0 * n_tokens * c.width
        size = torch.empty((), dtype=self.dtype).element_size()
        activations = n_tokens * (8 * c.width + c.mlp_width) * size
        weights = sum(p.numel() * p.element_size() for p in self.network.parameters())
        return Cost(c.n_layers * n_tokens * (per_token + attention), activations, weights)

    def untrained(self, seed: int = DEFAULT_SEED) -> TransformerModel:
        """Return a copy of the same architecture with weights as before training.

        A baseline for every claim about what training taught: the copy keeps tokeniser,
        vocabulary and shape. The family's published scheme fills the weights, from the seed.

        Examples
        --------
        >>> import cellglass as cg
        >>> cg.load_model("mini-scgpt").untrained().name
        'mini-scgpt-untrained'
        """
        twin = copy.copy(self)
        # drawn on the CPU in float32, so that the copy is the same on every device
        twin.network = copy.deepcopy(self.network).to("cpu", torch.float32)
        generator = torch.Generator().manual_seed(integer_seed(seed, f"untrained/{self.name}"))
        with torch.no_grad():
            twin.network.initialise(generator)
        twin.network.to(self.device, self.dtype)
        twin.name = f"{self.name}-untrained"
        twin.provenance = {**self.provenance, "untrained_seed": seed}
        return twin

    def to(
        self, device: str | torch.device | None = None, dtype: torch.dtype | None = None
    ) -> TransformerModel:
        """Move the weights; returns the model."""
        self.network.to(device=device, dtype=dtype)
        return self

    def __repr__(self) -> str:
        c = self.config
        return (
            f"{type(self).__name__}('{self.name}', {c.n_layers} layers x {c.n_heads} heads, "
            f"width {c.width}, {len(self.vocabulary)} genes, at most {self.max_tokens} tokens)"
        )


__all__ = ["CellModel", "Network", "TransformerModel"]
