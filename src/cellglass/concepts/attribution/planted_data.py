"""Cells with planted gene programs, decoys that go along with them, and models that read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError
from cellglass.seeds import generator

from .toy_spaces import Network, linear_network, mlp_network

Floats = NDArray[np.float64]
ModelKind = Literal["linear", "mlp"]
BACKGROUND = -1


@dataclass(frozen=True, eq=False)
class PlantedCells:
    """Counts of cells in which the genes of some programs go up together.

    Attributes
    ----------
    counts
        Cells x genes.
    genes
        Names, which tell what a gene is.
    program
        Program of each gene, its own or the one it is a decoy of; -1 for background genes.
    is_decoy
        Genes that correlate with a program's gene, and that no model reads.
    latent
        Log rates, cells x genes.
    donors
        Of the cells.
    """

    counts: sparse.csr_matrix
    genes: tuple[str, ...]
    program: NDArray[np.int64]
    is_decoy: NDArray[np.bool_]
    latent: Floats
    donors: tuple[str, ...]

    def members(self, program: int) -> NDArray[np.bool_]:
        """Genes of a program, without its decoys."""
        return (self.program == program) & ~self.is_decoy

    def decoys(self, program: int) -> NDArray[np.bool_]:
        """Decoys of a program's genes."""
        return (self.program == program) & self.is_decoy


def planted_cells(
    *,
    decoy_correlation: float = 0.9,
    n_cells: int = 600,
    n_programs: int = 4,
    genes_each: int = 20,
    decoys_each: int = 60,
    n_background: int = 100,
    n_donors: int = 6,
    seed: int = 0,
) -> PlantedCells:
    """Draw cells.

    Parameters
    ----------
    decoy_correlation
        Of the log rate of a decoy with that of its program gene, -1 to 1.
    n_cells, n_programs, genes_each, decoys_each, n_background, n_donors
        Sizes; genes and decoys are those of one program. Decoys outnumber genes, as the genes
        that follow a program outnumber those that drive it.
    seed
        Of the draws.

    Notes
    -----
    A program is on in a quarter of the cells. The log rate of its gene is a baseline, plus a
    gain times the program's activity, plus noise; a decoy's deviation from its own baseline has
    the same spread, and the asked correlation with that of its gene. Baselines of genes, decoys
    and background come from one distribution. Counts are Poisson.

    Examples
    --------
    >>> planted_cells(n_cells=20).counts.shape
    (20, 420)
    """
    if not -1 <= decoy_correlation <= 1:
        raise InputError(f"a correlation of {decoy_correlation}", where="decoy_correlation",
                         expected="-1 to 1")  # fmt: skip
    rng = generator(seed, "planted/cells")
    latent, names, program, decoy = [], [], [], []
    for k in range(n_programs):
        activity = (rng.random(n_cells) < 0.25) * rng.gamma(4.0, 0.25, n_cells)
        gain = rng.uniform(0.5, 2.0, genes_each)
        own = np.outer(activity, gain) + 0.3 * rng.normal(size=(n_cells, genes_each))
        partner = np.arange(decoys_each) % genes_each
        mean, spread = own.mean(0)[partner], own.std(0)[partner]
        standard = (own[:, partner] - mean) / spread
        other = rng.normal(size=standard.shape)
        rest = np.sqrt(1 - decoy_correlation**2)
        copied = mean + spread * (decoy_correlation * standard + rest * other)
        latent += [own, copied]
        names += [f"program {k} gene {i}" for i in range(genes_each)]
        names += [f"program {k} decoy {i}" for i in range(decoys_each)]
        program += [k] * (genes_each + decoys_each)
        decoy += [False] * genes_each + [True] * decoys_each
    donor = np.arange(n_cells) % n_donors
    shift = 0.3 * rng.normal(size=(n_donors, n_background))[donor]
    latent.append(shift + 0.5 * rng.normal(size=(n_cells, n_background)))
    names += [f"background {i}" for i in range(n_background)]
    program += [BACKGROUND] * n_background
    decoy += [False] * n_background
    rate = np.concatenate(latent, axis=1) + rng.normal(0.5, 1.2, size=len(names))
    counts = rng.poisson(np.exp(np.minimum(rate, 6.0)))
    return PlantedCells(
        sparse.csr_matrix(counts, dtype=np.float64),
        tuple(names),
        np.array(program, dtype=np.int64),
        np.array(decoy, dtype=bool),
        rate,
        tuple(f"donor {d}" for d in donor),
    )


def planted_model(
    cells: PlantedCells, kind: ModelKind, *, n_other: int = 4, seed: int = 0
) -> tuple[Network, Floats]:
    """Build a model that reads programs and background genes, and no decoy.

    Parameters
    ----------
    cells
        Of `planted_cells`.
    kind
        ``"linear"``, or ``"mlp"``, in which what is read passes through a soft threshold.
    n_other
        Dimensions that read background genes.
    seed
        Of the weights.

    Returns
    -------
    network : Network
    directions : numpy.ndarray
        Along which the embedding holds each program, programs x width.
    """
    rng = generator(seed, f"planted/model/{kind}")
    n_programs = int(cells.program.max()) + 1
    weights = np.zeros((n_programs + n_other, len(cells.genes)))
    for k in range(n_programs):
        weights[k, cells.members(k)] = rng.uniform(0.5, 1.5, int(cells.members(k).sum()))
    background = np.flatnonzero(cells.program == BACKGROUND)
    for k in range(n_other):
        weights[n_programs + k, background] = rng.normal(size=background.size)
    inputs = np.log1p(cells.counts.toarray())
    read = inputs @ weights.T
    weights /= read.std(0)[:, None]
    mixing = np.linalg.qr(rng.normal(size=(len(weights), len(weights))))[0]
    directions = mixing.T[:n_programs].copy()
    if kind == "linear":
        return linear_network(mixing @ weights), directions
    gain = 3.0
    bias = -gain * ((inputs @ weights.T).mean(0) + 0.5)
    return mlp_network(gain * weights, bias, mixing / gain), directions


def untrained_model(
    cells: PlantedCells, kind: ModelKind, *, n_other: int = 4, seed: int = 0
) -> Network:
    """Build the same architecture with weights that were never fitted: reads all genes alike."""
    rng = generator(seed, f"planted/untrained/{kind}")
    width = int(cells.program.max()) + 1 + n_other
    weights = rng.normal(size=(width, len(cells.genes))) / np.sqrt(len(cells.genes))
    if kind == "linear":
        return linear_network(weights)
    bias = -3.0 * (np.log1p(cells.counts.toarray()) @ weights.T).mean(0)
    return mlp_network(3.0 * weights, bias, rng.normal(size=(width, width)) / np.sqrt(width))
