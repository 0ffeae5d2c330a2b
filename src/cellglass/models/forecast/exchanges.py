"""How many passes an attribution takes, and how long one is: from exchanges in a sample."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellglass.models.swap_space import Edit, SwapSpace

if TYPE_CHECKING:
    from anndata import AnnData

    from cellglass.models.cell_model import CellModel

TIMED_SECONDS, MOST_EDITS = 0.4, 4096
PAIRS = 32  # pairs of cells of the sample that are compared
# Fitted to seven plans of three models (700 and 2,000 cells; 21 to 142 units): prototypes of
# several units are the same cells, values of several counterfactuals are equal, exchanges that
# gradients choose for several units are the same. Forecasts were 0.6 to 1.5 times the passes.
REUSED, SATURATED, SHARED = 0.35, 5.0, 25.0


@dataclass(frozen=True)
class Passes:
    """Passes of an attribution.

    Attributes
    ----------
    passes
        Edited cells that are embedded.
    gradients
        Pairs of cells along which a gradient is taken.
    entries
        Genes that differ, over all units, prototypes and counterfactuals.
    """

    passes: float
    gradients: float
    entries: float


@dataclass(frozen=True)
class Exchanges:
    """What exchanges between cells of a sample are like.

    Attributes
    ----------
    seconds
        Of a pass with one gene exchanged, one thread.
    differing
        Genes that differ in two cells, mean.
    n_genes
        Of the model, in these cells.
    genes
        Their names.
    below
        Passes below which all are run.
    """

    seconds: float
    differing: float
    n_genes: int
    genes: tuple[str, ...]
    below: int

    def of(
        self,
        n_cells: int,
        shape: tuple[int, int, int],
        *,
        screen: Literal["auto", "gradient", "all"],
        below: int,
        shares: tuple[float, float],
        both: bool = False,
    ) -> Passes:
        """Passes of an attribution of single genes.

        Parameters
        ----------
        n_cells
            Cells from which prototypes are chosen.
        shape
            Units, prototypes of each, counterfactuals of each of these.
        screen, below
            Which exchanges are run, and how many may be without a screen.
        shares
            Of the genes that a gradient chooses, and that chance chooses.
        both
            Whether genes are put in as well as taken out.

        Examples
        --------
        >>> measured = Exchanges(0.004, 340.0, 765, (), 50_000)
        >>> few = measured.of(700, (2, 5, 1), screen="auto", below=50_000, shares=(0.1, 0.02))
        >>> few.entries, few.passes < few.entries, few.gradients
        (3400.0, True, 0.0)
        """
        n_units, n_prototypes, n_sources = shape
        chosen = n_units * n_prototypes * (1 + both)
        n_pairs = chosen * n_sources
        entries = n_pairs * self.differing
        bases = n_cells * -math.expm1(-REUSED * chosen / n_cells) if n_cells else 0.0
        bases = min(max(bases, min(n_prototypes, n_cells)), chosen)
        a_base = n_pairs / bases if bases else 0.0
        all_of_them = bases * self.differing * SATURATED * -math.expm1(-a_base / SATURATED)
        if screen == "all" or (screen == "auto" and all_of_them <= below):
            return Passes(min(all_of_them, entries), 0.0, entries)
        top, random = shares
        screened = (top * entries + random * all_of_them) / (1 + a_base / SHARED)
        return Passes(min(screened, all_of_them), float(n_pairs), entries)


def timed_exchanges(
    model: CellModel, cells: AnnData, seed: int, options: Mapping[str, Any]
) -> Exchanges:
    """Exchange genes between cells of a sample.

    Parameters
    ----------
    model, cells
        The model and a sample of cells; a model that exchanges nothing is timed as it embeds.
    seed, options
        Root seed; layer and pooling, None where they are the published ones.
    """
    import torch

    from cellglass.models.cell_model import CellModel

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        if type(model).swap_space is CellModel.swap_space:
            tick = time.perf_counter()
            model.embed(cells, seed=seed)
            seconds = (time.perf_counter() - tick) / cells.n_obs
            return Exchanges(seconds, 0.0, 0, (), 0)
        given = {k: v for k, v in options.items() if v is not None}
        space = model.swap_space(cells, seed=seed, **given)
        return _timed(space, seed)
    finally:
        torch.set_num_threads(threads)


def _timed(space: SwapSpace, seed: int) -> Exchanges:
    n_cells = len(space.cell_names)
    rng = np.random.default_rng(seed)
    pairs = [rng.choice(n_cells, 2, replace=False) for _ in range(PAIRS if n_cells > 1 else 0)]
    differing = [space.differing(int(a), int(b)) for a, b in pairs]
    kept = [(p, d) for p, d in zip(pairs, differing, strict=True) if d.size]
    seconds, n = 0.0, 16
    while kept:
        edits = []
        for i in range(n):
            (cell, other), genes = kept[i * len(kept) // n]
            gene = genes[[i % genes.size]]
            edits.append(Edit(int(cell), gene, space.row(int(other))[gene]))
        tick = time.perf_counter()
        space.embed_edits(edits)
        took = time.perf_counter() - tick
        seconds = took / n
        if took > TIMED_SECONDS or n >= MOST_EDITS:
            break
        n *= 2
    mean = float(np.mean([d.size for d in differing])) if differing else 0.0
    return Exchanges(seconds, mean, len(space.genes), tuple(space.genes), space.exhaustive_below)
