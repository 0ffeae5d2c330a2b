"""Findings and verdicts about measures of gene space, from what was judged."""

from __future__ import annotations

from collections.abc import Mapping

from cellglass._words import capitalised
from cellglass.geometry.pair_model import PairIncrement
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import Finding, NullSummary, Verdict, decide

from .measures import PRIMARY, SPLITS, Judged
from .pair_scores import COMMUNITY, DIFFUSION, EUCLIDEAN, GEODESIC, TRIANGLE

SUBJECTS = {
    EUCLIDEAN: "Euclidean distance",
    GEODESIC: "geodesic distance",
    DIFFUSION: "diffusion distance",
    TRIANGLE: "the triangle defect",
    COMMUNITY: "sharing a community",
}
"""Measures as the subject of a sentence."""


def measure_findings(
    judged: Judged,
    measure: str,
    over: str,
    analysis: str,
    label: Mapping[str, str],
    seed: int,
) -> list[Finding]:
    """One finding a split: the increment of a measure, with the harder of its nulls.

    Parameters
    ----------
    judged, measure, over
        What was judged, of which measure, over which baseline.
    analysis, label
        Names, for the ledger.
    seed
        Of the study.

    Returns
    -------
    list of Finding
        The one with both genes held out is confirmatory, the others describe.
    """
    p_of = judged.null_p(measure)
    hardest = max(p_of, key=lambda name: p_of[name])
    null = judged.nulls[hardest]
    best = max(
        (i for i, n in enumerate(null.names) if n.startswith(f"{measure}/")),
        key=lambda i: null.distributions[i].observed,
    )
    drawn = null.distributions[best]
    summary = NullSummary(hardest, drawn.draws, drawn.mean, drawn.sd, drawn.p)
    found = []
    for split in SPLITS:
        gain = judged.increments[measure, over, split]
        found.append(
            Finding(
                analysis,
                f"Does {SUBJECTS[measure]} add to {over} in telling {judged.pairs.network} "
                f"pairs, {_held_out(split)} held out?",
                "held-out AUROC",
                gain.full_auroc,
                gain.interval,
                summary,
                p_of[hardest],
                "regulator",
                gain.n_regulators,
                (over, gain.base_auroc),
                (gain.delta, gain.interval.low, gain.interval.high),
                seed,
                {**label, "measure": measure, "split": split, "over": over},
                family=analysis,
                kind="confirmatory" if split == PRIMARY else "descriptive",
            )
        )
    return found


def measure_verdict(
    judged: Judged,
    measure: str,
    over: str,
    claim: str,
    label: Mapping[str, str],
    settings: StatisticsConfig,
    findings: list[Finding],
) -> Verdict:
    """Decide whether a measure knows regulation beyond a baseline, on genes held out on both sides.

    Parameters
    ----------
    judged, measure, over
        See `measure_findings`.
    claim
        What is claimed.
    label
        For the sentence and the tags.
    settings
        Margin and level.
    findings
        That it rests on.
    """
    gain: PairIncrement = judged.increments[measure, over, PRIMARY]
    where = label["model"] + (f" ({label['domain']})" if "domain" in label else "")
    return decide(
        gain.interval,
        gain.interval90,
        settings.margin,
        judged.null_p(measure),
        settings.level,
        estimate=gain.delta,
        claim=claim,
        endpoint=f"telling {judged.pairs.network} pairs of held-out genes",
        subject=capitalised(f"{SUBJECTS[measure]} in gene space of {where}"),
        checks={name: null.check for name, null in judged.nulls.items()},
        over=over,
        finding_ids=[f.id for f in findings],
        tags={**label, "measure": measure},
    )


def judging(network: str, settings: StatisticsConfig) -> str:
    """How measures of pairs are judged, for the methods paragraph.

    Parameters
    ----------
    network
        What the report calls the reference.
    settings
        Of the study.
    """
    return (
        f"Scores were judged by their AUROC for the pairs of {network}, against labels redrawn "
        "with all degrees kept (degree null) and against labels permuted among pairs of like "
        "degrees and co-expression (matched-pair null), p adjusted over all scores; and by what "
        "they add, on held-out genes, to a logistic model of the degrees, mean, variance and "
        "detection of both genes. Regulators, targets or both were held out in "
        f"{settings.folds} folds, the layer was chosen within the training genes of each, and "
        "intervals are over regulators, resampled."
    )


def _held_out(split: str) -> str:
    return {"source": "regulators", "target": "targets", "both": "regulators and targets"}[split]
