"""scGPT (Cui et al., Nature Methods 2024, doi:10.1038/s41592-024-02201-0)."""

from .binning import bin_values
from .loading import FAMILY
from .model import ScGPTModel
from .swap_space import ScGPTSwapSpace
from .tokenizer import ScGPTTokenizer

__all__ = ["FAMILY", "ScGPTModel", "ScGPTSwapSpace", "ScGPTTokenizer", "bin_values"]
