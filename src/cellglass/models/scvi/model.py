"""scVI as a `CellModel`: a variational auto-encoder of counts, without tokens or attention."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from cellglass.errors import InputError
from cellglass.models.cell_model import CellModel
from cellglass.models.cost import Cost, Determinism
from cellglass.seeds import DEFAULT_SEED, integer_seed

from .counts import GeneCounts, Missing, gene_counts
from .decoder import expression
from .edits import edited
from .encoder import EncoderPath

if TYPE_CHECKING:
    from anndata import AnnData
    from scipy import sparse

    from cellglass.models.interventions import Intervention
    from cellglass.models.vocabulary import Vocabulary

    from .covariates import Covariates, Setup
    from .swap_space import ScviSwapSpace

CELLS_A_PASS = 4096


class ScviModel(CellModel):
    """An scVI model (Lopez et al., Nature Methods 2018, doi:10.1038/s41592-018-0229-2).

    The embedding is the posterior mean of z. Every covariate is held at the cell's own value, also
    when genes change; an encoder that sees no covariates asks for none.

    Parameters
    ----------
    module
        A ``scvi.module.VAE``.
    vocabulary
        Its genes; ids are its input columns.
    setup
        Covariates that it was trained with.
    name
        What reports call the model.
    batch
        Read all cells as of this batch; their own where None.
    missing_genes
        ``"zero"`` reads genes that the cells lack as 0; ``"error"`` refuses such cells.
    provenance
        Where the weights came from.

    Examples
    --------
    >>> import cellglass as cg
    >>> model = cg.load_model("my_scvi")  # doctest: +SKIP
    >>> model.embed(cells).shape  # doctest: +SKIP
    (700, 10)
    """

    def __init__(
        self,
        module: Any,
        vocabulary: Vocabulary,
        setup: Setup,
        *,
        name: str,
        batch: str | None = None,
        missing_genes: Missing = "error",
        provenance: dict[str, Any] | None = None,
    ) -> None:
        self.module = module.eval()
        self.vocabulary = vocabulary
        self.setup = setup
        self.name = name
        self.family = "scvi"
        self.missing_genes: Missing = missing_genes
        self.batch = batch
        if batch is not None:
            setup.with_batch(batch)
        self.provenance = provenance or {}

    @property
    def width(self) -> int:
        """Dimensions of the latent space."""
        return int(self.module.n_latent)

    @property
    def encoder(self) -> EncoderPath:
        """The way from counts to the posterior mean."""
        return EncoderPath(self.module)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.module.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the weights."""
        return next(self.module.parameters()).dtype

    @property
    def determinism(self) -> Determinism:
        """Equal cells give equal numbers: the mean is taken, nothing is drawn."""
        return Determinism(deterministic=True)

    def cost(self, n_tokens: int = 0) -> Cost:
        """Cost of one cell; it reads all genes whatever the cell expresses.

        Parameters
        ----------
        n_tokens
            Not used: there are no tokens.
        """
        weights = list(self.module.z_encoder.parameters())
        size = weights[0].element_size()
        return Cost(
            2.0 * sum(w.numel() for w in weights if w.dim() == 2),
            float(size * (self.vocabulary.n_embeddings + 4 * self.module.n_hidden)),
            float(sum(p.numel() * p.element_size() for p in self.module.parameters())),
        )

    def counts(self, cells: AnnData) -> GeneCounts:
        """Counts of some cells over the genes of the model, in its order.

        Raises
        ------
        InputError
            If genes of the model are missing and `missing_genes` is ``"error"``.
        """
        return gene_counts(
            cells, self.vocabulary, layer=self.setup.layer, missing_genes=self.missing_genes
        )

    def covariates(self, cells: AnnData, *, batch: str | None = None) -> Covariates:
        """Covariates of some cells.

        Parameters
        ----------
        cells
            The cells.
        batch
            Read all cells as of this batch; else as the model was told, else each as of its own.

        Raises
        ------
        InputError
            If a column is missing or holds a value that the model never saw.
        """
        return self.setup.read(cells.obs, batch=self.batch if batch is None else batch)

    def encoder_covariates(self, cells: AnnData) -> Covariates | None:
        """What the encoder reads beside counts; None where it reads nothing else."""
        return self.covariates(cells) if self.encoder.reads_covariates else None

    def embed(self, cells: AnnData, *, seed: int = DEFAULT_SEED) -> NDArray[np.float32]:
        """Embed cells: posterior mean of z, cells x latent dimensions.

        Parameters
        ----------
        cells
            Counts, and the covariates that the encoder reads.
        seed
            Not used: nothing is drawn.

        Raises
        ------
        InputError
            If genes or covariates do not fit; see `counts` and `covariates`.
        """
        return self.embed_counts(self.counts(cells).matrix, self.encoder_covariates(cells))

    def embed_perturbed(
        self, cells: AnnData, edits: Sequence[Intervention], *, seed: int = DEFAULT_SEED
    ) -> NDArray[np.float32]:
        """Embed cells whose counts were changed; covariates stay.

        Parameters
        ----------
        cells
            Counts.
        edits
            `Intervention.set_gene` (a count), `drop_gene` (0) and `swap_gene`, in their order.
        seed
            Not used: nothing is drawn.

        Raises
        ------
        InputError
            If an intervention changes no gene: there are no layers or heads to change.
        """
        matrix = edited(self.counts(cells).matrix, edits, self.vocabulary)
        return self.embed_counts(matrix, self.encoder_covariates(cells))

    def embed_counts(
        self, counts: sparse.csr_matrix, covariates: Covariates | None = None
    ) -> NDArray[np.float32]:
        """Embed counts over all genes of the model, cells x latent dimensions."""
        path, parts = self.encoder, [np.zeros((0, self.width), dtype=np.float32)]
        with torch.no_grad():
            for start in range(0, counts.shape[0], CELLS_A_PASS):
                stop = min(start + CELLS_A_PASS, counts.shape[0])
                held = None if covariates is None else covariates[np.arange(start, stop)]
                hidden = path.tensor(path.hidden(counts[start:stop], held))
                parts.append(path.finish(hidden, held).float().cpu().numpy())
        return np.concatenate(parts)

    def encode(self, counts: Tensor, covariates: Covariates | None = None) -> Tensor:
        """Posterior mean from dense counts, cells x latent dimensions; differentiable in counts."""
        path = self.encoder
        return path.finish(path.dense_hidden(counts, covariates), covariates)

    def decode(
        self,
        z: ArrayLike,
        cells: AnnData,
        *,
        library: Literal["own"] | float = "own",
        batch: str | None = None,
    ) -> NDArray[np.float32]:
        """Expression that the model decodes from points of the latent space.

        Parameters
        ----------
        z
            Cells x latent dimensions.
        cells
            The cells of these points: covariates, and counts for their library size.
        library
            ``"own"`` gives expected counts at each cell's own library size; a number gives
            expression on that scale (1: shares of the cell's counts).
        batch
            Decode all cells as of this batch; each as of its own where None.

        Returns
        -------
        numpy.ndarray
            Cells x genes of the model.

        Raises
        ------
        InputError
            If the points are not of these cells, or covariates do not fit.
        """
        points = np.asarray(z, dtype=np.float32)
        if points.shape != (cells.n_obs, self.width):
            raise InputError(
                f"points of shape {points.shape}",
                where="decode",
                expected=f"{cells.n_obs} cells x {self.width} latent dimensions",
                fix="give one point for each of the cells",
            )
        held = self.covariates(cells, batch=batch)
        scale = self.library(cells) if library == "own" else np.full(cells.n_obs, float(library))
        parts = [np.zeros((0, self.vocabulary.n_embeddings), dtype=np.float32)]
        with torch.no_grad():
            for start in range(0, len(points), CELLS_A_PASS):
                rows = np.arange(start, min(start + CELLS_A_PASS, len(points)))
                found = self.expression(self.encoder.tensor(points[rows]), held[rows])
                parts.append((found * self.encoder.tensor(scale[rows, None])).float().cpu().numpy())
        return np.concatenate(parts)

    def expression(self, z: Tensor, covariates: Covariates) -> Tensor:
        """Decode without a library size, cells x genes; differentiable in z."""
        return expression(self.module, z, covariates)

    def library(self, cells: AnnData) -> NDArray[np.float64]:
        """Library size that the model gives each cell, shape (n_cells,).

        The sum of its counts, its size factor, or what the model infers, as it was trained.
        """
        if self.setup.size_factor is not None:
            return self.setup.library(cells.obs)
        counts = self.counts(cells).matrix
        if self.module.use_observed_lib_size:
            return np.asarray(counts.sum(1), dtype=np.float64).ravel()
        path = EncoderPath(self.module, "l_encoder")
        held = self.encoder_covariates(cells)
        with torch.no_grad():
            log = path.finish(path.tensor(path.hidden(counts, held)), held)
        return np.exp(log.double().cpu().numpy()).ravel()

    def swap_space(
        self, cells: AnnData, *, seed: int = DEFAULT_SEED, **options: Any
    ) -> ScviSwapSpace:
        """Cells between which single genes can be exchanged; see `ScviSwapSpace`.

        Parameters
        ----------
        cells
            The cells.
        seed
            Not used: nothing is drawn.
        options
            None are taken.

        Raises
        ------
        InputError
            If there is such an option.
        """
        from .swap_space import ScviSwapSpace

        if options:
            raise InputError(
                f"there is no option '{next(iter(options))}'",
                where=f"swap_space of {self.name}", expected="no options", fix="leave it out",
            )  # fmt: skip
        return ScviSwapSpace(self, self.counts(cells), self.encoder_covariates(cells))

    def untrained(self, seed: int = DEFAULT_SEED) -> ScviModel:
        """Return a copy of the same architecture with weights as before training.

        Parameters
        ----------
        seed
            Of the weights.
        """
        twin = copy.copy(self)
        # drawn on the CPU in float32, so that the copy is the same on every device
        twin.module = copy.deepcopy(self.module).to("cpu", torch.float32)
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(integer_seed(seed, f"untrained/{self.name}"))
            for part in twin.module.modules():
                if hasattr(part, "reset_parameters"):
                    part.reset_parameters()
            if isinstance(getattr(twin.module, "px_r", None), Tensor):
                twin.module.px_r.normal_()
        twin.module.to(self.device, self.dtype)
        twin.name = f"{self.name}-untrained"
        twin.provenance = {**self.provenance, "untrained_seed": seed}
        return twin

    def to(
        self, device: str | torch.device | None = None, dtype: torch.dtype | None = None
    ) -> ScviModel:
        """Move the weights; returns the model."""
        self.module.to(device=device, dtype=dtype)
        return self

    def __repr__(self) -> str:
        seen = [*([self.setup.batch.key] if self.setup.batch else [])]
        seen += [*(c.key for c in self.setup.categorical), *self.setup.continuous]
        return (
            f"{type(self).__name__}('{self.name}', {len(self.vocabulary)} genes, "
            f"{self.width} latent dimensions, covariates: {', '.join(seen) or 'none'})"
        )
