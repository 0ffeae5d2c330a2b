"""Run a foundation model: contract, one encoder for scGPT and Geneformer, taps, interventions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "CellModel": ".contract",
    "TransformerModel": ".contract",
    "Cost": ".cost",
    "Determinism": ".cost",
    "Encoder": ".encoder",
    "EncoderConfig": ".encoder",
    "GeneformerModel": ".geneformer",
    "GeneformerTokenizer": ".geneformer",
    "Intervention": ".interventions",
    "ModelFamily": ".families",
    "ScGPTModel": ".scgpt",
    "ScGPTTokenizer": ".scgpt",
    "Site": ".sites",
    "Tap": ".taps",
    "Tokens": ".tokens",
    "Trace": ".trace",
    "Vocabulary": ".vocabulary",
    "families": ".families",
    "geneformer_tokenizer": ".geneformer",
    "load_model": ".families",
}

if TYPE_CHECKING:
    from .contract import CellModel, TransformerModel
    from .cost import Cost, Determinism
    from .encoder import Encoder, EncoderConfig
    from .families import ModelFamily, families, load_model
    from .geneformer import GeneformerModel, GeneformerTokenizer, geneformer_tokenizer
    from .interventions import Intervention
    from .scgpt import ScGPTModel, ScGPTTokenizer
    from .sites import Site
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
    "GeneformerTokenizer",
    "Intervention",
    "ModelFamily",
    "ScGPTModel",
    "ScGPTTokenizer",
    "Site",
    "Tap",
    "Tokens",
    "Trace",
    "TransformerModel",
    "Vocabulary",
    "families",
    "geneformer_tokenizer",
    "load_model",
]


keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
