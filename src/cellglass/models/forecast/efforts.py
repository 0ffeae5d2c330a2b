"""CPU seconds of the steps of a run, as measured in finished runs."""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = 2.0
"""Seconds of a step that another package brought."""


@dataclass(frozen=True)
class Effort:
    """CPU seconds of one step: some however small it is, the rest by what it judges.

    Attributes
    ----------
    fixed
        Seconds of the smallest step.
    per_million
        Seconds for a million scores: pairs of the network's regulators (or of the screen's
        perturbations) with all genes, times layers.
    heads
        Whether every head is judged as well.
    """

    fixed: float
    per_million: float = 0.0
    heads: bool = False

    def seconds(self, scores: float, n_heads: int) -> float:
        """Seconds for so many scores."""
        several = (2 + n_heads) / (2 + MEASURED_HEADS) if self.heads else 1.0
        return self.fixed + self.per_million * scores / 1e6 * several


MEASURED_HEADS = 4
"""Heads of the mini models, on which the efforts were measured."""

EFFORTS: dict[str, Effort] = {
    "capture": Effort(0.03, 6.1),
    "concept-atlas": Effort(0.3),
    "concept-attribution": Effort(1),
    "concept-cells": Effort(0.2),
    "concept-curves": Effort(0.3),
    "concept-dictionary": Effort(0.6, 6e-4),
    "concept-enrichment": Effort(1, 0.1),
    "concept-sanity": Effort(0.5),
    "concept-units": Effort(0.1),
    "concepts.atlas": Effort(0.1),
    "concepts.attribution": Effort(0.1),
    "concepts.comparison": Effort(2),
    "concepts.description": Effort(0.1),
    "concepts.dictionary": Effort(0.1),
    "concepts.enrichment": Effort(0.1),
    "concepts.information": Effort(3),
    "concepts.interventions": Effort(1, 5e5),
    "concepts.scores": Effort(0.5),
    "context": Effort(0.06, 1),
    "controls.battery": Effort(7, 0),
    "controls.planted": Effort(0.5, 0),
    "gene-distances": Effort(0.1, 2.1),
    "gene-states": Effort(0.01, 0.02),
    "geometry.alignment": Effort(0.6, 0.53),
    "geometry.artefacts": Effort(1.3, 0.35),
    "geometry.communities": Effort(0.5, 1.5),
    "geometry.distances": Effort(2.2, 1.4),
    "geometry.homology": Effort(1, 1700),
    "geometry.shape": Effort(0.2, 9e-4),
    "grn": Effort(20, 0),
    "model.cell_embedding": Effort(0.5, 0),
    "model.masked_prediction": Effort(0.3, 0),
    "regulation.circularity": Effort(1, 0.5),
    "regulation.claims": Effort(0.03, 0.1),
    "regulation.classes": Effort(0.2, 0.7),
    "regulation.coexpression": Effort(0.4, 8.5),
    "regulation.composition": Effort(1.1, 3.6),
    "regulation.contexts": Effort(0.04, 0),
    "regulation.cssi": Effort(1.1, 15),
    "regulation.cssi_choice": Effort(0.5, 13),
    "regulation.cssi_nulls": Effort(2.9, 33),
    "regulation.cssi_synthetic": Effort(12, 0),
    "regulation.degree": Effort(0.4, 0.8),
    "regulation.layer_profile": Effort(0.4, 6.5),
    "regulation.mapping": Effort(0.7, 8.2),
    "regulation.matched_negatives": Effort(0.2, 0.9),
    "regulation.methods": Effort(0.1, 0.3),
    "regulation.models": Effort(0.9, 0),
    "regulation.per_regulator": Effort(0.5, 7.4),
    "regulation.products": Effort(0.2, 0.9),
    "regulation.recovery": Effort(0.4, 14, heads=True),
    "regulation.reliability": Effort(0.4, 7),
    "regulation.residual": Effort(2.6, 26),
    "regulation.response": Effort(0.4, 8),
    "regulation.response_baselines": Effort(0.2, 5),
    "regulation.response_grid": Effort(0.2, 10),
    "regulation.response_increment": Effort(8, 550),
    "regulation.response_layers": Effort(0.1, 6),
    "regulation.response_matched": Effort(0.2, 8),
    "regulation.response_protocol": Effort(0.2, 6),
    "regulation.scaling": Effort(1.3, 18),
    "regulation.value_edges": Effort(0.2, 2.3),
}
"""By the first part of a step's name, with 1,000 draws and one thread a process.

``scripts/fit_efforts.py RUN`` measures them again. Those of responses are of simulated screens of
24 x 160, 60 x 600 and 200 x 2,000 genes, and of Papalexi. Where one size alone was measured
(co-expression, reliability, profile of layers) nearly all of the time is taken to grow with it.

Steps of concepts (three runs on 700 and 2,000 cells) count their own millions, beside the passes
of ``concepts.py``: multiplications of a dictionary's training, sets x permutations of enrichment,
concepts that are moved.

Steps of geometry count theirs in ``geometry.py``; ``OMP_NUM_THREADS=1 fit_efforts.py --run`` on 200
and 600 cells of Kang's donors, 400 to 1,000 genes and one and two networks, with both mini models,
gave the fixed seconds; how work grows with genes, width, draws and points was measured on clouds
of 100 to 3,000 genes.
"""
