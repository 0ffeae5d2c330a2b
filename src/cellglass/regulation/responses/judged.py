"""What every analysis of responses reads: a subject, a screen and the settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cellglass.data import Network
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.sections import ResponsesConfig, StatisticsConfig

from .folds import MeasuredFolds
from .measured import Measured
from .pairs import ResponsePairs
from .scored import Scored, score_pairs


@dataclass(frozen=True)
class Judged:
    """What every analysis of responses reads.

    Attributes
    ----------
    held
        Edges of the subject in the control cells, rows the perturbed genes.
    measured
        The screen.
    responses, settings
        Sections of the study.
    network
        The first directed reference network of the study, for out-degrees and regulators; None
        where there is none.
    seed
        Root seed.
    """

    held: StudyEdges
    measured: Measured | MeasuredFolds
    responses: ResponsesConfig
    settings: StatisticsConfig
    network: Network | None
    seed: int

    @property
    def label(self) -> dict[str, str]:
        """Label of results and tags of findings."""
        return {**self.held.label, "screen": self.measured.name}

    @cached_property
    def scored(self) -> Scored:
        """Scores by the rule of the study."""
        return self.score(None)

    def score(self, pairs: ResponsePairs | None) -> Scored:
        """Scores of some pairs; of those by the rule of the study where None."""
        return score_pairs(
            self.held, self.measured, self.responses, self.settings, self.seed,
            network=self.network, pairs=pairs,
        )  # fmt: skip

    def task(self, *parts: str) -> str:
        """Name of a random stream."""
        return "/".join(("responses", self.held.name, self.measured.name, *parts))
