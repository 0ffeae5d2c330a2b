"""Whether a screen can judge a subject at all; if not, the result that says why."""

from __future__ import annotations

from cellglass._words import plural
from cellglass.runs.result import AnalysisResult
from cellglass.stats import not_applicable

from .judged import Judged
from .pairs import ResponsePairs
from .summary import UNIT

TELLS_ALL = "regulation.response"
"""The analysis whose result shows what became of every perturbation; the others would repeat it."""


def started(
    judged: Judged, pairs: ResponsePairs, analysis: str, what: str, *, needed: int | None = None
) -> tuple[AnalysisResult, bool]:
    """Begin a result with what became of the perturbations, and say whether to go on.

    Parameters
    ----------
    judged
        Subject, screen and settings.
    pairs
        Perturbations that can be judged.
    analysis
        Name of the analysis.
    what
        The claim or the purpose, for a verdict of NOT APPLICABLE.
    needed
        Perturbations that are needed; those of the settings where None. With 0 all goes on.

    Returns
    -------
    AnalysisResult, bool
        With the reduction in words. Where there are too few, with the table of perturbations, a
        verdict of NOT APPLICABLE, and False.
    """
    result = AnalysisResult(analysis, judged.label)
    fate = (
        f"Every perturbation of {pairs.screen}: cells, whether its genes are measured, genes that "
        "respond to it, and whether it is judged."
    )
    result.notes = [pairs.reduction(), *judged.measured.report.get("notes", [])]
    least = judged.responses.min_perturbations if needed is None else needed
    groups = len(set(pairs.groups.tolist()))
    enough = pairs.n >= least and groups >= min(least, 2)
    if not enough or analysis == TELLS_ALL:
        result.tables, result.captions = {"perturbations": pairs.fate}, {"perturbations": fate}
    if enough:
        return result, True
    why = f"{pairs.n} {plural(UNIT, pairs.n)} can be judged, {least} are needed: "
    if pairs.n >= least:
        why = f"all {pairs.n} perturbations share perturbed genes, so none can be held out: "
    result.verdicts = [
        not_applicable(
            what, f"responses in {pairs.screen}", why=why + pairs.reduction().rstrip("."),
            tags=judged.label,
        )
    ]  # fmt: skip
    return result, False
