"""Study geometry: what shape has gene space, is it shared, and does it know regulation?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "Alignment": ".alignment.method",
    "AlignmentReport": ".alignment.compare",
    "Blend": ".blend",
    "Breakpoint": ".dimension.breakpoint",
    "Cca": ".alignment.cca",
    "CorrespondenceNull": ".nulls.correspondence",
    "Coupling": ".alignment.gromov_wasserstein",
    "DEFECTS": ".guards.guard",
    "Defect": ".guards.guard",
    "DimensionEstimate": ".dimension.estimate",
    "DirectedScore": ".graphs.directed",
    "DirectedSupport": ".graphs.directed_support",
    "Distances": ".graphs.distances",
    "FormanCurvature": ".graphs.curvature",
    "GeneStateSums": ".states.accumulator",
    "GeneStates": ".states.gene_states",
    "GeneTerms": ".biology.gene_similarity",
    "GromovWasserstein": ".alignment.gromov_wasserstein",
    "GuardResult": ".guards.guard",
    "KnnGraph": ".graphs.knn",
    "KnnOverlap": ".alignment.knn_overlap",
    "Landmarks": ".graphs.landmarks",
    "LocalShape": ".shape.anisotropy",
    "MatchCounts": ".alignment.matched",
    "Matched": ".alignment.matched",
    "OllivierCurvature": ".graphs.ollivier",
    "PairFeatures": ".graphs.pair_features",
    "PairIncrement": ".pair_model",
    "PairSplit": ".pair_splits",
    "Pairs": ".pairs",
    "ParallelAnalysis": ".shape.parallel_analysis",
    "Partition": ".graphs.communities",
    "Pca": ".shape.pca",
    "PcaOnly": ".alignment.pca_only",
    "PointCloud": ".cloud",
    "PointValues": ".shape.point_values",
    "Procrustes": ".alignment.procrustes",
    "PublishedAlignment": ".recipes.published_alignment",
    "Retrieval": ".alignment.retrieval",
    "RidgeMap": ".alignment.ridge_map",
    "SeededGromovWasserstein": ".alignment.seeded_gromov_wasserstein",
    "SelectionRecord": ".guards.selection",
    "ShortestPaths": ".graphs.paths",
    "Spectrum": ".shape.spectrum",
    "Support": ".biology.support",
    "Tangents": ".shape.tangents",
    "angle_trajectory": ".shape.tangents",
    "assign": ".alignment.hungarian",
    "attainable_level": ".guards.attainable",
    "baseline_aurocs": ".pair_baselines",
    "baseline_scores": ".pair_baselines",
    "baselines_run": ".guards.baselines_run",
    "breakpoint_of": ".dimension.breakpoint",
    "bridges": ".graphs.bridges",
    "check_features": ".guards.run",
    "cka": ".alignment.cka",
    "clustering": ".graphs.clustering",
    "communities": ".graphs.communities",
    "community_ablation": ".recipes.published_motif",
    "compare_models": ".alignment.compare",
    "degenerate_rows": ".guards.rows",
    "degree_scores": ".pair_baselines",
    "delete_interval": ".dimension.intervals",
    "detour_features": ".graphs.detour",
    "diffusion_distances": ".graphs.diffusion",
    "directed_score": ".graphs.directed",
    "directed_support": ".biology.support",
    "disjoint_genes": ".guards.disjoint",
    "distortion": ".graphs.detour",
    "edge_weights": ".graphs.communities",
    "euclidean": ".graphs.euclidean",
    "euclidean_score": ".pair_baselines",
    "expression_features": ".pair_baselines",
    "forman": ".graphs.curvature",
    "gene_states": ".states.collect",
    "geodesic_fallback": ".guards.fallback",
    "geodesics": ".graphs.geodesics",
    "halves_agree": ".states.reliability",
    "held_out_cca": ".alignment.cca_similarity",
    "held_out_log_odds": ".pair_model",
    "held_out_retrieval": ".alignment.retrieval",
    "knn_graph": ".graphs.knn",
    "knn_overlap": ".alignment.knn_overlap",
    "label_containment": ".guards.containment",
    "label_propagation": ".graphs.label_propagation",
    "landmarks": ".graphs.landmarks",
    "leiden": ".graphs.leiden",
    "lle_error": ".dimension.lle_error",
    "local_pca": ".dimension.local_pca",
    "local_residual": ".dimension.local_pca",
    "local_shape": ".shape.anisotropy",
    "mantel": ".alignment.rsa",
    "measured_overlap": ".guards.provenance",
    "mle": ".dimension.mle",
    "modularity": ".graphs.modularity",
    "motif_features": ".recipes.published_motif",
    "nearest": ".graphs.nearest",
    "neighbour_overlap": ".graphs.neighbour_overlap",
    "ollivier": ".graphs.ollivier",
    "pair_increment": ".pair_model",
    "pair_splits": ".pair_splits",
    "pair_values": ".pair_values",
    "pairing_test": ".nulls.correspondence",
    "parallel_analysis": ".shape.parallel_analysis",
    "path_asymmetry": ".graphs.path_asymmetry",
    "path_curvature": ".graphs.path_curvature",
    "path_turning": ".graphs.path_turning",
    "pca": ".shape.pca",
    "predicted_auroc": ".recipes.published_motif",
    "provenance_overlap": ".guards.provenance",
    "published_blend": ".blend",
    "published_cca": ".recipes.published_alignment",
    "published_h70": ".recipes.published_pairs",
    "published_motif": ".recipes.published_motif",
    "published_procrustes": ".recipes.published_alignment",
    "random_thirds": ".graphs.triangles",
    "read_cloud": ".states.given",
    "repeat_samples": ".guards.sample_noise",
    "require_all": ".guards.guard",
    "require_connected": ".graphs.geodesics",
    "rsa": ".alignment.rsa",
    "same_functional": ".guards.same_functional",
    "sample_noise": ".guards.sample_noise",
    "scale_entropy": ".dimension.mle",
    "shortest_paths": ".graphs.paths",
    "sparse_blend": ".blend",
    "spectrum": ".shape.spectrum",
    "spectrum_intervals": ".shape.spectrum",
    "splits_are_disjoint": ".pair_model",
    "stability": ".graphs.communities",
    "stability_selection": ".blend",
    "svcca": ".alignment.cca_similarity",
    "tangents": ".shape.tangents",
    "thinness": ".graphs.thinness",
    "token_embeddings": ".states.static",
    "torsion_asymmetry": ".graphs.path_asymmetry",
    "trained_degrees": ".pair_baselines",
    "transitions": ".graphs.diffusion",
    "triangle_features": ".graphs.triangles",
    "two_nn": ".dimension.two_nn",
}

if TYPE_CHECKING:
    from .alignment.cca import Cca
    from .alignment.cca_similarity import held_out_cca, svcca
    from .alignment.cka import cka
    from .alignment.compare import AlignmentReport, compare_models
    from .alignment.gromov_wasserstein import Coupling, GromovWasserstein
    from .alignment.hungarian import assign
    from .alignment.knn_overlap import KnnOverlap, knn_overlap
    from .alignment.matched import MatchCounts, Matched
    from .alignment.method import Alignment
    from .alignment.pca_only import PcaOnly
    from .alignment.procrustes import Procrustes
    from .alignment.retrieval import Retrieval, held_out_retrieval
    from .alignment.ridge_map import RidgeMap
    from .alignment.rsa import mantel, rsa
    from .alignment.seeded_gromov_wasserstein import SeededGromovWasserstein
    from .biology.gene_similarity import GeneTerms
    from .biology.support import Support, directed_support
    from .blend import Blend, published_blend, sparse_blend, stability_selection
    from .cloud import PointCloud
    from .dimension.breakpoint import Breakpoint, breakpoint_of
    from .dimension.estimate import DimensionEstimate
    from .dimension.intervals import delete_interval
    from .dimension.lle_error import lle_error
    from .dimension.local_pca import local_pca, local_residual
    from .dimension.mle import mle, scale_entropy
    from .dimension.two_nn import two_nn
    from .graphs.bridges import bridges
    from .graphs.clustering import clustering
    from .graphs.communities import Partition, communities, edge_weights, stability
    from .graphs.curvature import FormanCurvature, forman
    from .graphs.detour import detour_features, distortion
    from .graphs.diffusion import diffusion_distances, transitions
    from .graphs.directed import DirectedScore, directed_score
    from .graphs.directed_support import DirectedSupport
    from .graphs.distances import Distances
    from .graphs.euclidean import euclidean
    from .graphs.geodesics import geodesics, require_connected
    from .graphs.knn import KnnGraph, knn_graph
    from .graphs.label_propagation import label_propagation
    from .graphs.landmarks import Landmarks, landmarks
    from .graphs.leiden import leiden
    from .graphs.modularity import modularity
    from .graphs.nearest import nearest
    from .graphs.neighbour_overlap import neighbour_overlap
    from .graphs.ollivier import OllivierCurvature, ollivier
    from .graphs.pair_features import PairFeatures
    from .graphs.path_asymmetry import path_asymmetry, torsion_asymmetry
    from .graphs.path_curvature import path_curvature
    from .graphs.path_turning import path_turning
    from .graphs.paths import ShortestPaths, shortest_paths
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
    from .nulls.correspondence import CorrespondenceNull, pairing_test
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
    from .recipes.published_alignment import PublishedAlignment, published_cca, published_procrustes
    from .recipes.published_motif import (
        community_ablation,
        motif_features,
        predicted_auroc,
        published_motif,
    )
    from .recipes.published_pairs import published_h70
    from .shape.anisotropy import LocalShape, local_shape
    from .shape.parallel_analysis import ParallelAnalysis, parallel_analysis
    from .shape.pca import Pca, pca
    from .shape.point_values import PointValues
    from .shape.spectrum import Spectrum, spectrum, spectrum_intervals
    from .shape.tangents import Tangents, angle_trajectory, tangents
    from .states.accumulator import GeneStateSums
    from .states.collect import gene_states
    from .states.gene_states import GeneStates
    from .states.given import read_cloud
    from .states.reliability import halves_agree
    from .states.static import token_embeddings

__all__ = [
    "DEFECTS",
    "Alignment",
    "AlignmentReport",
    "Blend",
    "Breakpoint",
    "Cca",
    "CorrespondenceNull",
    "Coupling",
    "Defect",
    "DimensionEstimate",
    "DirectedScore",
    "DirectedSupport",
    "Distances",
    "FormanCurvature",
    "GeneStateSums",
    "GeneStates",
    "GeneTerms",
    "GromovWasserstein",
    "GuardResult",
    "KnnGraph",
    "KnnOverlap",
    "Landmarks",
    "LocalShape",
    "MatchCounts",
    "Matched",
    "OllivierCurvature",
    "PairFeatures",
    "PairIncrement",
    "PairSplit",
    "Pairs",
    "ParallelAnalysis",
    "Partition",
    "Pca",
    "PcaOnly",
    "PointCloud",
    "PointValues",
    "Procrustes",
    "PublishedAlignment",
    "Retrieval",
    "RidgeMap",
    "SeededGromovWasserstein",
    "SelectionRecord",
    "ShortestPaths",
    "Spectrum",
    "Support",
    "Tangents",
    "angle_trajectory",
    "assign",
    "attainable_level",
    "baseline_aurocs",
    "baseline_scores",
    "baselines_run",
    "breakpoint_of",
    "bridges",
    "check_features",
    "cka",
    "clustering",
    "communities",
    "community_ablation",
    "compare_models",
    "degenerate_rows",
    "degree_scores",
    "delete_interval",
    "detour_features",
    "diffusion_distances",
    "directed_score",
    "directed_support",
    "disjoint_genes",
    "distortion",
    "edge_weights",
    "euclidean",
    "euclidean_score",
    "expression_features",
    "forman",
    "gene_states",
    "geodesic_fallback",
    "geodesics",
    "halves_agree",
    "held_out_cca",
    "held_out_log_odds",
    "held_out_retrieval",
    "knn_graph",
    "knn_overlap",
    "label_containment",
    "label_propagation",
    "landmarks",
    "leiden",
    "lle_error",
    "local_pca",
    "local_residual",
    "local_shape",
    "mantel",
    "measured_overlap",
    "mle",
    "modularity",
    "motif_features",
    "nearest",
    "neighbour_overlap",
    "ollivier",
    "pair_increment",
    "pair_splits",
    "pair_values",
    "pairing_test",
    "parallel_analysis",
    "path_asymmetry",
    "path_curvature",
    "path_turning",
    "pca",
    "predicted_auroc",
    "provenance_overlap",
    "published_blend",
    "published_cca",
    "published_h70",
    "published_motif",
    "published_procrustes",
    "random_thirds",
    "read_cloud",
    "repeat_samples",
    "require_all",
    "require_connected",
    "rsa",
    "same_functional",
    "sample_noise",
    "scale_entropy",
    "shortest_paths",
    "sparse_blend",
    "spectrum",
    "spectrum_intervals",
    "splits_are_disjoint",
    "stability",
    "stability_selection",
    "svcca",
    "tangents",
    "thinness",
    "token_embeddings",
    "torsion_asymmetry",
    "trained_degrees",
    "transitions",
    "triangle_features",
    "two_nn",
]


keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
