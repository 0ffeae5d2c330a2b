"""Everything between files and models: cells, genes, labels, screens, references, edge tables."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# These two are bound at once: a function that is called like its module would be hidden by the
# module as soon as someone imports from that.
from cellglass.data.cooccurrence import cooccurrence
from cellglass.data.prepare import prepare

if TYPE_CHECKING:
    from cellglass.data.cache import CacheProblem, cached, check_cache
    from cellglass.data.catalogue import CATALOGUE, Resource, ResourceFile
    from cellglass.data.cells import iter_chunks, notes, open_cells
    from cellglass.data.count_sources import Counts, CountSource
    from cellglass.data.counts import count_source, counts_of, iter_counts
    from cellglass.data.downloads import (
        FetchedResource,
        NotFetched,
        ResourceStatus,
        fetch,
        list_resources,
    )
    from cellglass.data.edge_blocks import EdgeBlocks
    from cellglass.data.edges import EdgeTable
    from cellglass.data.embedded import pbmc68k_reduced
    from cellglass.data.features import FeatureAccumulator, gene_features, log1p_cp10k
    from cellglass.data.gene_sets import GeneSets, read_gaf
    from cellglass.data.gene_table import GeneTable
    from cellglass.data.genes import GeneMap, MappingReport, map_genes, sum_columns
    from cellglass.data.identifiers import guess_identifier, strip_version
    from cellglass.data.network import Network
    from cellglass.data.network_report import NetworkReport, Overlap
    from cellglass.data.ontology import Ontology
    from cellglass.data.ontology_similarity import OntologySimilarity
    from cellglass.data.prepare import CellsReport, Prepared
    from cellglass.data.references import load_gene_sets, load_gene_table, load_network
    from cellglass.data.scale import detect_scale
    from cellglass.data.scale_report import ScaleReport
    from cellglass.data.screens.accessions import PUBLIC_SCREENS
    from cellglass.data.screens.fold_changes import FoldChanges, read_fold_changes
    from cellglass.data.screens.opening import open_screen
    from cellglass.data.screens.screen import Screen, ScreenReport
    from cellglass.data.selection import select_cells
    from cellglass.data.strata import (
        Blocks,
        CellGroups,
        Labels,
        cell_groups,
        column,
        replicate_blocks,
    )
    from cellglass.data.universe import Universe

_MODULE_OF = {
    "CacheProblem": "cache",
    "cached": "cache",
    "check_cache": "cache",
    "CATALOGUE": "catalogue",
    "Resource": "catalogue",
    "ResourceFile": "catalogue",
    "iter_chunks": "cells",
    "notes": "cells",
    "open_cells": "cells",
    "Counts": "count_sources",
    "CountSource": "count_sources",
    "count_source": "counts",
    "counts_of": "counts",
    "iter_counts": "counts",
    "FetchedResource": "downloads",
    "NotFetched": "downloads",
    "ResourceStatus": "downloads",
    "fetch": "downloads",
    "list_resources": "downloads",
    "EdgeBlocks": "edge_blocks",
    "EdgeTable": "edges",
    "pbmc68k_reduced": "embedded",
    "FeatureAccumulator": "features",
    "gene_features": "features",
    "log1p_cp10k": "features",
    "GeneSets": "gene_sets",
    "read_gaf": "gene_sets",
    "GeneTable": "gene_table",
    "GeneMap": "genes",
    "MappingReport": "genes",
    "map_genes": "genes",
    "sum_columns": "genes",
    "guess_identifier": "identifiers",
    "strip_version": "identifiers",
    "Network": "network",
    "NetworkReport": "network_report",
    "Overlap": "network_report",
    "Ontology": "ontology",
    "OntologySimilarity": "ontology_similarity",
    "CellsReport": "prepare",
    "Prepared": "prepare",
    "load_gene_sets": "references",
    "load_gene_table": "references",
    "load_network": "references",
    "detect_scale": "scale",
    "ScaleReport": "scale_report",
    "select_cells": "selection",
    "Blocks": "strata",
    "CellGroups": "strata",
    "Labels": "strata",
    "cell_groups": "strata",
    "column": "strata",
    "replicate_blocks": "strata",
    "Universe": "universe",
    "open_screen": "screens.opening",
    "Screen": "screens.screen",
    "ScreenReport": "screens.screen",
    "FoldChanges": "screens.fold_changes",
    "read_fold_changes": "screens.fold_changes",
    "PUBLIC_SCREENS": "screens.accessions",
}

__all__ = [
    "CATALOGUE",
    "PUBLIC_SCREENS",
    "Blocks",
    "CacheProblem",
    "CellGroups",
    "CellsReport",
    "CountSource",
    "Counts",
    "EdgeBlocks",
    "EdgeTable",
    "FeatureAccumulator",
    "FetchedResource",
    "FoldChanges",
    "GeneMap",
    "GeneSets",
    "GeneTable",
    "Labels",
    "MappingReport",
    "Network",
    "NetworkReport",
    "NotFetched",
    "Ontology",
    "OntologySimilarity",
    "Overlap",
    "Prepared",
    "Resource",
    "ResourceFile",
    "ResourceStatus",
    "ScaleReport",
    "Screen",
    "ScreenReport",
    "Universe",
    "cached",
    "cell_groups",
    "check_cache",
    "column",
    "cooccurrence",
    "count_source",
    "counts_of",
    "detect_scale",
    "fetch",
    "gene_features",
    "guess_identifier",
    "iter_chunks",
    "iter_counts",
    "list_resources",
    "load_gene_sets",
    "load_gene_table",
    "load_network",
    "log1p_cp10k",
    "map_genes",
    "notes",
    "open_cells",
    "open_screen",
    "pbmc68k_reduced",
    "prepare",
    "read_fold_changes",
    "read_gaf",
    "replicate_blocks",
    "select_cells",
    "strip_version",
    "sum_columns",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that importing the package is cheap."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'cellglass.data' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"cellglass.data.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
