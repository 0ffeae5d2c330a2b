"""Units about cell states: composition, CSSI and its nulls."""

from __future__ import annotations

from .unit import Unit

CELLS = "a model, cells with states, a reference network"
NOTHING = "nothing: simulation"
TESTS = "tests/unit/regulation/states"
STATES = "cellglass.regulation.states"

UNITS = (
    Unit(
        "A3", "Controlled composition", "Is it the number of cells or of cell states?", CELLS,
        "cells: Spearman -0.05; states: +0.63 for AUROC of correlation edges, -0.76 for F1",
        "both designs for |Spearman|, attention and a score without pairs in the same subsets; "
        "AUROC and top-K side by side, on one universe of pairs",
        "regulation.composition", f"{STATES}.composition_analysis:judge_composition",
        f"{TESTS}/test_composition_analysis.py",
    ),
    Unit(
        "A13", "CSSI on synthetic states", "Do strata find edges that pooling dilutes?", NOTHING,
        "F1 ratios 1.13 to 1.85 over pooled edges, p = 2.5e-11; 1.85 is often quoted for brain "
        "cells, but is this simulation with the true states",
        "the six configurations, 20 seeds, with shuffled, uniform and K-means strata beside them",
        "regulation.cssi_synthetic", f"{STATES}.synthetic:synthetic_states",
        f"{TESTS}/test_synthetic.py",
    ),
    Unit(
        "A14", "CSSI on PBMC-structured cells", "Do strata help with the types of blood?", NOTHING,
        "22 of 22 edges in the top 25 against 19; AUROC 0.935 against 0.860 with 200 cells",
        "said to be simulated; shuffled types beside it, bootstrap over cells",
        "regulation.cssi_synthetic", f"{STATES}.structured:structured_cells",
        f"{TESTS}/test_structured.py",
    ),
    Unit(
        "A15", "CSSI on attention", "Do cell states sharpen attention edges?", CELLS,
        "largest gain +0.060 AUROC at layer 8; best layer 13 0.694, without gain",
        "all eight aggregators beside shuffled strata, p adjusted for layers and aggregators; "
        "strata given or found in the model's embedding",
        "regulation.cssi", f"{STATES}.cssi_analysis:judge_cssi", f"{TESTS}/test_cssi_analysis.py",
    ),
    Unit(
        "A16", "CSSI null stress tests", "What do strata that mean nothing gain?", CELLS,
        "shuffled, random and gene-permuted strata fall below pooled edges, K 2 to 20",
        "the same nulls on the user's cells and network, for every aggregator: some gain from "
        "noise alone",
        "regulation.cssi_nulls", f"{STATES}.nulls_analysis:judge_cssi_nulls",
        f"{TESTS}/test_nulls_analysis.py",
    ),
    Unit(
        "A17", "Aggregators and per-edge FDR", "Which aggregator, and are single edges true?",
        NOTHING,
        "size-weighted sum equivalent to max and mean; FDR at most 0.11, power 95 % or more",
        "the sum equals the mean and not the maximum; p over strata is Bonferroni-corrected before "
        "BH, and the rate without it stands beside",
        "regulation.cssi_synthetic", f"{STATES}.edge_fdr:edge_fdr", f"{TESTS}/test_edge_fdr.py",
    ),
    Unit(
        "A18", "CSSI with a held-out choice", "Does the choice of layer and variant hold?", CELLS,
        "0.619 held out against 0.539 for random layers, p about 0.02; synthetic ratios 1.45-3.20",
        "cells and regulators held out, the choice repeated under shuffled strata, interval over "
        "regulators: it decides the claim; cells only beside it",
        "regulation.cssi_choice", f"{STATES}.choice_analysis:judge_choice",
        f"{TESTS}/test_choice_analysis.py",
    ),
)  # fmt: skip
