"""Has the model learned anything? Masked prediction and cell embeddings, as analyses."""

from __future__ import annotations

from cellglass.models.inputs import prepare_study as prepare
from cellglass.runs.registry import Analysis

from .tasks import plan_embedding, plan_masked

ANALYSES = [
    Analysis(
        "model.masked_prediction",
        "Masked prediction",
        "Does the model predict hidden tokens better than the mean of the cell's type?",
        "Cui et al. 2024 and Theodoris et al. 2023 (training objectives)",
        "cells; labels make the comparison harder",
        plan_masked,
        "the model has learned how genes depend on each other in such cells",
    ),
    Analysis(
        "model.cell_embedding",
        "Cell embedding",
        "Does the cell embedding separate labelled types better than an untrained copy?",
        "cellglass: item B3 of the quality-control checklist",
        "cells with labels",
        plan_embedding,
        "training taught the cell embedding to separate labelled types",
    ),
]

__all__ = ["ANALYSES", "prepare"]
