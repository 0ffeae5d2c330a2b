"""scVI (Lopez et al., Nature Methods 2018, doi:10.1038/s41592-018-0229-2), by scvi-tools."""

from .loading import FAMILY
from .model import ScviModel
from .swap_space import ScviSwapSpace
from .training import train_scvi

__all__ = ["FAMILY", "ScviModel", "ScviSwapSpace", "train_scvi"]
