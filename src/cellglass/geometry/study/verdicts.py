"""Findings and verdicts about measures of gene space, from what was judged."""

from __future__ import annotations

from collections.abc import Mapping

from cellglass.geometry.pair_model import PairIncrement
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import Finding, NullSummary, Verdict, decide

from .measures import PRIMARY, SPLITS, Judged
from .pair_scores import COMMUNITY, DIFFUSION, EUCLIDEAN, GEODESIC, TRIANGLE

SUBJECTS = {
    EUCLIDEAN: "Euclidean distance",
    GEODESIC: "Geodesic distance",
    DIFFUSION: "Diffusion distance",
    TRIANGLE: "The triangle defect",
    COMMUNITY: "Sharing a community",
}


def measure_findings(
    judged: Judged,
    measure: str,
    over: str,
    analysis: str,
    label: Mapping[str, str],
    settings: StatisticsConfig,
    seed: int,
) -> list[Finding]:
    """One finding a split: the increment of a measure, with the harder of its nulls.

    Parameters
    ----------
    judged, measure, over
        What was judged, of which measure, over which baseline.
    analysis, label
        Names, for the ledger.
    settings, seed
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
                f"Does {measure} add to {over} about {judged.pairs.network}, "
                f"{_held_out(split)} held out?",
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
    return decide(
        gain.interval,
        gain.interval90,
        settings.margin,
        judged.null_p(measure),
        settings.level,
        estimate=gain.delta,
        claim=claim,
        endpoint=f"recovering {judged.pairs.network} pairs of genes held out",
        subject=f"{SUBJECTS[measure]} in gene space of {label['model']}",
        checks={name: null.check for name, null in judged.nulls.items()},
        over=over,
        finding_ids=[f.id for f in findings],
        tags={**label, "measure": measure},
    )


def _held_out(split: str) -> str:
    return {"source": "regulators", "target": "targets", "both": "regulators and targets"}[split]
