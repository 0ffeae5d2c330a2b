"""Tables of the held-out choice: what was chosen, every candidate, and a choice at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.stats import Finding, NullDistribution, NullSummary

from .aggregators import AGGREGATORS
from .choice import HeldOutChoice, held_out_choice
from .halves import HALVES, Quarters

ANALYSIS = "regulation.cssi_choice"
QUARTERS = tuple((h, f) for h in range(HALVES) for f in range(HALVES))
"""Half of the cells and half of the regulators that are scored; the others choose."""


@dataclass(frozen=True, eq=False)
class Choices:
    """What was chosen in each evaluation, by place in (layers, aggregators), and what it gave.

    Attributes
    ----------
    stratified, pooled
        Chosen layer and aggregator; chosen layer of the pooled edges.
    gain
        AUROC of the one minus that of the other on what was held out, one an evaluation.
    """

    stratified: tuple[tuple[int, int], ...]
    pooled: tuple[int, ...]
    gain: NDArray[np.float64]


def choice_tables(
    result: AnalysisResult,
    held: StudyEdges,
    scores: NDArray[np.float64],
    nested: Sequence[Choices],
    draws: int,
) -> None:
    """What was chosen and what it gave; every candidate where it chose and where it was scored."""
    layers = held.attention.layers
    per_quarter = np.array([c.gain for c in nested[1:]])
    rows, candidates = [], []
    for position, (h, f) in enumerate(QUARTERS):
        layer, how = nested[0].stratified[position]
        alone = nested[0].pooled[position]
        gain = float(nested[0].gain[position])
        null = NullDistribution.of(gain, per_quarter[:, position], "greater")
        told = f"cells {'AB'[h]}, regulators {f + 1}"
        rows.append(
            {
                "scored_on": told,
                "layer": layers[layer],
                "aggregator": AGGREGATORS[how],
                "auroc_choosing": scores[0, layer, how + 1, 1 - h, 1 - f],
                "auroc": scores[0, layer, how + 1, h, f],
                "pooled_layer": layers[alone],
                "pooled_auroc": scores[0, alone, 0, h, f],
                "gain": gain,
                "shuffled_mean": null.mean,
                "shuffled_sd": null.sd,
                "p": null.p,
                "draws": draws,
            }
        )
        for slot, number in enumerate(layers):
            for place, aggregator in enumerate(("pooled", *AGGREGATORS)):
                candidates.append(
                    {
                        "scored_on": told,
                        "layer": number,
                        "aggregator": aggregator,
                        "auroc_choosing": scores[0, slot, place, 1 - h, 1 - f],
                        "auroc": scores[0, slot, place, h, f],
                        "chosen": (slot, place) in ((layer, how + 1), (alone, 0)),
                    }
                )
    result.tables = {"choice": pd.DataFrame(rows), "candidates": pd.DataFrame(candidates)}
    result.captions = {
        "choice": "Layer and aggregator chosen on the other half of the cells and of the "
        "regulators, and their AUROC on what was held out, beside pooled edges whose layer was "
        f"chosen alike; the gain with {draws} draws of shuffled strata that went through the same "
        "choice.",
        "candidates": "Every layer and aggregator: AUROC where it could be chosen and where it was "
        "scored.",
    }
    result.figures = [
        FigureSpec("choice", "held_out_choice", "candidates",
                   "AUROC of every layer and aggregator where they were chosen and where they were "
                   "scored. The best of the one are not the best of the other: their fall is what "
                   "selection pretends.", size=(6.4, 4.2))
    ]  # fmt: skip


def random_choices(
    result: AnalysisResult,
    held: StudyEdges,
    split: Quarters,
    scores: NDArray[np.float64],
    seed: int,
) -> list[Finding]:
    """The chosen against candidates at random: cells held out, and regulators as well."""
    layers = held.attention.layers
    names = [f"layer {n} {how}" for n in layers for how in AGGREGATORS]
    flat = scores[:, 1:].reshape(len(names), HALVES, HALVES)
    both = held_out_choice(
        np.array([flat[:, 1 - h, 1 - f] for h, f in QUARTERS]),
        np.array([flat[:, h, f] for h, f in QUARTERS]), names,
    )  # fmt: skip
    by_cells = flat.mean(2)
    cells = held_out_choice(by_cells.T[::-1], by_cells.T, names)
    whole = scores.mean((2, 3))
    layer = held_out_choice(
        scores[:, 0].mean(2).T[::-1], scores[:, 0].mean(2).T, [f"layer {n}" for n in layers]
    )
    ways = (
        ("cells and regulators", "layer and aggregator", both),
        ("cells", "layer and aggregator", cells),
        ("cells", "layer of pooled edges", layer),
    )
    result.tables["random_choices"] = pd.DataFrame([_row(*way) for way in ways])
    result.captions["random_choices"] = (
        "Held-out AUROC of what was chosen, beside the same of any candidate fixed beforehand: "
        "mean and standard deviation over all of them, and the share that does at least as well "
        "(p). "
        f"The best on all cells at once has {whole.max():.3f}: a number that nothing held out."
    )
    return [_finding(held, split, out, what, found, seed) for out, what, found in ways]


def _row(out: str, what: str, found: HeldOutChoice) -> dict[str, Any]:
    return {
        "held_out": out,
        "choice_of": what,
        "chosen": "; ".join(dict.fromkeys(found.chosen)),
        "auroc_choosing": found.in_sample,
        "auroc": found.held_out,
        "random_mean": found.random_mean,
        "random_sd": found.random_sd,
        "p": found.p,
        "n_candidates": found.n_candidates,
    }


def _finding(
    held: StudyEdges, split: Quarters, out: str, what: str, found: HeldOutChoice, seed: int
) -> Finding:
    return Finding(
        ANALYSIS,
        f"Is the {what} chosen better than one at random where {out} are held out?",
        "held-out AUROC",
        found.held_out,
        null=NullSummary(
            "random candidate", found.n_candidates, found.random_mean, found.random_sd, found.p
        ),
        p=found.p,
        unit="regulator",
        n=int((split.pairs.labels.sum(1) > 0).sum()),
        baseline=("random candidate", found.random_mean),
        seed=seed,
        tags={**held.label, "network": split.pairs.network, "unit": "A18", "held out": out,
              "choice": what},
        family=ANALYSIS,
        kind="descriptive",
    )  # fmt: skip
