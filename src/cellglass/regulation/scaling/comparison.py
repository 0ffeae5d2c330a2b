"""Several scores against one network: metrics of each, paired differences between them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.regulation.networks.metrics import MIN_TARGETS, metrics_table
from cellglass.regulation.networks.recovery import Pairs
from cellglass.stats import (
    BootstrapResult,
    Finding,
    auroc_by_group,
    cluster_bootstrap_auroc,
    wilcoxon,
)

from .change import FEWEST_UNITS


@dataclass(frozen=True, eq=False)
class Entry:
    """A score in the comparison.

    Parameters
    ----------
    name, kind
        As tables call it; ``"candidate"``, ``"reference"`` or ``"baseline"``.
    scores
        Regulators x genes.
    primary
        Whether it takes part in paired differences: one score a subject, fixed beforehand.
    subject
        Whose score it is; empty for what needs no model.
    """

    name: str
    kind: str
    scores: NDArray[np.float64]
    primary: bool = True
    subject: str = ""


def compare(
    entries: Sequence[Entry],
    pairs: Pairs,
    *,
    draws: int,
    seed: int,
    task: str,
    contests: Sequence[tuple[int, int]] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge scores on one universe.

    Parameters
    ----------
    entries
        The scores.
    pairs
        Universe and network.
    draws, seed, task
        Of the bootstrap over regulators, which all scores share.
    contests
        Positions of the scores that are held against each other; when None, every primary
        candidate against every primary score below it, other models' untrained copies left out.

    Returns
    -------
    pandas.DataFrame, pandas.DataFrame
        Metrics, see `metrics_table`, with the subject; and differences, first minus
        second.
    """
    truth = pairs.labels[pairs.mask]
    boot = cluster_bootstrap_auroc(
        [e.scores[pairs.mask] for e in entries], truth, pairs.groups,
        draws=draws, seed=seed, task=task, names=[e.name for e in entries],
    )  # fmt: skip
    named = [(e.name, e.kind, e.scores) for e in entries]
    metrics = metrics_table(pairs.labels, pairs.mask, named, boot)
    if contests is None:
        contests = _contests(entries)
    return metrics.assign(subject=[e.subject for e in entries]), _differences(
        entries, boot, pairs, contests
    )


def _contests(entries: Sequence[Entry]) -> list[tuple[int, int]]:
    used = [i for i, e in enumerate(entries) if e.primary]
    return [
        (i, j)
        for i, j in combinations(used, 2)
        if entries[i].kind == "candidate" and not _of_another(entries[i], entries[j])
    ]


def _differences(
    entries: Sequence[Entry],
    boot: BootstrapResult,
    pairs: Pairs,
    contests: Sequence[tuple[int, int]],
) -> pd.DataFrame:
    """Paired differences of pooled AUROC, with Wilcoxon's test over regulators."""
    truth = pairs.labels[pairs.mask]
    own = {
        i: auroc_by_group(entries[i].scores[pairs.mask], truth, pairs.groups, MIN_TARGETS).values
        for i in sorted({i for contest in contests for i in contest})
    }
    rows = []
    for i, j in contests:
        gap = boot.difference(i, j)
        span = gap.interval()
        a, b = own[i], own[j]
        test = wilcoxon(a, b) if len(a) >= FEWEST_UNITS else None
        rows.append(
            {
                "first": entries[i].name,
                "second": entries[j].name,
                "second_kind": entries[j].kind,
                "difference": float(gap.estimates[0]),
                "low": span.low,
                "high": span.high,
                "regulator_difference": float((a - b).mean()) if len(a) else np.nan,
                "p": test.p if test else np.nan,
                "rank_biserial": test.effect if test else np.nan,
                "n_regulators": gap.n,
                "n_tested": len(a),
            }
        )
    return pd.DataFrame(rows)


def _of_another(one: Entry, two: Entry) -> bool:
    """Whether the second is the untrained copy of another model, which says nothing of this one."""
    return two.kind == "reference" and two.subject not in ("", one.subject)


def difference_finding(
    row: Mapping[Hashable, Any],
    *,
    analysis: str,
    unit: str,
    question: str,
    tags: dict[str, str],
    seed: int,
    confirmatory: bool = True,
) -> Finding:
    """A paired difference as a finding.

    Parameters
    ----------
    row
        Of the table of differences.
    analysis, unit
        Name of the analysis, and of the published unit.
    question
        What was asked.
    tags
        Provenance.
    seed
        Root seed.
    confirmatory
        Whether its p counts; without a p it never does.
    """
    return Finding(
        analysis,
        question,
        "difference in AUROC, mean over regulators",
        row["regulator_difference"],
        p=row["p"],
        unit="regulator",
        n=int(row["n_tested"]),
        increment=(row["difference"], row["low"], row["high"]),
        seed=seed,
        tags={**tags, "unit": unit, "score": row["first"], "beside": row["second"]},
        family=analysis,
        kind="confirmatory" if confirmatory and np.isfinite(row["p"]) else "descriptive",
    )
