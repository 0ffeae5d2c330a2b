"""Study geometry: what shape has gene space, is it shared, and does it know regulation?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "Blend": ".blend",
    "DEFECTS": ".guards.guard",
    "Defect": ".guards.guard",
    "Distances": ".graphs.distances",
    "GeneStateSums": ".states.accumulator",
    "GeneStates": ".states.gene_states",
    "GeneTerms": ".biology.gene_similarity",
    "GuardResult": ".guards.guard",
    "KnnGraph": ".graphs.knn",
    "Landmarks": ".graphs.landmarks",
    "PairFeatures": ".graphs.pair_features",
    "PairIncrement": ".pair_model",
    "PairSplit": ".pair_splits",
    "Pairs": ".pairs",
    "PointCloud": ".cloud",
    "SelectionRecord": ".guards.selection",
    "Support": ".biology.support",
    "attainable_level": ".guards.attainable",
    "baseline_aurocs": ".pair_baselines",
    "baseline_scores": ".pair_baselines",
    "baselines_run": ".guards.baselines_run",
    "check_features": ".guards.run",
    "community_ablation": ".recipes.published_motif",
    "degenerate_rows": ".guards.rows",
    "degree_scores": ".pair_baselines",
    "detour_features": ".graphs.detour",
    "diffusion_distances": ".graphs.diffusion",
    "directed_support": ".biology.support",
    "disjoint_genes": ".guards.disjoint",
    "distortion": ".graphs.detour",
    "euclidean": ".graphs.euclidean",
    "euclidean_score": ".pair_baselines",
    "expression_features": ".pair_baselines",
    "gene_states": ".states.collect",
    "geodesic_fallback": ".guards.fallback",
    "geodesics": ".graphs.geodesics",
    "halves_agree": ".states.reliability",
    "held_out_log_odds": ".pair_model",
    "knn_graph": ".graphs.knn",
    "label_containment": ".guards.containment",
    "landmarks": ".graphs.landmarks",
    "measured_overlap": ".guards.provenance",
    "motif_features": ".recipes.published_motif",
    "nearest": ".graphs.nearest",
    "pair_increment": ".pair_model",
    "pair_splits": ".pair_splits",
    "pair_values": ".pair_values",
    "predicted_auroc": ".recipes.published_motif",
    "provenance_overlap": ".guards.provenance",
    "published_blend": ".blend",
    "published_h70": ".recipes.published_pairs",
    "published_motif": ".recipes.published_motif",
    "random_thirds": ".graphs.triangles",
    "read_cloud": ".states.given",
    "repeat_samples": ".guards.sample_noise",
    "require_all": ".guards.guard",
    "require_connected": ".graphs.geodesics",
    "same_functional": ".guards.same_functional",
    "sample_noise": ".guards.sample_noise",
    "sparse_blend": ".blend",
    "splits_are_disjoint": ".pair_model",
    "stability_selection": ".blend",
    "thinness": ".graphs.thinness",
    "token_embeddings": ".states.static",
    "trained_degrees": ".pair_baselines",
    "transitions": ".graphs.diffusion",
    "triangle_features": ".graphs.triangles",
}

if TYPE_CHECKING:
    from .biology.gene_similarity import GeneTerms
    from .biology.support import Support, directed_support
    from .blend import Blend, published_blend, sparse_blend, stability_selection
    from .cloud import PointCloud
    from .graphs.detour import detour_features, distortion
    from .graphs.diffusion import diffusion_distances, transitions
    from .graphs.distances import Distances
    from .graphs.euclidean import euclidean
    from .graphs.geodesics import geodesics, require_connected
    from .graphs.knn import KnnGraph, knn_graph
    from .graphs.landmarks import Landmarks, landmarks
    from .graphs.nearest import nearest
    from .graphs.pair_features import PairFeatures
    from .graphs.thinness import thinness
    from .graphs.triangles import random_thirds, triangle_features
    from .guards.attainable import attainable_level
    from .guards.baselines_run import baselines_run
    from .guards.containment import label_containment
    from .guards.disjoint import disjoint_genes
    from .guards.fallback import geodesic_fallback
    from .guards.guard import DEFECTS, Defect, GuardResult, require_all
    from .guards.provenance import measured_overlap, provenance_overlap
    from .guards.rows import degenerate_rows
    from .guards.run import check_features
    from .guards.same_functional import same_functional
    from .guards.sample_noise import repeat_samples, sample_noise
    from .guards.selection import SelectionRecord
    from .pair_baselines import (
        baseline_aurocs,
        baseline_scores,
        degree_scores,
        euclidean_score,
        expression_features,
        trained_degrees,
    )
    from .pair_model import PairIncrement, held_out_log_odds, pair_increment, splits_are_disjoint
    from .pair_splits import PairSplit, pair_splits
    from .pair_values import pair_values
    from .pairs import Pairs
    from .recipes.published_motif import (
        community_ablation,
        motif_features,
        predicted_auroc,
        published_motif,
    )
    from .recipes.published_pairs import published_h70
    from .states.accumulator import GeneStateSums
    from .states.collect import gene_states
    from .states.gene_states import GeneStates
    from .states.given import read_cloud
    from .states.reliability import halves_agree
    from .states.static import token_embeddings

__all__ = [
    "DEFECTS",
    "Blend",
    "Defect",
    "Distances",
    "GeneStateSums",
    "GeneStates",
    "GeneTerms",
    "GuardResult",
    "KnnGraph",
    "Landmarks",
    "PairFeatures",
    "PairIncrement",
    "PairSplit",
    "Pairs",
    "PointCloud",
    "SelectionRecord",
    "Support",
    "attainable_level",
    "baseline_aurocs",
    "baseline_scores",
    "baselines_run",
    "check_features",
    "community_ablation",
    "degenerate_rows",
    "degree_scores",
    "detour_features",
    "diffusion_distances",
    "directed_support",
    "disjoint_genes",
    "distortion",
    "euclidean",
    "euclidean_score",
    "expression_features",
    "gene_states",
    "geodesic_fallback",
    "geodesics",
    "halves_agree",
    "held_out_log_odds",
    "knn_graph",
    "label_containment",
    "landmarks",
    "measured_overlap",
    "motif_features",
    "nearest",
    "pair_increment",
    "pair_splits",
    "pair_values",
    "predicted_auroc",
    "provenance_overlap",
    "published_blend",
    "published_h70",
    "published_motif",
    "random_thirds",
    "read_cloud",
    "repeat_samples",
    "require_all",
    "require_connected",
    "same_functional",
    "sample_noise",
    "sparse_blend",
    "splits_are_disjoint",
    "stability_selection",
    "thinness",
    "token_embeddings",
    "trained_degrees",
    "transitions",
    "triangle_features",
]


keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
