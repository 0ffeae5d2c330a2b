"""A model and its untrained copy judged against one network, by the same measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cellglass.models.networks import held_network
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext

from .measures import PRIMARY, Judged, judge_measures
from .pair_scores import PairScores


@dataclass(frozen=True, eq=False)
class BothModels:
    """What was judged of a model, and of its untrained copy where there is one.

    Attributes
    ----------
    held
        Scores of pairs of the model.
    judged, copy
        What was judged; of the copy with both genes held out only.
    """

    held: PairScores
    judged: Judged
    copy: Judged | None

    def stacked(self, table: str) -> pd.DataFrame:
        """Table of both, with the column ``model``: trained or untrained.

        Parameters
        ----------
        table
            ``"gains"`` or ``"layers"``, as in `Judged`.
        """
        named = {"trained": self.judged, "untrained": self.copy}
        parts = [getattr(j, table).assign(model=n) for n, j in named.items() if j is not None]
        return pd.concat(parts, ignore_index=True)

    @property
    def aside(self) -> str:
        """End of a caption of lines."""
        return "; an untrained copy is dashed" if self.copy is not None else ""


def judge_both(
    context: TaskContext,
    measures: Sequence[str],
    settings: StatisticsConfig,
    task: str,
    *,
    scores: str,
    untrained: str | None,
    network: Mapping[str, Any],
    min_targets: int,
) -> BothModels:
    """Judge measures of a model and of its untrained copy.

    Parameters
    ----------
    context
        Reads the scores.
    measures
        Of `PairScores.scores`.
    settings, task
        See `judge_measures`.
    scores, untrained
        Names of the tasks that scored pairs.
    network
        Source, options and name of the reference.
    min_targets
        Targets that a regulator needs.

    Returns
    -------
    BothModels
        Scores, and what was judged.

    Raises
    ------
    NotApplicableError
        See `judge_measures`.
    """
    reference = held_network(network["source"], network["options"])
    held = PairScores.read(context.input(scores))
    common = (reference, network["name"], measures, min_targets, settings, context.seed)
    judged = judge_measures(held, *common, task)
    copy = None
    if untrained is not None:
        other = PairScores.read(context.input(untrained))
        copy = judge_measures(other, *common, f"{task}/untrained", splits=(PRIMARY,))
    return BothModels(held, judged, copy)
