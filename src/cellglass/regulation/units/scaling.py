"""Units on cells, models and methods."""

from __future__ import annotations

from .unit import Unit

TESTS = "tests/unit/regulation/scaling"
HERE = "cellglass.regulation.scaling"

UNITS = (
    Unit(
        "A1", "Scaling, top K", "Does the top of the list hold more edges with more cells?",
        "cells, a model, a network",
        "F1 falls in 9 of 9 runs (p 0.002), 24 to 6 true positives of 8.36 expected; Jaccard "
        "between seeds falls by 47 %",
        "every K beside its expected hits; nested subsets of the same cells, no second pass; "
        "the test is over regulators, because draws share cells",
        "regulation.scaling", f"{HERE}.change:tops_table", f"{TESTS}/test_change.py",
    ),
    Unit(
        "A2", "Scaling, continuous metric", "Do top-K and continuous metrics agree?",
        "cells, a model, a network", "AUROC rises 0.858, 0.925, 0.934 where F1 falls",
        "said in words wherever the signs differ, and AUROC on the pairs that few cells see "
        "beside it: part of a rise is coverage",
        "regulation.scaling", f"{HERE}.change:changes_table", f"{TESTS}/test_change.py",
    ),
    Unit(
        "A4", "Nine-point scaling", "Which curve does AUROC follow?", "cells, a model, a network",
        "0.536 (25 cells), 0.611 (750), 0.596 (1,000); saturation R2 0.90, power law did not "
        "converge",
        "curves are chosen by numbers of cells left out, not by R2; a rate that the data do not "
        "fix is no fit",
        "regulation.scaling", f"{HERE}.curves:fit_curve", f"{TESTS}/test_curves.py",
    ),
    Unit(
        "A20", "Several models", "Which model recovers more?",
        "cells, a network, models or edge tables", "all near 0.5 (0.44 to 0.55)",
        "one universe that all share, one score a model fixed beforehand, paired by regulators; "
        "the untrained copy and |Spearman| beside",
        "regulation.models", f"{HERE}.models_analysis:judge_models",
        f"{TESTS}/test_models_analysis.py",
    ),
    Unit(
        "A21", "Mapping", "Do edges follow co-expression or regulation?",
        "cells, a network, a model or an edge table",
        "rho 0.31 to 0.42 with co-expression (R2 0.10-0.18), -0.02 to 0.02 with TRRUST",
        "intervals over regulators, ranked anew in each resample; the untrained copy, expression "
        "and the pairwise parts beside",
        "regulation.mapping", f"{HERE}.mapping:map_scores", f"{TESTS}/test_mapping.py",
    ),
    Unit(
        "A22", "Dedicated methods", "Do GRN methods recover more than attention?",
        "cells, a network, a model or an edge table",
        "Spearman 0.521, MI 0.518, GENIE3 0.523, GRNBoost2 0.526, attention 0.524",
        "exactly the same cells, regulators and targets; bounds on the cost are told; paired "
        "differences",
        "regulation.methods", f"{HERE}.grn_scores:grn_scores", f"{TESTS}/test_grn_scores.py",
    ),
)  # fmt: skip
