"""Geneformer (Theodoris et al., Nature 2023, doi:10.1038/s41586-023-06139-9), V1 and V2."""

from .loading import FAMILY
from .model import GeneformerModel
from .swap_space import GeneformerSwapSpace
from .tokenizer import GeneformerTokenizer, geneformer_tokenizer

__all__ = [
    "FAMILY",
    "GeneformerModel",
    "GeneformerSwapSpace",
    "GeneformerTokenizer",
    "geneformer_tokenizer",
]
