"""Everything that ranks the genes of a screen: layers, co-expression, untrained copy, baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import Network
from cellglass.regulation.coexpression import COEXPRESSION as COEXPRESSION
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.sections import ResponsesConfig, StatisticsConfig
from cellglass.stats.differential import Matrix
from cellglass.stats.row_auroc import row_auroc

from .baselines import response_baselines
from .choice import NestedChoice, nested_choice
from .folds import MeasuredFolds
from .measured import Measured
from .pairs import ResponsePairs, response_pairs

UNTRAINED = "untrained"


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of one subject on one screen, and the AUROC of each on every perturbation.

    Attributes
    ----------
    pairs
        Perturbations and genes that are judged.
    candidates
        Layers of the subject (or the score of an edge table) by name, perturbations x genes.
    untrained
        The same of the untrained copy; empty where there is none.
    coexpression
        |Spearman| over the same control cells; nan rows where a perturbed gene is not measured.
    baselines
        See `response_baselines`.
    aurocs
        Perturbations x scores; nan where a score does not rank a perturbation.
    choice
        The layer, chosen on other perturbations.
    untrained_choice
        The same for the untrained copy; None where there is none.
    """

    pairs: ResponsePairs
    candidates: Mapping[str, Matrix] = field(repr=False)
    untrained: Mapping[str, Matrix] = field(repr=False)
    coexpression: Matrix = field(repr=False)
    baselines: Mapping[str, Matrix] = field(repr=False)
    aurocs: pd.DataFrame = field(repr=False)
    choice: NestedChoice
    untrained_choice: NestedChoice | None = field(repr=False)

    @property
    def nested(self) -> NDArray[np.float64]:
        """AUROC of the subject on each perturbation, by the layer that the others chose."""
        return self.choice.values

    def values(self, name: str) -> NDArray[np.float64]:
        """AUROC of a score on each perturbation."""
        return self.aurocs[name].to_numpy(float)


def score_pairs(
    held: StudyEdges,
    measured: Measured | MeasuredFolds,
    responses: ResponsesConfig,
    settings: StatisticsConfig,
    seed: int,
    *,
    network: Network | None = None,
    pairs: ResponsePairs | None = None,
) -> Scored:
    """Rank the genes of a screen by everything there is.

    Parameters
    ----------
    held
        Edges of the subject in the control cells, rows the perturbed genes.
    measured
        The screen.
    responses, settings
        How responses are called; folds.
    seed
        Root seed of the folds.
    network
        A reference network, for the out-degree of targets.
    pairs
        Which pairs are judged; found by `response_pairs` where None.

    Returns
    -------
    Scored
        Of no perturbation where none can be judged.
    """
    found = pairs or response_pairs(held, measured, responses)
    candidates = {n: found.of(held.edges.candidate(n).scores) for n in held.layer_scores}
    copy = held.untrained
    untrained = (
        {} if copy is None else {n: found.of(copy.candidate(n).scores) for n in held.layer_scores}
    )
    coexpression = found.coexpression()
    degree = None
    if network is not None:
        degree = {str(g): int(n) for g, n in network.frame["source"].value_counts().items()}
    baselines = response_baselines(found, degree)
    named = {
        **candidates,
        COEXPRESSION: coexpression,
        **{f"{UNTRAINED}: {n}": m for n, m in untrained.items()},
        **baselines,
    }
    aurocs = pd.DataFrame(
        {n: _rows(m, found) for n, m in named.items()}, index=list(found.perturbations)
    )
    task = f"responses/{held.name}/{measured.name}/folds"

    groups = found.groups
    # where nothing can be held out nothing is chosen, and `applicable.started` will say so
    can_choose = len(set(groups.tolist())) > 1

    def chosen(names: list[str]) -> NestedChoice:
        names = names if can_choose else names[:1]
        values = aurocs[names].to_numpy(float).T
        plain = [n.removeprefix(f"{UNTRAINED}: ") for n in names]
        return nested_choice(
            values, plain, folds=settings.folds, seed=seed, task=task, groups=groups
        )

    return Scored(
        found, candidates, untrained, coexpression, baselines, aurocs,
        chosen(list(candidates)),
        chosen([f"{UNTRAINED}: {n}" for n in untrained]) if untrained else None,
    )  # fmt: skip


def _rows(matrix: Matrix, pairs: ResponsePairs) -> NDArray[np.float64]:
    """AUROC of each perturbation; nan where the score does not rank it."""
    ranked = np.isfinite(matrix).all(1)
    out = np.full(pairs.n, np.nan)
    if ranked.any():
        out[ranked] = row_auroc(matrix[ranked], pairs.labels[ranked], pairs.mask[ranked])
    return out
