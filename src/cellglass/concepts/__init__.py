"""Study concepts: which concepts does an embedding hold, and which genes drive each?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "Absorption": ".statistics.absorption",
    "AtlasContent": ".atlas.content",
    "Attribution": ".attribution.result",
    "AttributionChecks": ".attribution.checks",
    "AttributionPlan": ".attribution.plan",
    "AttributionSettings": ".attribution.settings",
    "Baseline": ".statistics.baselines",
    "ConceptAtlas": ".atlas.atlas",
    "ConceptEffects": ".interventions.effects",
    "CoreScores": ".statistics.core_scores",
    "Decoder": ".interventions.decoders",
    "Dictionary": ".dictionaries.dictionary",
    "DictionaryFit": ".dictionaries.metrics",
    "DictionaryUnits": ".dictionaries.dictionary_units",
    "DonorRemoval": ".statistics.donor_removal",
    "Effects": ".attribution.effects",
    "EmbeddingStore": ".embeddings.store",
    "Enrichment": ".ontology.enrichment",
    "EnrichmentOptions": ".ontology.enrichment",
    "Fit": ".dictionaries.metrics",
    "Folds": ".embeddings.splits",
    "JoinedUnits": ".joined_units",
    "Library": ".ontology.libraries",
    "LinearUnits": ".units",
    "MatchedNull": ".ontology.matched_null",
    "Matching": ".statistics.matching",
    "NetworkSpace": ".attribution.toy_spaces",
    "PlantedCells": ".dictionaries.planted",
    "ProbeRecovered": ".statistics.core_scores",
    "ProbeResult": ".statistics.probes",
    "Readout": ".units",
    "Recurrence": ".statistics.across_datasets",
    "SeedStability": ".statistics.stability",
    "SparseProbeResult": ".statistics.sparse_probes",
    "Specificity": ".ontology.specificity",
    "Split": ".embeddings.splits",
    "SubspaceOverlap": ".statistics.stability",
    "TargetedPerturbation": ".statistics.targeted_perturbation",
    "ToyTransformerSpace": ".attribution.toy_spaces",
    "TrainingSettings": ".dictionaries.settings",
    "Transform": ".transform",
    "Units": ".units",
    "VintageComparison": ".ontology.thinning",
    "ablate": ".interventions.concept_edit",
    "absorption": ".statistics.absorption",
    "across_datasets": ".statistics.across_datasets",
    "annotation_calibration": ".ontology.calibration",
    "attribute": ".attribution.engine",
    "attribute_shard": ".attribution.shard",
    "attribution_sanity": ".attribution.nulls",
    "attribution_significance": ".attribution.significance",
    "best_f1": ".statistics.best_f1",
    "coactivation": ".statistics.redundancy",
    "collinearity": ".statistics.redundancy",
    "compare_representations": ".statistics.representations",
    "compare_sparse_probes": ".statistics.sparse_probes",
    "compare_vintages": ".ontology.thinning",
    "compare_with_differential": ".attribution.differential",
    "components": ".statistics.component_baselines",
    "concept_effects": ".interventions.effects",
    "concept_table": ".atlas.concept_table",
    "core_scores": ".statistics.core_scores",
    "counterfactual_agreement": ".attribution.robustness",
    "default_size_and_k": ".dictionaries.settings",
    "describe_column": ".statistics.unit_columns",
    "describe_units": ".statistics.summary",
    "dictionary_fit": ".dictionaries.metrics",
    "differential_expression": ".attribution.differential",
    "donor_agreement": ".attribution.robustness",
    "donor_folds": ".embeddings.splits",
    "donor_removal": ".statistics.donor_removal",
    "donor_split": ".embeddings.splits",
    "dose_curve": ".interventions.dose",
    "edit": ".interventions.concept_edit",
    "embed_cells": ".embeddings.embed_cells",
    "embed_gene_tokens": ".embeddings.gene_tokens",
    "enrich": ".ontology.enrich",
    "flag_technical": ".statistics.technical",
    "from_saelens": ".dictionaries.saelens",
    "from_sparsify": ".dictionaries.sparsify",
    "geneformer_decoder": ".interventions.decoders",
    "hierarchy_by_name": ".statistics.absorption",
    "initial_difference": ".statistics.stability",
    "l0_distribution": ".statistics.activity",
    "label_association": ".statistics.association",
    "label_information": ".statistics.information",
    "linear_network": ".attribution.toy_spaces",
    "load_library": ".ontology.libraries",
    "match_directions": ".statistics.matching",
    "matched_null": ".ontology.matched_null",
    "merge_shards": ".attribution.engine",
    "mlp_network": ".attribution.toy_spaces",
    "neurons": ".statistics.baselines",
    "null_attribution": ".attribution.nulls",
    "plan_attribution": ".attribution.plan",
    "planted_benchmark": ".attribution.planted",
    "planted_dictionary": ".dictionaries.planted",
    "probe": ".statistics.probes",
    "probe_recovered": ".statistics.core_scores",
    "random_dictionary": ".statistics.random_dictionary",
    "random_directions": ".statistics.matching",
    "random_units": ".statistics.baselines",
    "read_panglao": ".ontology.libraries",
    "recovery": ".dictionaries.planted",
    "rotated_neurons": ".statistics.baselines",
    "scgpt_decoder": ".interventions.decoders",
    "score_agreement": ".attribution.robustness",
    "scvi_decoder": ".interventions.decoders",
    "seed_stability": ".statistics.stability",
    "shuffled_expression": ".statistics.shuffled_expression",
    "size_and_k_grid": ".dictionaries.settings",
    "sparse_probe": ".statistics.sparse_probes",
    "specificity": ".ontology.specificity",
    "subspace_overlap": ".statistics.stability",
    "swap_curves": ".attribution.curves",
    "targeted_perturbation": ".statistics.targeted_perturbation",
    "technical_association": ".statistics.technical",
    "thinning": ".ontology.thinning",
    "to_saelens": ".dictionaries.saelens",
    "to_sparsify": ".dictionaries.sparsify",
    "train": ".dictionaries.training",
    "unit_activity": ".statistics.activity",
    "write_atlas": ".atlas.write",
    "write_concept_table": ".atlas.concept_table",
}

if TYPE_CHECKING:
    from .atlas.atlas import ConceptAtlas
    from .atlas.concept_table import concept_table, write_concept_table
    from .atlas.content import AtlasContent
    from .atlas.write import write_atlas
    from .attribution.checks import AttributionChecks
    from .attribution.curves import swap_curves
    from .attribution.differential import compare_with_differential, differential_expression
    from .attribution.effects import Effects
    from .attribution.nulls import attribution_sanity, null_attribution
    from .attribution.plan import AttributionPlan, plan_attribution
    from .attribution.planted import planted_benchmark
    from .attribution.result import Attribution
    from .attribution.robustness import counterfactual_agreement, donor_agreement, score_agreement
    from .attribution.settings import AttributionSettings
    from .attribution.shard import attribute_shard
    from .attribution.significance import attribution_significance
    from .attribution.toy_spaces import (
        NetworkSpace,
        ToyTransformerSpace,
        linear_network,
        mlp_network,
    )
    from .dictionaries.dictionary import Dictionary
    from .dictionaries.dictionary_units import DictionaryUnits
    from .dictionaries.metrics import DictionaryFit, Fit, dictionary_fit
    from .dictionaries.planted import PlantedCells, planted_dictionary, recovery
    from .dictionaries.saelens import from_saelens, to_saelens
    from .dictionaries.settings import TrainingSettings, default_size_and_k, size_and_k_grid
    from .dictionaries.sparsify import from_sparsify, to_sparsify
    from .dictionaries.training import train
    from .embeddings.embed_cells import embed_cells
    from .embeddings.gene_tokens import embed_gene_tokens
    from .embeddings.splits import Folds, Split, donor_folds, donor_split
    from .embeddings.store import EmbeddingStore
    from .interventions.concept_edit import ablate, edit
    from .interventions.decoders import Decoder, geneformer_decoder, scgpt_decoder, scvi_decoder
    from .interventions.dose import dose_curve
    from .interventions.effects import ConceptEffects, concept_effects
    from .joined_units import JoinedUnits
    from .ontology.calibration import annotation_calibration
    from .ontology.enrich import enrich
    from .ontology.enrichment import Enrichment, EnrichmentOptions
    from .ontology.libraries import Library, load_library, read_panglao
    from .ontology.matched_null import MatchedNull, matched_null
    from .ontology.specificity import Specificity, specificity
    from .ontology.thinning import VintageComparison, compare_vintages, thinning
    from .statistics.absorption import Absorption, absorption, hierarchy_by_name
    from .statistics.across_datasets import Recurrence, across_datasets
    from .statistics.activity import l0_distribution, unit_activity
    from .statistics.association import label_association
    from .statistics.baselines import Baseline, neurons, random_units, rotated_neurons
    from .statistics.best_f1 import best_f1
    from .statistics.component_baselines import components
    from .statistics.core_scores import CoreScores, ProbeRecovered, core_scores, probe_recovered
    from .statistics.donor_removal import DonorRemoval, donor_removal
    from .statistics.information import label_information
    from .statistics.matching import Matching, match_directions, random_directions
    from .statistics.probes import ProbeResult, probe
    from .statistics.random_dictionary import random_dictionary
    from .statistics.redundancy import coactivation, collinearity
    from .statistics.representations import compare_representations
    from .statistics.shuffled_expression import shuffled_expression
    from .statistics.sparse_probes import SparseProbeResult, compare_sparse_probes, sparse_probe
    from .statistics.stability import (
        SeedStability,
        SubspaceOverlap,
        initial_difference,
        seed_stability,
        subspace_overlap,
    )
    from .statistics.summary import describe_units
    from .statistics.targeted_perturbation import TargetedPerturbation, targeted_perturbation
    from .statistics.technical import flag_technical, technical_association
    from .statistics.unit_columns import describe_column
    from .transform import Transform
    from .units import LinearUnits, Readout, Units

__all__ = [
    "Absorption",
    "AtlasContent",
    "Attribution",
    "AttributionChecks",
    "AttributionPlan",
    "AttributionSettings",
    "Baseline",
    "ConceptAtlas",
    "ConceptEffects",
    "CoreScores",
    "Decoder",
    "Dictionary",
    "DictionaryFit",
    "DictionaryUnits",
    "DonorRemoval",
    "Effects",
    "EmbeddingStore",
    "Enrichment",
    "EnrichmentOptions",
    "Fit",
    "Folds",
    "JoinedUnits",
    "Library",
    "LinearUnits",
    "MatchedNull",
    "Matching",
    "NetworkSpace",
    "PlantedCells",
    "ProbeRecovered",
    "ProbeResult",
    "Readout",
    "Recurrence",
    "SeedStability",
    "SparseProbeResult",
    "Specificity",
    "Split",
    "SubspaceOverlap",
    "TargetedPerturbation",
    "ToyTransformerSpace",
    "TrainingSettings",
    "Transform",
    "Units",
    "VintageComparison",
    "ablate",
    "absorption",
    "across_datasets",
    "annotation_calibration",
    "attribute",
    "attribute_shard",
    "attribution_sanity",
    "attribution_significance",
    "best_f1",
    "coactivation",
    "collinearity",
    "compare_representations",
    "compare_sparse_probes",
    "compare_vintages",
    "compare_with_differential",
    "components",
    "concept_effects",
    "concept_table",
    "core_scores",
    "counterfactual_agreement",
    "default_size_and_k",
    "describe_column",
    "describe_units",
    "dictionary_fit",
    "differential_expression",
    "donor_agreement",
    "donor_folds",
    "donor_removal",
    "donor_split",
    "dose_curve",
    "edit",
    "embed_cells",
    "embed_gene_tokens",
    "enrich",
    "flag_technical",
    "from_saelens",
    "from_sparsify",
    "geneformer_decoder",
    "hierarchy_by_name",
    "initial_difference",
    "l0_distribution",
    "label_association",
    "label_information",
    "linear_network",
    "load_library",
    "match_directions",
    "matched_null",
    "merge_shards",
    "mlp_network",
    "neurons",
    "null_attribution",
    "plan_attribution",
    "planted_benchmark",
    "planted_dictionary",
    "probe",
    "probe_recovered",
    "random_dictionary",
    "random_directions",
    "random_units",
    "read_panglao",
    "recovery",
    "rotated_neurons",
    "scgpt_decoder",
    "score_agreement",
    "scvi_decoder",
    "seed_stability",
    "shuffled_expression",
    "size_and_k_grid",
    "sparse_probe",
    "specificity",
    "subspace_overlap",
    "swap_curves",
    "targeted_perturbation",
    "technical_association",
    "thinning",
    "to_saelens",
    "to_sparsify",
    "train",
    "unit_activity",
    "write_atlas",
    "write_concept_table",
]

keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
