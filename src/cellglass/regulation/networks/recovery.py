"""Do edges recover a reference network beyond what single genes say? One score or many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError, NetworkError
from cellglass.runs.sections import StatisticsConfig
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats import (
    BootstrapResult,
    Finding,
    Increment,
    NullSummary,
    Verdict,
    cluster_bootstrap_auroc,
    decide,
    increment,
)

from .baselines import MARGINS, GeneStatistics, margin_scores
from .metrics import metrics_table, per_regulator_table
from .nulls import NullTable, network_nulls
from .pairwise import pairwise_part

Scores = Mapping[str, NDArray[np.floating]]
AT_A_TIME = 16


@dataclass(frozen=True)
class Pairs:
    """Regulators x genes, which pairs are edges and which can be judged.

    Parameters
    ----------
    regulators, genes
        Names of rows and columns.
    labels
        Edges of the reference network.
    mask
        Evaluable pairs: two different genes, seen together often enough, scored by all.
    network
        Name of the reference.
    out_degree
        Targets of each gene in the whole reference, for the baseline that should say nothing.
    """

    regulators: tuple[str, ...]
    genes: tuple[str, ...]
    labels: NDArray[np.bool_]
    mask: NDArray[np.bool_]
    network: str
    out_degree: NDArray[np.floating] | None = None

    @property
    def groups(self) -> NDArray[np.int64]:
        """Regulator of each evaluable pair, row-major."""
        return np.nonzero(self.mask)[0]


@dataclass
class Recovery:
    """What came out for one set of candidate scores and one network.

    Attributes
    ----------
    chosen
        The candidate most often chosen by the regulators of the other folds.
    verdict
        On the claim, see `decide`.
    increment
        Of the candidates' pairwise part, nested choice included.
    reference_increments
        The same for |Spearman|, the untrained copy, ...
    metrics
        A row a score: candidates, references, baselines.
    regulators
        A row a regulator: AUROC of the chosen score, number of targets.
    nulls
        A row a score, null and statistic, with the nulls' self-checks.
    bootstrap
        Pooled AUROCs with their resamples.
    pairs
        The universe.
    findings
        For the ledger.
    """

    chosen: str
    verdict: Verdict
    increment: Increment
    reference_increments: dict[str, Increment]
    metrics: pd.DataFrame
    regulators: pd.DataFrame
    nulls: NullTable
    bootstrap: BootstrapResult
    pairs: Pairs
    findings: list[Finding] = field(default_factory=list)


def evaluate_recovery(
    pairs: Pairs,
    candidates: Scores,
    statistics: GeneStatistics,
    *,
    references: Mapping[str, Scores] | None = None,
    settings: StatisticsConfig | None = None,
    seed: int = DEFAULT_SEED,
    task: str = "recovery",
    subject: str = "The score",
    claim: str = "the scores know regulation",
    tags: Mapping[str, str] | None = None,
    analysis: str = "regulation.recovery",
    unit: str = "regulator",
) -> Recovery:
    """Judge candidate scores against a reference network.

    Parameters
    ----------
    pairs
        Universe and labels.
    candidates
        Scores of the thing under test by name (layers, heads, aggregators), each regulators x
        genes. With several, the one reported is chosen within folds and its nulls are corrected
        for the choice.
    statistics
        Single-gene statistics over the same cells.
    references
        Scores that stand beside, by name: ``{"|Spearman|": {...}, "untrained": {...}}``; each
        goes through the same metrics, nulls and increment.
    settings
        Level, margin, draws.
    seed, task
        Root seed, and the name that streams derive from.
    subject
        Start of the verdict's sentence, for example ``"Attention of mini-scgpt"``.
    claim
        What PASS would mean.
    tags
        Provenance of the findings.
    analysis
        Name of the analysis in the findings, which is their family as well.
    unit
        What a row is; rows are resampled.

    Returns
    -------
    Recovery
        Metrics, nulls, increments, findings, verdict.

    Raises
    ------
    NetworkError
        If no edge is left among the evaluable pairs.

    Notes
    -----
    PASS needs the lower bound of the increment over single-gene statistics above the margin
    and every null beaten: label, label within regulator, degree-preserving,
    expression-matched, score-column. The increment is that of the score's *pairwise part*: its
    own row and column effects and their products are single-gene statistics too (specification
    2.3) and are taken out first, see `pairwise_part`.

    Examples
    --------
    See `cellglass.controls.run`, which calls this on cells with a planted network.
    """
    settings = settings or StatisticsConfig()
    references = references or {}
    pairs = with_edges(pairs)
    task = f"{task}/{pairs.network}"
    beside = {f"{group}: {name}" if len(scores) > 1 else group: matrix
              for group, scores in references.items()
              for name, matrix in scores.items()}  # fmt: skip
    _distinct([*candidates, *beside, *statistics.scores(pairs.out_degree), *MARGINS])
    gain = _increment(pairs, candidates, statistics, settings, seed, f"{task}/candidates", unit)
    chosen = max(gain.selection_counts, key=lambda n: gain.selection_counts[n])
    beside_gains = {
        group: _increment(pairs, scores, statistics, settings, seed, f"{task}/{group}", unit)
        for group, scores in references.items()
    }
    baselines = statistics.scores(pairs.out_degree) | margin_scores(candidates[chosen], pairs.mask)
    named = [*((n, "candidate", m) for n, m in candidates.items()),
             *((n, "reference", m) for n, m in beside.items()),
             *((n, "baseline", m) for n, m in baselines.items())]  # fmt: skip
    bootstrap = _bootstrap(
        pairs, {n: m for n, _, m in named}, settings.bootstrap, seed, f"{task}/bootstrap", unit
    )
    metrics = metrics_table(pairs.labels, pairs.mask, named, bootstrap)
    nulls = network_nulls(
        pairs.labels, pairs.mask, dict(candidates) | beside, statistics,
        adjust_over=list(candidates), settings=settings, seed=seed, task=f"{task}/nulls",
    )  # fmt: skip
    verdict = _verdict(pairs, gain, beside_gains, chosen, nulls, settings, subject, claim, tags)
    recovery = Recovery(
        chosen,
        verdict,
        gain,
        beside_gains,
        metrics,
        per_regulator_table(pairs.labels, pairs.mask, candidates[chosen], pairs.regulators),
        nulls,
        bootstrap,
        pairs,
    )
    recovery.findings = _findings(recovery, pairs, analysis, seed, tags or {})
    ids = tuple(f.id for f in recovery.findings if f.kind == "confirmatory")
    recovery.verdict = replace(verdict, finding_ids=ids)
    return recovery


def _bootstrap(
    pairs: Pairs, scores: Scores, draws: int, seed: int, task: str, unit: str
) -> BootstrapResult:
    """Pooled AUROCs, some scores at a time: resamples hinge on seed and task alone."""
    names = list(scores)
    parts = []
    for first in range(0, len(names), AT_A_TIME):
        some = names[first : first + AT_A_TIME]
        columns = [scores[n][pairs.mask] for n in some]
        parts.append(
            cluster_bootstrap_auroc(
                columns, pairs.labels[pairs.mask], pairs.groups, draws=draws, seed=seed, task=task,
                unit=unit, names=some,
            )
        )  # fmt: skip
    return replace(
        parts[0],
        names=tuple(names),
        estimates=np.concatenate([p.estimates for p in parts]),
        draws=np.concatenate([p.draws for p in parts]),
    )


def _distinct(names: list[str]) -> None:
    """Tables and nulls find a score by its name."""
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(
            f"two scores are called '{twice[0]}'",
            where="candidates, references and single-gene scores",
            expected="different names",
            fix="give the score another name",
        )


def with_edges(pairs: Pairs) -> Pairs:
    """Leave out the edges that cannot be judged.

    Raises
    ------
    NetworkError
        If none is left.
    """
    labels = pairs.labels & pairs.mask
    if not labels.any():
        raise NetworkError(
            f"no edge of {pairs.network} is left among {int(pairs.mask.sum()):,} evaluable pairs",
            where=f"{len(pairs.regulators)} regulators x {len(pairs.genes)} genes",
            fix="lower genes.min_pair_cells, raise genes.max_genes, or bring a larger network",
        )
    return Pairs(pairs.regulators, pairs.genes, labels, pairs.mask, pairs.network, pairs.out_degree)


def _increment(
    pairs: Pairs,
    scores: Scores,
    statistics: GeneStatistics,
    settings: StatisticsConfig,
    seed: int,
    task: str,
    unit: str,
) -> Increment:
    covariates, _ = statistics.covariates(pairs.mask)
    columns = np.empty((len(covariates), len(scores)), dtype=np.float32)
    for k, matrix in enumerate(scores.values()):
        columns[:, k] = pairwise_part(matrix, pairs.mask)[pairs.mask]
    return increment(
        covariates,
        columns,
        pairs.labels[pairs.mask],
        pairs.groups,
        n_folds=settings.folds,
        margin=settings.margin,
        bootstrap=settings.bootstrap,
        seed=seed,
        task=f"{task}/increment",
        names=list(scores),
        unit=unit,
    )


def _verdict(
    pairs: Pairs,
    gain: Increment,
    beside: Mapping[str, Increment],
    chosen: str,
    nulls: NullTable,
    settings: StatisticsConfig,
    subject: str,
    claim: str,
    tags: Mapping[str, str] | None,
) -> Verdict:
    times = gain.selection_counts[chosen]
    how = "" if len(gain.names) == 1 else f" ({chosen}, chosen in {times} of {gain.n_folds} folds)"
    verdict = decide(
        gain.interval,
        gain.interval90,
        settings.margin,
        nulls.adjusted(chosen),
        settings.level,
        estimate=gain.delta,
        claim=claim,
        endpoint=f"recovering {pairs.network} edges",
        subject=f"{subject}{how}",
        checks=nulls.checks,
        tags={**(tags or {}), "network": pairs.network, "score": chosen},
    )
    # The rule does not read them, but who reads a PASS must: co-expression may do as well.
    told = tuple(
        f"beside it, {group} adds {other.delta:.3f} AUROC {other.interval} to single-gene "
        "statistics"
        for group, other in beside.items()
    )
    return replace(verdict, reasons=(*verdict.reasons, *told))


def _findings(
    recovery: Recovery, pairs: Pairs, analysis: str, seed: int, tags: Mapping[str, str]
) -> list[Finding]:
    """One confirmatory row a null for the chosen score; the rest is descriptive."""
    gain, chosen = recovery.increment, recovery.chosen
    metrics = recovery.metrics.set_index("score")
    auroc = {str(k): float(v) for k, v in metrics["auroc"].items()}
    best = max(metrics.index[metrics["kind"] == "baseline"], key=lambda name: auroc[str(name)])
    baseline = (str(best), auroc[str(best)])
    added = (gain.delta, gain.interval.low, gain.interval.high)
    n = int((pairs.labels.sum(1) > 0).sum())
    position = list(metrics.index).index(chosen)
    common: dict[str, Any] = {
        "analysis": analysis,
        "unit": recovery.increment.interval.unit,
        "n": n,
        "seed": seed,
        "family": analysis,
    }
    label = {**tags, "network": pairs.network, "score": chosen}
    rows = []
    for null, summary in recovery.nulls.summaries(chosen).items():
        rows.append(
            Finding(
                question=f"Does {chosen} recover {pairs.network} better than the {null} null?",
                statistic="pooled AUROC",
                estimate=auroc[chosen],
                interval=recovery.bootstrap.interval(position),
                null=summary,
                p=summary.p,
                baseline=baseline,
                increment=added,
                tags={**label, "null": null},
                **common,
            )
        )
    for group, reference in recovery.reference_increments.items():
        rows.append(
            Finding(
                question=f"What does {group} add to single-gene statistics in recovering "
                f"{pairs.network}?",
                statistic="increment in held-out AUROC",
                estimate=reference.delta,
                interval=reference.interval,
                baseline=("single-gene model", reference.base_auroc),
                tags={**label, "score": group},
                kind="descriptive",
                **common,
            )
        )
    return rows


__all__ = ["NullSummary", "Pairs", "Recovery", "evaluate_recovery"]
