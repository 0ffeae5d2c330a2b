"""Study concepts: which concepts does an embedding hold, and which genes drive each?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

_NAMES = {
    "AtlasContent": ".atlas.content",
    "Baseline": ".statistics.baselines",
    "ConceptAtlas": ".atlas.atlas",
    "Dictionary": ".dictionaries.dictionary",
    "DictionaryUnits": ".dictionaries.dictionary_units",
    "EmbeddingStore": ".embeddings.store",
    "Folds": ".embeddings.splits",
    "JoinedUnits": ".joined_units",
    "LinearUnits": ".units",
    "Matching": ".statistics.matching",
    "Readout": ".units",
    "Recurrence": ".statistics.across_datasets",
    "SeedStability": ".statistics.stability",
    "Split": ".embeddings.splits",
    "SubspaceOverlap": ".statistics.stability",
    "Transform": ".transform",
    "Units": ".units",
    "across_datasets": ".statistics.across_datasets",
    "best_f1": ".statistics.best_f1",
    "coactivation": ".statistics.redundancy",
    "collinearity": ".statistics.redundancy",
    "components": ".statistics.component_baselines",
    "concept_table": ".atlas.concept_table",
    "describe_column": ".statistics.unit_columns",
    "describe_units": ".statistics.summary",
    "donor_folds": ".embeddings.splits",
    "donor_split": ".embeddings.splits",
    "embed_cells": ".embeddings.embed_cells",
    "embed_gene_tokens": ".embeddings.gene_tokens",
    "flag_technical": ".statistics.technical",
    "from_saelens": ".dictionaries.saelens",
    "from_sparsify": ".dictionaries.sparsify",
    "initial_difference": ".statistics.stability",
    "l0_distribution": ".statistics.activity",
    "label_association": ".statistics.association",
    "label_information": ".statistics.information",
    "match_directions": ".statistics.matching",
    "neurons": ".statistics.baselines",
    "random_dictionary": ".statistics.random_dictionary",
    "random_directions": ".statistics.matching",
    "random_units": ".statistics.baselines",
    "rotated_neurons": ".statistics.baselines",
    "seed_stability": ".statistics.stability",
    "shuffled_expression": ".statistics.shuffled_expression",
    "subspace_overlap": ".statistics.stability",
    "technical_association": ".statistics.technical",
    "to_saelens": ".dictionaries.saelens",
    "to_sparsify": ".dictionaries.sparsify",
    "unit_activity": ".statistics.activity",
    "write_atlas": ".atlas.write",
    "write_concept_table": ".atlas.concept_table",
}

if TYPE_CHECKING:
    from .atlas.atlas import ConceptAtlas
    from .atlas.concept_table import concept_table, write_concept_table
    from .atlas.content import AtlasContent
    from .atlas.write import write_atlas
    from .dictionaries.dictionary import Dictionary
    from .dictionaries.dictionary_units import DictionaryUnits
    from .dictionaries.saelens import from_saelens, to_saelens
    from .dictionaries.sparsify import from_sparsify, to_sparsify
    from .embeddings.embed_cells import embed_cells
    from .embeddings.gene_tokens import embed_gene_tokens
    from .embeddings.splits import Folds, Split, donor_folds, donor_split
    from .embeddings.store import EmbeddingStore
    from .joined_units import JoinedUnits
    from .statistics.across_datasets import Recurrence, across_datasets
    from .statistics.activity import l0_distribution, unit_activity
    from .statistics.association import label_association
    from .statistics.baselines import Baseline, neurons, random_units, rotated_neurons
    from .statistics.best_f1 import best_f1
    from .statistics.component_baselines import components
    from .statistics.information import label_information
    from .statistics.matching import Matching, match_directions, random_directions
    from .statistics.random_dictionary import random_dictionary
    from .statistics.redundancy import coactivation, collinearity
    from .statistics.shuffled_expression import shuffled_expression
    from .statistics.stability import (
        SeedStability,
        SubspaceOverlap,
        initial_difference,
        seed_stability,
        subspace_overlap,
    )
    from .statistics.summary import describe_units
    from .statistics.technical import flag_technical, technical_association
    from .statistics.unit_columns import describe_column
    from .transform import Transform
    from .units import LinearUnits, Readout, Units

__all__ = [
    "AtlasContent",
    "Baseline",
    "ConceptAtlas",
    "Dictionary",
    "DictionaryUnits",
    "EmbeddingStore",
    "Folds",
    "JoinedUnits",
    "LinearUnits",
    "Matching",
    "Readout",
    "Recurrence",
    "SeedStability",
    "Split",
    "SubspaceOverlap",
    "Transform",
    "Units",
    "across_datasets",
    "best_f1",
    "coactivation",
    "collinearity",
    "components",
    "concept_table",
    "describe_column",
    "describe_units",
    "donor_folds",
    "donor_split",
    "embed_cells",
    "embed_gene_tokens",
    "flag_technical",
    "from_saelens",
    "from_sparsify",
    "initial_difference",
    "l0_distribution",
    "label_association",
    "label_information",
    "match_directions",
    "neurons",
    "random_dictionary",
    "random_directions",
    "random_units",
    "rotated_neurons",
    "seed_stability",
    "shuffled_expression",
    "subspace_overlap",
    "technical_association",
    "to_saelens",
    "to_sparsify",
    "unit_activity",
    "write_atlas",
    "write_concept_table",
]

keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)


def __dir__() -> list[str]:
    return __all__
