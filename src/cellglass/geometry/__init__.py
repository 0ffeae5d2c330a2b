"""Study geometry: what shape has gene space, is it shared, and does it know regulation?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_MODULES = {
    ".ablation": "Ablation ablate explained_share",
    ".alignment.cca": "Cca",
    ".alignment.cca_similarity": "held_out_cca svcca",
    ".alignment.cka": "cka",
    ".alignment.compare": "AlignmentReport compare_models",
    ".alignment.gromov_wasserstein": "Coupling GromovWasserstein",
    ".alignment.hungarian": "assign",
    ".alignment.knn_overlap": "KnnOverlap knn_overlap",
    ".alignment.matched": "MatchCounts Matched",
    ".alignment.method": "Alignment",
    ".alignment.pca_only": "PcaOnly",
    ".alignment.procrustes": "Procrustes",
    ".alignment.retrieval": "Retrieval held_out_retrieval",
    ".alignment.ridge_map": "RidgeMap",
    ".alignment.rsa": "mantel rsa",
    ".alignment.seeded_gromov_wasserstein": "SeededGromovWasserstein",
    ".biology.directed_support": "directed_support",
    ".biology.gene_similarity": "GeneTerms",
    ".blend": "Blend published_blend sparse_blend stability_selection",
    ".cloud": "PointCloud",
    ".degrees": "leave_one_out_degrees reference_degrees",
    ".dimension.breakpoint": "Breakpoint breakpoint_of",
    ".dimension.estimate": "DimensionEstimate",
    ".dimension.intervals": "delete_interval",
    ".dimension.lle_error": "lle_error",
    ".dimension.local_pca": "local_pca local_residual",
    ".dimension.mle": "mle scale_entropy",
    ".dimension.two_nn": "two_nn",
    ".graphs.bridges": "bridges",
    ".graphs.clustering": "clustering",
    ".graphs.communities": "Partition communities edge_weights stability",
    ".graphs.detour": "detour_features distortion",
    ".graphs.diffusion": "diffusion_distances transitions",
    ".graphs.directed": "DirectedScore directed_score",
    ".graphs.distances": "Distances",
    ".graphs.euclidean": "euclidean",
    ".graphs.filtration": "filtration_features graph_filtration",
    ".graphs.forman": "FormanCurvature forman",
    ".graphs.geodesics": "geodesics require_connected",
    ".graphs.knn": "KnnGraph knn_graph",
    ".graphs.label_propagation": "label_propagation",
    ".graphs.landmarks": "Landmarks landmarks",
    ".graphs.local_cycle_rank": "local_cycle_rank",
    ".graphs.neighbour_overlap": "neighbour_overlap",
    ".graphs.ollivier": "OllivierCurvature ollivier",
    ".graphs.path_asymmetry": "path_asymmetry torsion_asymmetry",
    ".graphs.path_curvature": "path_curvature",
    ".graphs.path_turning": "path_turning",
    ".graphs.paths": "ShortestPaths shortest_paths",
    ".graphs.thinness": "thinness",
    ".graphs.triangles": "random_thirds triangle_features",
    ".guards.attainable": "attainable_level",
    ".guards.baselines_run": "baselines_run",
    ".guards.containment": "label_containment",
    ".guards.disjoint": "disjoint_genes",
    ".guards.fallback": "geodesic_fallback",
    ".guards.guard": "DEFECTS Defect GuardResult require_all",
    ".guards.provenance": "measured_overlap provenance_overlap",
    ".guards.rows": "degenerate_rows",
    ".guards.run": "check_features",
    ".guards.same_functional": "same_functional",
    ".guards.sample_noise": "repeat_samples sample_noise",
    ".guards.selection": "SelectionRecord",
    ".homology.betti": "betti_curve euler_curve",
    ".homology.calibrated": "CalibratedHomology calibrated_homology",
    ".homology.diagram_distance": "bottleneck_distance wasserstein_distance",
    ".homology.forecast": "Forecast forecast",
    ".homology.image": "persistence_image",
    ".homology.landscape": "landscape",
    ".homology.lifetimes": "Lifetimes lifetimes",
    ".homology.persistence": "Persistence persistence",
    ".homology.reduced": "reduced_cloud",
    ".homology.zigzag": "Zigzag split_zigzag zigzag zigzag_test",
    ".nearest": "nearest",
    ".nulls.cloud_null": "CloudNull",
    ".nulls.community_shuffle": "CommunityShuffle",
    ".nulls.correspondence": "CorrespondenceNull pairing_test",
    ".nulls.descriptor_shuffle": "DescriptorShuffle",
    ".nulls.distance_permutation": "DistancePermutation",
    ".nulls.draw_null": "DrawNull",
    ".nulls.elliptical_cloud": "EllipticalCloud",
    ".nulls.endpoint_swap": "EndpointSwap",
    ".nulls.families": "NullFamilies",
    ".nulls.feature_shuffle": "FeatureShuffle",
    ".nulls.gaussian_cloud": "GaussianCloud",
    ".nulls.motif_decoy": "MotifDecoy",
    ".nulls.pair_strata": "PairStrata pair_strata",
    ".nulls.rewiring": "LengthMatchedRewiring Rewiring",
    ".nulls.run": "null_draws null_families",
    ".nulls.sign_shuffle": "SignShuffle",
    ".pair_baselines": (
        "baseline_aurocs baseline_scores degree_scores euclidean_score "
        "expression_features trained_degrees"
    ),
    ".pair_features": "PairFeatures",
    ".pair_model": "PairIncrement held_out_log_odds pair_increment",
    ".pair_values": "pair_values",
    ".pairs": "Pairs",
    ".point_values": "PointValues",
    ".recipes.published_alignment": "PublishedAlignment published_cca published_procrustes",
    ".recipes.published_geodesics": "published_geodesics",
    ".recipes.published_homology": "PublishedHomology published_homology",
    ".recipes.published_motif": "community_ablation motif_features predicted_auroc published_motif",
    ".recipes.published_pairs": "published_h70",
    ".shape.anisotropy": "LocalShape local_shape",
    ".shape.parallel_analysis": "ParallelAnalysis parallel_analysis",
    ".shape.pca": "Pca pca",
    ".shape.spectrum": "Spectrum spectrum spectrum_intervals",
    ".shape.tangents": "Tangents angle_trajectory tangents",
    ".splits": "PairSplit pair_splits published_splits splits_are_disjoint",
    ".states.accumulator": "GeneStateSums",
    ".states.collect": "gene_states",
    ".states.gene_states": "GeneStates",
    ".states.given": "read_cloud",
    ".states.reliability": "halves_agree",
    ".states.static": "token_embeddings",
    ".support": "Support",
}
_NAMES = {name: module for module, names in _MODULES.items() for name in names.split()}

if TYPE_CHECKING:
    from .ablation import Ablation as Ablation
    from .ablation import ablate as ablate
    from .ablation import explained_share as explained_share
    from .alignment.cca import Cca as Cca
    from .alignment.cca_similarity import held_out_cca as held_out_cca
    from .alignment.cca_similarity import svcca as svcca
    from .alignment.cka import cka as cka
    from .alignment.compare import AlignmentReport as AlignmentReport
    from .alignment.compare import compare_models as compare_models
    from .alignment.gromov_wasserstein import Coupling as Coupling
    from .alignment.gromov_wasserstein import GromovWasserstein as GromovWasserstein
    from .alignment.hungarian import assign as assign
    from .alignment.knn_overlap import KnnOverlap as KnnOverlap
    from .alignment.knn_overlap import knn_overlap as knn_overlap
    from .alignment.matched import MatchCounts as MatchCounts
    from .alignment.matched import Matched as Matched
    from .alignment.method import Alignment as Alignment
    from .alignment.pca_only import PcaOnly as PcaOnly
    from .alignment.procrustes import Procrustes as Procrustes
    from .alignment.retrieval import Retrieval as Retrieval
    from .alignment.retrieval import held_out_retrieval as held_out_retrieval
    from .alignment.ridge_map import RidgeMap as RidgeMap
    from .alignment.rsa import mantel as mantel
    from .alignment.rsa import rsa as rsa
    from .alignment.seeded_gromov_wasserstein import (
        SeededGromovWasserstein as SeededGromovWasserstein,
    )
    from .biology.directed_support import directed_support as directed_support
    from .biology.gene_similarity import GeneTerms as GeneTerms
    from .blend import Blend as Blend
    from .blend import published_blend as published_blend
    from .blend import sparse_blend as sparse_blend
    from .blend import stability_selection as stability_selection
    from .cloud import PointCloud as PointCloud
    from .degrees import leave_one_out_degrees as leave_one_out_degrees
    from .degrees import reference_degrees as reference_degrees
    from .dimension.breakpoint import Breakpoint as Breakpoint
    from .dimension.breakpoint import breakpoint_of as breakpoint_of
    from .dimension.estimate import DimensionEstimate as DimensionEstimate
    from .dimension.intervals import delete_interval as delete_interval
    from .dimension.lle_error import lle_error as lle_error
    from .dimension.local_pca import local_pca as local_pca
    from .dimension.local_pca import local_residual as local_residual
    from .dimension.mle import mle as mle
    from .dimension.mle import scale_entropy as scale_entropy
    from .dimension.two_nn import two_nn as two_nn
    from .graphs.bridges import bridges as bridges
    from .graphs.clustering import clustering as clustering
    from .graphs.communities import Partition as Partition
    from .graphs.communities import communities as communities
    from .graphs.communities import edge_weights as edge_weights
    from .graphs.communities import stability as stability
    from .graphs.detour import detour_features as detour_features
    from .graphs.detour import distortion as distortion
    from .graphs.diffusion import diffusion_distances as diffusion_distances
    from .graphs.diffusion import transitions as transitions
    from .graphs.directed import DirectedScore as DirectedScore
    from .graphs.directed import directed_score as directed_score
    from .graphs.distances import Distances as Distances
    from .graphs.euclidean import euclidean as euclidean
    from .graphs.filtration import filtration_features as filtration_features
    from .graphs.filtration import graph_filtration as graph_filtration
    from .graphs.forman import FormanCurvature as FormanCurvature
    from .graphs.forman import forman as forman
    from .graphs.geodesics import geodesics as geodesics
    from .graphs.geodesics import require_connected as require_connected
    from .graphs.knn import KnnGraph as KnnGraph
    from .graphs.knn import knn_graph as knn_graph
    from .graphs.label_propagation import label_propagation as label_propagation
    from .graphs.landmarks import Landmarks as Landmarks
    from .graphs.landmarks import landmarks as landmarks
    from .graphs.local_cycle_rank import local_cycle_rank as local_cycle_rank
    from .graphs.neighbour_overlap import neighbour_overlap as neighbour_overlap
    from .graphs.ollivier import OllivierCurvature as OllivierCurvature
    from .graphs.ollivier import ollivier as ollivier
    from .graphs.path_asymmetry import path_asymmetry as path_asymmetry
    from .graphs.path_asymmetry import torsion_asymmetry as torsion_asymmetry
    from .graphs.path_curvature import path_curvature as path_curvature
    from .graphs.path_turning import path_turning as path_turning
    from .graphs.paths import ShortestPaths as ShortestPaths
    from .graphs.paths import shortest_paths as shortest_paths
    from .graphs.thinness import thinness as thinness
    from .graphs.triangles import random_thirds as random_thirds
    from .graphs.triangles import triangle_features as triangle_features
    from .guards.attainable import attainable_level as attainable_level
    from .guards.baselines_run import baselines_run as baselines_run
    from .guards.containment import label_containment as label_containment
    from .guards.disjoint import disjoint_genes as disjoint_genes
    from .guards.fallback import geodesic_fallback as geodesic_fallback
    from .guards.guard import DEFECTS as DEFECTS
    from .guards.guard import Defect as Defect
    from .guards.guard import GuardResult as GuardResult
    from .guards.guard import require_all as require_all
    from .guards.provenance import measured_overlap as measured_overlap
    from .guards.provenance import provenance_overlap as provenance_overlap
    from .guards.rows import degenerate_rows as degenerate_rows
    from .guards.run import check_features as check_features
    from .guards.same_functional import same_functional as same_functional
    from .guards.sample_noise import repeat_samples as repeat_samples
    from .guards.sample_noise import sample_noise as sample_noise
    from .guards.selection import SelectionRecord as SelectionRecord
    from .homology.betti import betti_curve as betti_curve
    from .homology.betti import euler_curve as euler_curve
    from .homology.calibrated import CalibratedHomology as CalibratedHomology
    from .homology.calibrated import calibrated_homology as calibrated_homology
    from .homology.diagram_distance import bottleneck_distance as bottleneck_distance
    from .homology.diagram_distance import wasserstein_distance as wasserstein_distance
    from .homology.forecast import Forecast as Forecast
    from .homology.forecast import forecast as forecast
    from .homology.image import persistence_image as persistence_image
    from .homology.landscape import landscape as landscape
    from .homology.lifetimes import Lifetimes as Lifetimes
    from .homology.lifetimes import lifetimes as lifetimes
    from .homology.persistence import Persistence as Persistence
    from .homology.persistence import persistence as persistence
    from .homology.reduced import reduced_cloud as reduced_cloud
    from .homology.zigzag import Zigzag as Zigzag
    from .homology.zigzag import split_zigzag as split_zigzag
    from .homology.zigzag import zigzag as zigzag
    from .homology.zigzag import zigzag_test as zigzag_test
    from .nearest import nearest as nearest
    from .nulls.cloud_null import CloudNull as CloudNull
    from .nulls.community_shuffle import CommunityShuffle as CommunityShuffle
    from .nulls.correspondence import CorrespondenceNull as CorrespondenceNull
    from .nulls.correspondence import pairing_test as pairing_test
    from .nulls.descriptor_shuffle import DescriptorShuffle as DescriptorShuffle
    from .nulls.distance_permutation import DistancePermutation as DistancePermutation
    from .nulls.draw_null import DrawNull as DrawNull
    from .nulls.elliptical_cloud import EllipticalCloud as EllipticalCloud
    from .nulls.endpoint_swap import EndpointSwap as EndpointSwap
    from .nulls.families import NullFamilies as NullFamilies
    from .nulls.feature_shuffle import FeatureShuffle as FeatureShuffle
    from .nulls.gaussian_cloud import GaussianCloud as GaussianCloud
    from .nulls.motif_decoy import MotifDecoy as MotifDecoy
    from .nulls.pair_strata import PairStrata as PairStrata
    from .nulls.pair_strata import pair_strata as pair_strata
    from .nulls.rewiring import LengthMatchedRewiring as LengthMatchedRewiring
    from .nulls.rewiring import Rewiring as Rewiring
    from .nulls.run import null_draws as null_draws
    from .nulls.run import null_families as null_families
    from .nulls.sign_shuffle import SignShuffle as SignShuffle
    from .pair_baselines import baseline_aurocs as baseline_aurocs
    from .pair_baselines import baseline_scores as baseline_scores
    from .pair_baselines import degree_scores as degree_scores
    from .pair_baselines import euclidean_score as euclidean_score
    from .pair_baselines import expression_features as expression_features
    from .pair_baselines import trained_degrees as trained_degrees
    from .pair_features import PairFeatures as PairFeatures
    from .pair_model import PairIncrement as PairIncrement
    from .pair_model import held_out_log_odds as held_out_log_odds
    from .pair_model import pair_increment as pair_increment
    from .pair_values import pair_values as pair_values
    from .pairs import Pairs as Pairs
    from .point_values import PointValues as PointValues
    from .recipes.published_alignment import PublishedAlignment as PublishedAlignment
    from .recipes.published_alignment import published_cca as published_cca
    from .recipes.published_alignment import published_procrustes as published_procrustes
    from .recipes.published_geodesics import published_geodesics as published_geodesics
    from .recipes.published_homology import PublishedHomology as PublishedHomology
    from .recipes.published_homology import published_homology as published_homology
    from .recipes.published_motif import community_ablation as community_ablation
    from .recipes.published_motif import motif_features as motif_features
    from .recipes.published_motif import predicted_auroc as predicted_auroc
    from .recipes.published_motif import published_motif as published_motif
    from .recipes.published_pairs import published_h70 as published_h70
    from .shape.anisotropy import LocalShape as LocalShape
    from .shape.anisotropy import local_shape as local_shape
    from .shape.parallel_analysis import ParallelAnalysis as ParallelAnalysis
    from .shape.parallel_analysis import parallel_analysis as parallel_analysis
    from .shape.pca import Pca as Pca
    from .shape.pca import pca as pca
    from .shape.spectrum import Spectrum as Spectrum
    from .shape.spectrum import spectrum as spectrum
    from .shape.spectrum import spectrum_intervals as spectrum_intervals
    from .shape.tangents import Tangents as Tangents
    from .shape.tangents import angle_trajectory as angle_trajectory
    from .shape.tangents import tangents as tangents
    from .splits import PairSplit as PairSplit
    from .splits import pair_splits as pair_splits
    from .splits import published_splits as published_splits
    from .splits import splits_are_disjoint as splits_are_disjoint
    from .states.accumulator import GeneStateSums as GeneStateSums
    from .states.collect import gene_states as gene_states
    from .states.gene_states import GeneStates as GeneStates
    from .states.given import read_cloud as read_cloud
    from .states.reliability import halves_agree as halves_agree
    from .states.static import token_embeddings as token_embeddings
    from .support import Support as Support

__all__ = sorted(_NAMES)

keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
