"""Run a foundation model: contract, one encoder for scGPT and Geneformer, scVI, taps, edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "CellModel": ".cell_model",
    "TransformerModel": ".contract",
    "Cost": ".cost",
    "Determinism": ".cost",
    "Encoder": ".encoder",
    "EncoderConfig": ".encoder",
    "GeneformerModel": ".geneformer",
    "GeneformerSwapSpace": ".geneformer",
    "GeneformerTokenizer": ".geneformer",
    "Intervention": ".interventions",
    "ModelFamily": ".families",
    "ScGPTModel": ".scgpt",
    "ScGPTSwapSpace": ".scgpt",
    "ScGPTTokenizer": ".scgpt",
    "ScviModel": ".scvi",
    "ScviSwapSpace": ".scvi",
    "Site": ".sites",
    "SwapSpace": ".swap_space",
    "Tap": ".taps",
    "Tokens": ".tokens",
    "Trace": ".trace",
    "Vocabulary": ".vocabulary",
    "families": ".families",
    "geneformer_tokenizer": ".geneformer",
    "load_model": ".families",
    "train_scvi": ".scvi",
}

if TYPE_CHECKING:
    from .cell_model import CellModel
    from .contract import TransformerModel
    from .cost import Cost, Determinism
    from .encoder import Encoder, EncoderConfig
    from .families import ModelFamily, families, load_model
    from .geneformer import (
        GeneformerModel,
        GeneformerSwapSpace,
        GeneformerTokenizer,
        geneformer_tokenizer,
    )
    from .interventions import Intervention
    from .scgpt import ScGPTModel, ScGPTSwapSpace, ScGPTTokenizer
    from .scvi import ScviModel, ScviSwapSpace, train_scvi
    from .sites import Site
    from .swap_space import SwapSpace
    from .taps import Tap
    from .tokens import Tokens
    from .trace import Trace
    from .vocabulary import Vocabulary

__all__ = [
    "CellModel",
    "Cost",
    "Determinism",
    "Encoder",
    "EncoderConfig",
    "GeneformerModel",
    "GeneformerSwapSpace",
    "GeneformerTokenizer",
    "Intervention",
    "ModelFamily",
    "ScGPTModel",
    "ScGPTSwapSpace",
    "ScGPTTokenizer",
    "ScviModel",
    "ScviSwapSpace",
    "Site",
    "SwapSpace",
    "Tap",
    "Tokens",
    "Trace",
    "TransformerModel",
    "Vocabulary",
    "families",
    "geneformer_tokenizer",
    "load_model",
    "train_scvi",
]


keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
