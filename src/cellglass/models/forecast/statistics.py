"""What the steps of a study cost, passes through models apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cellglass.runs.study import COPY

from . import geometry
from .concepts import step_seconds, works_for
from .efforts import EFFORTS, UNKNOWN

if TYPE_CHECKING:
    from cellglass.runs.study import Study

    from .samples import ScreenSize
    from .steps import Steps
    from .subjects import SubjectCost

SHARE_OF_DRAWS, SHARE_OF_BOOTSTRAP = 0.39, 0.15  # of the time of statistics at 1,000, measured
PREPARE_SECONDS = 2.5e-3  # per cell: reading, counting, tokenising, measured
SCREEN_SECONDS = 2.5e-4  # per cell of a screen: reading and testing, measured
SCREEN_PAIR_SECONDS = 2e-6  # per perturbation and gene, measured


def seconds_of_steps(
    study: Study,
    steps: Steps,
    subjects: Sequence[SubjectCost],
    screens: Mapping[str, ScreenSize],
) -> float:
    """Add the steps of each subject to what it costs; return the CPU seconds of all others.

    Parameters
    ----------
    study, steps
        The study and its steps.
    subjects
        Models, edge tables and clouds; their `statistics_seconds`, and seconds of concepts and of
        geometry, are set.
    screens
        Sizes of the screens.
    """
    by_name = {s.name: s for s in subjects}
    spaces = {s.name: s.geometry for s in subjects if s.geometry is not None}
    others = sum(PREPARE_SECONDS * n for s in subjects for n in s.n_cells.values())
    for size in screens.values():
        others += SCREEN_SECONDS * size.n_cells
        others += SCREEN_PAIR_SECONDS * size.n_perturbations * size.n_genes
    work = [(i.result, i.label) for i in steps.results]
    work += [(name, {}) for name in steps.shared]
    for name, label in work:
        of_concepts = [s.concepts for s in subjects if works_for(name, s.name) and s.concepts]
        if of_concepts:
            of_concepts[0].seconds += step_seconds(name, of_concepts[0])
            continue
        of_geometry = geometry.owners(name, spaces)
        if of_geometry:
            of_geometry[0].seconds += geometry.step_seconds(name, of_geometry)
            continue
        family, _, rest = name.partition("/")
        subject = by_name.get(rest.partition("/")[0].partition("@")[0].removesuffix(COPY))
        seconds = _seconds(study, family, label, subject, screens)
        if subject is None:
            others += seconds
        else:
            subject.statistics_seconds += seconds
    return others


def _seconds(
    study: Study,
    family: str,
    label: Mapping[str, str],
    subject: SubjectCost | None,
    screens: Mapping[str, ScreenSize],
) -> float:
    """CPU seconds of one step."""
    effort = EFFORTS.get(family)
    if effort is None:
        return UNKNOWN
    if subject is None:
        return effort.fixed
    statistics = study.statistics
    share = 1 - SHARE_OF_DRAWS - SHARE_OF_BOOTSTRAP
    share += SHARE_OF_DRAWS * statistics.draws / 1000
    share += SHARE_OF_BOOTSTRAP * statistics.bootstrap / 1000
    return effort.seconds(share * scores_of(label, subject, screens), subject.n_heads)


def scores_of(
    label: Mapping[str, str], subject: SubjectCost, screens: Mapping[str, ScreenSize]
) -> float:
    """Scores that an analysis judges: those of a network, of a screen, or all.

    Parameters
    ----------
    label
        Of the analysis.
    subject, screens
        What is judged, and sizes of the screens.
    """
    if "screen" in label:
        rows, columns = subject.perturbed.get(label["screen"], (0, 0))
        return float(min(rows, screens[label["screen"]].n_perturbations) * columns)
    rows = subject.n_rows
    if "network" in label:
        rows = subject.by_network.get(label["network"], 0)
    return float(rows * subject.n_columns * subject.n_layers)
