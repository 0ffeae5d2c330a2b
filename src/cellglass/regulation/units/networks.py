"""Units that hold edges against reference networks: products, residuals, nulls, circularity."""

from __future__ import annotations

from .unit import Unit

_HERE = "cellglass.regulation.networks"
_TESTS = "tests/unit/regulation/networks"

UNITS = (
    Unit(
        "A23", "Gene-product null models",
        "Do products of detection, mean or variance recover the network as well as attention?",
        "cells, a reference network; a model or an edge table",
        "TRRUST, scGPT: detection 0.750, mean 0.764, variance 0.773, attention 0.718; DoRothEA "
        "0.797, 0.817, 0.822 and 0.702",
        "every layer beside all products, its own margins and the out-degree, with paired "
        "intervals over regulators: the paper gave no intervals",
        analysis="regulation.products",
        function=f"{_HERE}.products_analysis:judge_products",
        test=f"{_TESTS}/test_products_analysis.py",
    ),
    Unit(
        "A24", "Expression-matched negatives",
        "Do edges score above pairs of genes that are expressed like them?",
        "cells, a reference network; a model or an edge table",
        "attention 0.646 [0.539, 0.747], expression product 0.522, marginal product 0.574 (27 "
        "edges of 14 regulators)",
        "regulators are resampled: edges of one regulator are not independent; the balance is "
        "printed, and said where it is not reached",
        analysis="regulation.matched_negatives",
        function=f"{_HERE}.matched_analysis:judge_matched_negatives",
        test=f"{_TESTS}/test_matched_analysis.py",
    ),
    Unit(
        "A25", "Scores explained by covariates",
        "How much of a score do single-gene covariates explain out of sample?",
        "cells, a reference network; a model or an edge table",
        "R2 by least squares 0.27 (attention) and 0.16 (correlation), by boosted trees 0.51 and "
        "0.31",
        "float64 always, gene-level and pairwise covariates apart, over the pairs that are judged, "
        "intervals over regulators",
        analysis="regulation.residual",
        function=f"{_HERE}.residuals:Residualisation",
        test=f"{_TESTS}/test_residuals.py",
    ),
    Unit(
        "A26", "Degree-preserving and label nulls",
        "How much of the AUROC do the degrees of genes give, and is the rest more than chance?",
        "cells, a reference network; a model or an edge table",
        "0.757 = 0.50 + 0.19 (degree) + 0.07; z 3.63 (200 draws) and 6.9 (label shuffle)",
        "two samplers that check themselves and one another; layers pay for the choice; "
        "co-expression, single genes and the untrained copy go through the same draws",
        analysis="regulation.degree",
        function=f"{_HERE}.degree_analysis:judge_degree",
        test=f"{_TESTS}/test_degree_analysis.py",
    ),
    Unit(
        "A27", "Per-regulator evaluation",
        "How many regulators are ranked above chance, and with how many targets?",
        "cells, a reference network; a model or an edge table",
        "7 of 18 regulators above 0.5, mean 0.692 (sd 0.18); 13 of the 18 have one target",
        "one-target regulators apart, the count beside what chance gives with so few targets and "
        "beside networks with the same degrees; exact p with BH",
        analysis="regulation.per_regulator",
        function=f"{_HERE}.per_regulator_analysis:judge_per_regulator",
        test=f"{_TESTS}/test_per_regulator_analysis.py",
    ),
    Unit(
        "A28", "Circularity of the reference",
        "Does recovery hold where the evidence is directional or independent?",
        "cells, a reference network; a model or an edge table",
        "TRRUST with a direction (4,859 of 8,427): 0.764 to 0.736; median per regulator 0.660 to "
        "0.695",
        "edges without a direction are left out rather than called negatives (both are shown); "
        "ChIP-type evidence where a column says so; what references share is printed",
        analysis="regulation.circularity",
        function=f"{_HERE}.circularity_analysis:judge_circularity",
        test=f"{_TESTS}/test_circularity_analysis.py",
    ),
    Unit(
        "A35", "Residual recovery",
        "How much of the above-chance AUROC is left once covariates are taken out?",
        "cells, a reference network; a model or an edge table",
        "TRRUST, K562: attention 0.66 to 0.54 (76 % lost), correlation 0.63 to 0.62 (9 %); RPE1: "
        "0.722 to 0.527, correlation 0.656 to 0.692 (suppressor)",
        "float32 is not offered: it once left 78 % where 18 % was right; not applicable where the "
        "AUROC is near 0.5; the same for |Spearman|, paired",
        analysis="regulation.residual",
        function=f"{_HERE}.residual_analysis:judge_residual",
        test=f"{_TESTS}/test_residual_analysis.py",
    ),
)  # fmt: skip
