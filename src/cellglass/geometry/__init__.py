"""Study geometry: what shape has gene space, is it shared, and does it know regulation?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "Distances": ".graphs.geodesics",
    "GeneStateSums": ".states.accumulator",
    "GeneStates": ".states.gene_states",
    "KnnGraph": ".graphs.knn",
    "Pairs": ".pairs",
    "PointCloud": ".cloud",
    "gene_states": ".states.collect",
    "geodesics": ".graphs.geodesics",
    "halves_agree": ".states.reliability",
    "knn_graph": ".graphs.knn",
    "read_cloud": ".states.given",
    "token_embeddings": ".states.static",
}

if TYPE_CHECKING:
    from .cloud import PointCloud
    from .graphs.geodesics import Distances, geodesics
    from .graphs.knn import KnnGraph, knn_graph
    from .pairs import Pairs
    from .states.accumulator import GeneStateSums
    from .states.collect import gene_states
    from .states.gene_states import GeneStates
    from .states.given import read_cloud
    from .states.reliability import halves_agree
    from .states.static import token_embeddings

__all__ = [
    "Distances",
    "GeneStateSums",
    "GeneStates",
    "KnnGraph",
    "Pairs",
    "PointCloud",
    "gene_states",
    "geodesics",
    "halves_agree",
    "knn_graph",
    "read_cloud",
    "token_embeddings",
]


keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
