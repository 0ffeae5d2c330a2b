"""Does a model without attention keep the contract? What every `CellModel` must do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellglass.errors import CheckpointError
from cellglass.models.cell_model import CellModel
from cellglass.models.interventions import Intervention

if TYPE_CHECKING:
    from anndata import AnnData

ATOL = 1e-5


def check_cell_model(model: CellModel, cells: AnnData) -> list[str]:
    """Test that a model embeds cells, their edits and their exchanges as it says.

    Parameters
    ----------
    model
        The model, for example of a family that another package registers.
    cells
        A few cells with counts (two or more).

    Returns
    -------
    list of str
        One line a check, with what was measured.

    Raises
    ------
    CheckpointError
        The first check that fails: what was found and what the contract says.

    Examples
    --------
    >>> import cellglass as cg
    >>> lines = check_cell_model(cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:2])
    >>> len(lines)
    4
    """
    whole = model.embed(cells)
    if whole.shape != (cells.n_obs, model.width) or not np.isfinite(whole).all():
        raise CheckpointError(
            f"embeddings of shape {whole.shape}"
            + ("" if np.isfinite(whole).all() else " that are not all finite"),
            where=f"{model.name}.embed",
            expected=f"{cells.n_obs} cells x {model.width} finite numbers",
        )
    lines = [f"embeddings: {whole.shape[0]} cells x {whole.shape[1]} finite numbers"]
    for what, again in (
        ("the same cells twice", model.embed(cells)),
        ("cells one by one", np.vstack([model.embed(cells[[i]]) for i in range(cells.n_obs)])),
    ):
        lines.append(_close(model, what, again, whole))
    space = model.swap_space(cells)
    if space.exact_full_swap:
        swapped = space.embed_edits([space.full_swap(0, 1)])
        lines.append(_close(model, "all genes exchanged", swapped, space.embed([1])))
    else:
        lines.append(f"all genes exchanged: not asked for, {space.limits}")
    gene = model.genes[0]
    edits = [Intervention.drop_gene(gene), Intervention.drop_gene(gene)]
    once = model.embed_perturbed(cells, edits[:1])
    _close(model, f"{gene} dropped once and twice", model.embed_perturbed(cells, edits), once)
    return lines


def _close(model: CellModel, what: str, found: np.ndarray, expected: np.ndarray) -> str:
    """Largest difference in words; an error where it is too large."""
    worst = float(np.abs(found - expected).max())
    if worst > ATOL:
        raise CheckpointError(
            f"{what}: embeddings differ by up to {worst:.1e}",
            where=model.name,
            expected=f"at most {ATOL:.0e}",
            fix="look for what is drawn at each call, or depends on the cells beside",
        )
    return f"{what}: within {worst:.1e}"
