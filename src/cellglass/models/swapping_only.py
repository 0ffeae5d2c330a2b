"""Whether genes can be exchanged between cells of a model: asked before it is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .families import family_of, resolve

if TYPE_CHECKING:
    from cellglass.runs.sections import ModelConfig


def no_swaps(model: ModelConfig) -> str:
    """Why what exchanges genes does not apply to a study's model; empty where it does.

    Parameters
    ----------
    model
        Entry of the study; the weights are not read.
    """
    family = family_of(resolve(model.path), model.family)
    if family.swaps:
        return ""
    return (
        f"the family {family.name} does not say what exchanging a gene between cells means "
        "(CellModel.swap_space, and swaps=True in its ModelFamily)"
    )
