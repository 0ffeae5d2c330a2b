"""What only transformers have: asked of a model, or of a study's entry before it is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellglass.errors import InputError

from .contract import TransformerModel
from .families import family_of, resolve

if TYPE_CHECKING:
    from cellglass.runs.sections import ModelConfig

    from .cell_model import CellModel


def as_transformer(model: CellModel) -> TransformerModel:
    """Return the model as one with tokens, layers and attention.

    Parameters
    ----------
    model
        Any model of cells.

    Raises
    ------
    InputError
        If it is no transformer.

    Examples
    --------
    >>> import cellglass as cg
    >>> as_transformer(cg.load_model("mini-scgpt")).n_layers
    4
    """
    if isinstance(model, TransformerModel):
        return model
    raise InputError(
        f"a model of the family {model.family} has no attention",
        where=model.name,
        expected="a transformer: tokens, layers, heads",
        fix="use its cell embeddings, or a model of another family",
    )


def no_attention(model: ModelConfig) -> str:
    """Why what reads attention or tokens does not apply to a study's model; empty where it does.

    Parameters
    ----------
    model
        Entry of the study; the weights are not read.
    """
    family = family_of(resolve(model.path), model.family)
    return "" if family.attention else f"a model of the family {family.name} has no attention"
