"""Units on layers, values and classes of regulators."""

from __future__ import annotations

from .unit import Unit

TESTS = "tests/unit/regulation/biology"
HERE = "cellglass.regulation.biology"

UNITS = (
    Unit(
        "A48", "Biological characterisation", "Which layers hold which kind of knowledge?",
        "cells, networks or gene sets, a model",
        "PPI peaks in layer 0 (0.640), TRRUST in layer 15 (0.750); depth trend GO BP +0.846; "
        "97 % of the partial correlation kept",
        "intervals over genes or regulators, the untrained copy's profile, and top edges against "
        "exchanged genes beside Fisher's test, which takes pairs for independent; no trend below "
        "5 layers",
        "regulation.layer_profile", f"{HERE}.profiles:profile", f"{TESTS}/test_profiles.py",
    ),
    Unit(
        "A49", "Value-weighted edges", "Do context vectors know more than attention?",
        "a model; cells and a network, or a screen",
        "0.587 against 0.787 of attention and 0.706 of correlation; worse at every layer",
        "by responses, as published, and by networks; exactly the cells, tokens and pairs of the "
        "attention edges, in bounded memory; three variants and the untrained copy",
        "regulation.value_edges", "cellglass.models.context_edges:ContextAccumulator",
        "tests/unit/models/test_context_edges.py",
    ),
    Unit(
        "A50", "Classes of regulators", "Are master regulators recovered better than others?",
        "cells, a network, a model or an edge table",
        "0.80 against 0.58, p 0.011, q 0.12, of 18 regulators",
        "three targets or more a regulator, no conclusion below 50 of them; the difference with "
        "covariates held fixed",
        "regulation.classes", f"{HERE}.classes:class_tests", f"{TESTS}/test_classes.py",
    ),
)  # fmt: skip
