"""Analysis: how many regulators does a score know, and with how many targets?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from cellglass._words import plural
from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.regulation.checklist import ITEMS
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import Finding, NullSummary

from .layer_scores import (
    COEXPRESSION,
    judged_pairs,
    layer_scores,
    not_judged,
    size_of,
)
from .metrics import MIN_TARGETS
from .notes import network_note
from .per_regulator import PerRegulator, per_regulator
from .recovery import Pairs

ANALYSIS = "regulation.per_regulator"
KNOWN = "which genes each regulator targets"


def judge_per_regulator(
    held: StudyEdges,
    network: Network,
    name: str,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Judge every score regulator by regulator, with the number of targets beside each AUROC.

    Parameters
    ----------
    held
        Captured edges and what stands beside them.
    network, name
        The reference and what the report calls it.
    settings, seed
        Level, draws; root seed.

    Returns
    -------
    AnalysisResult
        Analysis A27, see `per_regulator`. Regulators with one target are in, and counted apart.
    """
    try:
        pairs, rows = judged_pairs(held, network, name, 1)
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    found = per_regulator(
        pairs, layer_scores(held, rows), settings=settings, seed=seed,
        task=f"{ANALYSIS}/{held.name}/{name}",
    )  # fmt: skip
    shown = found.shown()
    result = AnalysisResult(ANALYSIS, {**held.label, "network": name})
    result.tables = {
        "summary": found.summary,
        "counts": found.counts,
        "regulators": found.regulators[
            ~found.regulators["score"].str.startswith("untrained")
        ].reset_index(drop=True),
    }
    result.captions = _captions(pairs, settings)
    result.figures = [
        FigureSpec("regulators", "regulator_points", "regulators",
                   f"AUROC of {shown} for each regulator of {name} over its number of targets, "
                   "with intervals over targets. With one target it is the rank of one gene. "
                   f"{shown} has the largest mean; the table has all scores.",
                   {"score": shown}, size=(6.4, 3.8)),
    ]  # fmt: skip
    result.findings = _findings(found, held, pairs, seed)
    result.checks = [_check(found, pairs)]
    result.notes = [*_notes(found, shown, settings), network_note(network, pairs, pairs.genes)]
    result.method = (
        f"AUROC was computed for every regulator of {name} with a bootstrap over its targets and "
        "the other genes and an exact Mann-Whitney p, adjusted by BH over regulators; the number "
        "of regulators above chance was compared with a binomial distribution, with labels "
        "shuffled within regulators and with networks of the same degrees."
    )
    return result


def _captions(pairs: Pairs, settings: StatisticsConfig) -> dict[str, str]:
    level = f"{settings.level:g}"
    return {
        "summary": f"Every score ({size_of(pairs)}): mean, median and sd of AUROC over regulators "
        f"with {MIN_TARGETS} targets or more; regulators whose 95 % interval lies above 0.5, and "
        f"how many chance gives; regulators with exact p up to {level} with a binomial test; and "
        f"those with a rank sum beyond that level, beside {settings.draws} draws of each null (p "
        "adjusted over layers).",
        "counts": "By number of targets: regulators, intervals above 0.5 and how many chance gives "
        f"with so few targets, q up to {level}. One target has no interval.",
        "regulators": "Every regulator: number of evaluable targets, AUROC, 95 % interval over "
        "targets and other genes, exact Mann-Whitney p, q (BH over the regulators of a score).",
    }


def _findings(found: PerRegulator, held: StudyEdges, pairs: Pairs, seed: int) -> list[Finding]:
    told = found.summary[
        (found.summary["kind"] == "candidate") | (found.summary["score"] == COEXPRESSION)
    ]
    label = {**held.label, "network": pairs.network, "unit": "A27"}
    beside = told[told["score"] == COEXPRESSION].iloc[0]
    sound = found.checks["degree"].passed
    rows = []
    for record in told.to_dict("records"):
        row: dict[str, Any] = {str(k): v for k, v in record.items()}
        p = row["p_degree"] if sound else float("nan")
        rows.append(
            Finding(
                ANALYSIS,
                f"How many regulators of {pairs.network} does {row['score']} rank above chance?",
                "regulators with a rank sum beyond the level",
                row["by_rank_sum"],
                None,
                NullSummary(
                    "degree",
                    found.checks["degree"].n_draws,
                    row["mean_degree"],
                    row["sd_degree"],
                    p,
                ),
                p,
                "regulator",
                int(row["regulators"]),
                (COEXPRESSION, float(beside["by_rank_sum"])),
                seed=seed,
                tags={**label, "score": row["score"]},
                family=ANALYSIS,
                kind="descriptive",
            )
        )
    return rows + _largest(found, label, beside, seed)


def _largest(
    found: PerRegulator, label: dict[str, str], beside: pd.Series, seed: int
) -> list[Finding]:
    """The one test: the largest count over layers, with the choice paid for."""
    if not found.checks["degree"].passed:
        return []
    tested = found.summary[found.summary["kind"] == "candidate"]
    best = tested.loc[tested["p_degree_adjusted"].idxmin()]
    p = float(best["p_degree_adjusted"])
    return [
        Finding(
            ANALYSIS,
            f"Does any layer rank more regulators of {label['network']} above chance than networks "
            "with the same degrees give?",
            "regulators with a rank sum beyond the level, layer with the smallest p",
            float(best["by_rank_sum"]),
            None,
            NullSummary(
                "degree",
                found.checks["degree"].n_draws,
                float(best["mean_degree"]),
                float(best["sd_degree"]),
                p,
            ),
            p,
            "regulator",
            int(best["regulators"]),
            (COEXPRESSION, float(beside["by_rank_sum"])),
            seed=seed,
            tags={**label, "score": "any layer"},
            family=ANALYSIS,
        )
    ]


def _check(found: PerRegulator, pairs: Pairs) -> Check:
    """S3: numbers of positives, and regulators with few targets apart."""
    first = found.summary.iloc[0]
    enough, one = int(first["with_3_targets"]), int(first["with_one_target"])
    detail = (
        f"{int(pairs.labels.sum()):,} positives; {enough} of {int(first['regulators'])} regulators "
        f"have {MIN_TARGETS} targets or more, {one} have one"
    )
    return Check("S3", ITEMS["S3"], "passed" if enough else "failed", detail)


def _notes(found: PerRegulator, shown: str, settings: StatisticsConfig) -> list[str]:
    row = found.summary.set_index("score").loc[shown]
    n, one = int(row["regulators"]), int(row["with_one_target"])
    above, expected = int(row["interval_above"]), float(row["expected_by_chance"])
    notes = [
        f"{shown}: {above} of {int(row['with_interval'])} regulators with 2 targets or more have "
        f"an interval above 0.5; chance gives {expected:.1f} with the same numbers of targets. "
        f"{one} of {n} {plural('regulator', n)} have one target: their AUROC is the rank of one "
        "gene.",
        "Regulators share targets, so that a score which is high for popular genes puts many of "
        f"them above 0.5 at once: networks with the same degrees give {row['mean_degree']:.1f} "
        f"regulators beyond the level of {settings.level:g}, the data {int(row['by_rank_sum'])} "
        f"(p = {row['p_degree']:.3g}). Read that p and not the binomial one.",
    ]
    for name, check in found.checks.items():
        if not check.passed:
            notes.append(f"The null '{name}' failed its self-check: {' '.join(check.messages)}")
    return notes
