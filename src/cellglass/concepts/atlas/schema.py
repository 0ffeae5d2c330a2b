"""The format of an atlas: files, tables, columns, version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SCHEMA_VERSION = 1
"""Raised whenever a reader of the older format would misread the newer one."""

ATLAS = "atlas.json"
ACTIVATIONS = "activations"
SCORES = "scores.npy"
DIRECTIONS = "directions.npy"
MEAN = "mean.npy"
DICTIONARY = "dictionary"
EXPERT_LABELS = "expert_labels.parquet"


@dataclass(frozen=True)
class TableSchema:
    """Columns that a table of the atlas must have, each with its meaning.

    Parameters
    ----------
    columns
        Name to meaning; further columns may follow.
    required
        Whether an atlas without the table is no atlas. Others are empty where nothing was
        computed, with their columns.
    """

    columns: Mapping[str, str]
    required: bool = False


TABLES: Mapping[str, TableSchema] = {
    "units": TableSchema(
        {
            "unit": "number of the unit, from 0; rows of all arrays of units",
            "name": "unique name",
            "kind": "concept, neuron, rotated neuron, component, random direction or decoy",
            "index": "number within its source: concept of the dictionary, dimension, component",
            "matched": "unit (a concept) whose rate of activation this unit was given; -1 if none",
            "attributed": "whether genes were attributed to the unit",
        },
        required=True,
    ),
    "cells": TableSchema(
        {
            "cell": "name of the cell",
            "label": "cell type or state; empty where there is none",
            "donor": "donor or replicate block",
            "batch": "batch; empty where there is none",
            "split": "train, validation or test of the dictionary",
            "x": "first coordinate of the map",
            "y": "second coordinate of the map",
        },
        required=True,
    ),
    "genes": TableSchema(
        {
            "gene": "name of the gene",
            "mean": "mean count over cells",
            "detection": "share of cells that express it",
        },
        required=True,
    ),
    "attribution": TableSchema(
        {
            "unit": "number of the unit",
            "gene": "name of the gene",
            "score": "mean fall when the gene is exchanged, as a share of the activation",
            "low": "lower end of the 95 % interval",
            "high": "upper end of the 95 % interval",
            "n": "prototypes in which the gene differed and was tested",
            "verified": "whether the score rests on exchanges, not on the screen alone",
            "p": "raw p against 0",
            "q": "BH over all genes tested for the unit",
            "de": "difference of mean log expression, active against inactive cells",
            "de_rank": "rank by absolute Wilcoxon statistic, 1 for the most different gene",
        }
    ),
    "prototypes": TableSchema(
        {
            "unit": "number of the unit",
            "cell": "name of the cell with the unit",
            "counterfactual": "name of a cell without it, from which genes were taken",
            "activation": "of the unit in the cell",
            "full_swap": "share of the activation lost when all genes are exchanged",
            "distance": "between the two cells, in the space of the search",
        }
    ),
    "swaps": TableSchema(
        {
            "unit": "number of the unit",
            "cell": "name of the cell with the unit",
            "counterfactual": "name of the cell without it",
            "gene": "name of the gene",
            "value": "of the gene in the cell, on the scale the model reads",
            "other": "of the gene in the counterfactual",
            "score": "share of the activation lost by this exchange alone",
        }
    ),
    "enrichment": TableSchema(
        {
            "unit": "number of the unit",
            "library": "collection of gene sets",
            "term": "id of the set",
            "term_name": "its name",
            "method": "ora or prerank",
            "overlap": "genes of the list in the set; -1 for prerank",
            "size": "genes of the set in the background",
            "effect": "fold enrichment (ora) or normalised enrichment score (prerank)",
            "p": "raw p",
            "q": "BH over all units and terms of the library",
            "genes": "overlap or leading edge, separated by commas",
        }
    ),
    "matches": TableSchema(
        {
            "unit": "number of the unit",
            "source": "seed, neuron, data set or model in which the match was looked for",
            "match": "name of the best match",
            "similarity": "absolute cosine, or correlation of activations across data sets",
        }
    ),
    "coactivation": TableSchema(
        {
            "unit": "number of the unit",
            "other": "number of the other unit",
            "pmi": "log2 of the observed over the expected share of cells with both",
            "cells": "cells with both",
        }
    ),
    "curves": TableSchema(
        {
            "unit": "number of the unit",
            "order": "order in which genes were exchanged: score, random, de, expression, gradient",
            "share": "share of the differing genes exchanged so far",
            "activation": "share of the activation that is left",
        }
    ),
    "interventions": TableSchema(
        {
            "unit": "number of the unit",
            "dose": "factor on the activation; 0 removes the unit",
            "effect": "root mean square change of the decoded expression over genes",
            "random": "mean of the same for random directions of equal length",
            "p": "share of random directions with at least that effect",
            "genes": "genes that change most, with signs, separated by commas",
        }
    ),
}
