"""Analysis: does the outcome hinge on forcing perturbed genes into the gene set?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.regulation.checklist import ITEMS
from cellglass.runs.result import AnalysisResult, Check
from cellglass.stats import Finding, wilcoxon

from .applicable import started
from .judged import Judged
from .measured import Measured
from .pairs import ResponsePairs, gene_columns, response_pairs
from .scored import COEXPRESSION
from .summary import UNIT, mean_interval

ANALYSIS = "regulation.response_protocol"
WHAT = "the outcome does not hinge on forced genes"
FORCED, VARIABLE, SAME = "forced", "variable genes only", "forced, the same perturbations"
SHARE = 0.5
"""Share of the subject's genes that count as variable where it has no more than the set."""


def judge_protocol(judged: Judged, n_genes: int = 2000) -> AnalysisResult:
    """Compare the gene set with perturbed genes forced in, and the variable genes alone.

    Parameters
    ----------
    judged
        Subject, screen and settings.
    n_genes
        Variable genes of the second set; half of the subject's genes where it has no more.

    Returns
    -------
    AnalysisResult
        Difference subject minus |Spearman| under both protocols, and under the first on the
        perturbations that the second keeps: whether a change comes from the genes or from the
        perturbations that are lost.

    Notes
    -----
    A47 of the specification (2.20), item I5 of the checklist. The published test restricted the
    genes without reading attention anew and compared other perturbations. Here attention is read
    over all tokens of a cell whatever genes are judged, so that nothing has to be read anew.
    """
    pairs = judged.scored.pairs
    result, enough = started(judged, pairs, ANALYSIS, WHAT)
    if not enough:
        return result
    keep, told = _variable(judged, n_genes)
    restricted = _restricted(judged, keep)
    common = np.isin(pairs.perturbations, restricted.perturbations)
    sets = {FORCED: pairs, VARIABLE: restricted, SAME: pairs.subset(common)}
    values = {name: _differences(judged, p) for name, p in sets.items()}
    result.tables["protocols"] = pd.DataFrame(
        [_row(judged, name, sets[name], v) for name, v in values.items()]
    )
    result.captions["protocols"] = (
        "Mean AUROC over perturbations of the score and of |Spearman|, and their paired difference "
        "with its 95 % interval, with perturbed genes forced into the gene set, with variable "
        "genes only, and with forced genes on the perturbations that the second set keeps."
    )
    result.notes.append(told)
    # with other genes q changes, so that the second set may hold perturbations of its own
    again = restricted.subset(np.isin(restricted.perturbations, pairs.perturbations))
    result.findings = _findings(judged, values, values[SAME], _differences(judged, again))
    lost = pairs.n - restricted.n
    result.checks = [
        Check("I5", ITEMS["I5"], "passed", f"{lost} of {pairs.n} perturbations are lost without "
              "forced genes")
    ]  # fmt: skip
    result.method = (
        "The comparison was repeated on the most variable genes without forcing perturbed ones in."
    )
    return result


def _variable(judged: Judged, n_genes: int) -> tuple[NDArray[np.bool_], str]:
    """The most variable genes of the subject, whether perturbed or not."""
    variance = judged.held.genes["variance"].to_numpy(float)
    n = n_genes if n_genes < len(variance) else max(1, int(SHARE * len(variance)))
    keep = np.zeros(len(variance), dtype=bool)
    keep[np.argsort(-variance, kind="stable")[:n]] = True
    told = f"The second gene set holds the {n:,} most variable of {len(variance):,} genes"
    return keep, told + (
        "." if n == n_genes else f" (half of them, because {n_genes:,} would be all)."
    )


def _restricted(judged: Judged, keep: NDArray[np.bool_]) -> ResponsePairs:
    """Pairs over the variable genes; a perturbed gene that is none of them has no score."""
    pairs = response_pairs(judged.held, judged.measured, judged.responses, columns=keep)
    if isinstance(judged.measured, Measured):
        at = gene_columns(judged.held, judged.measured)[keep]
        inside = {judged.measured.genes[i] for i in at}
    else:
        inside = set(judged.held.genes["gene"].astype(str)[keep])
    inside |= set(pairs.genes)
    return pairs.subset(np.array([set(s) <= inside for s in pairs.sources], dtype=bool))


def _differences(
    judged: Judged, pairs: ResponsePairs
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """AUROC of the subject and of |Spearman| on each perturbation that both rank."""
    if pairs.n < 2:
        return np.zeros(0), np.zeros(0)
    scored = judged.score(pairs)
    other = scored.values(COEXPRESSION)
    both = np.isfinite(other)
    # the layer of the study's own settings, so that only the genes change
    own = scored.values(judged.scored.choice.main)
    return own[both], other[both]


def _row(
    judged: Judged,
    name: str,
    pairs: ResponsePairs,
    values: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> dict[str, object]:
    own, other = values
    row: dict[str, object] = {
        "protocol": name,
        "genes": len(pairs.genes),
        "n_perturbations": len(own),
    }
    if len(own) >= 2:
        mean, interval = mean_interval(
            own - other, draws=judged.settings.bootstrap, seed=judged.seed,
            task=judged.task("protocol", name),
        )  # fmt: skip
        row |= {
            "auroc": float(own.mean()), "auroc_coexpression": float(other.mean()),
            "difference": mean, "difference_low": interval.low, "difference_high": interval.high,
            "p": wilcoxon(own, other).p,
        }  # fmt: skip
    return row


def _findings(
    judged: Judged,
    values: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
    first: tuple[NDArray[np.float64], NDArray[np.float64]],
    second: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> list[Finding]:
    """The difference under each protocol, and its change on the same perturbations."""
    rows = []
    template = Finding(
        ANALYSIS, "to be asked", "mean paired difference of AUROC", 0.0, None, None, 1.0, UNIT, 2,
        None, None, judged.seed,
        {**judged.label, "score": judged.scored.choice.main, "unit": "A47"}, ANALYSIS,
    )  # fmt: skip
    for name, (own, other) in values.items():
        if len(own) < 2:
            continue
        mean, interval = mean_interval(
            own - other, draws=judged.settings.bootstrap, seed=judged.seed,
            task=judged.task("protocol", name),
        )  # fmt: skip
        rows.append(
            replace(
                template, question="Does the score differ from |Spearman| on "
                f"{judged.measured.name} ({name})?", estimate=mean, interval=interval,
                p=wilcoxon(own, other).p, n=len(own), kind="descriptive",
                tags={**template.tags, "protocol": name},
            )
        )  # fmt: skip
    if len(first[0]) >= 2:
        change = (second[0] - second[1]) - (first[0] - first[1])
        mean, interval = mean_interval(
            change, draws=judged.settings.bootstrap, seed=judged.seed, task=judged.task("protocol"),
        )  # fmt: skip
        test = wilcoxon(second[0] - second[1], first[0] - first[1])
        rows.insert(
            0,
            replace(
                template, question="Do variable genes alone change the difference from |Spearman| "
                f"on the same perturbations of {judged.measured.name}?",
                statistic="change of the mean paired difference of AUROC", estimate=mean,
                interval=interval, p=test.p, n=len(change),
                tags={**template.tags, "protocol": "change"},
            ),
        )  # fmt: skip
    return rows
