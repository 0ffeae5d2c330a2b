"""Analysis: what does CSSI gain from strata that mean nothing, and with how many strata?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import capitalised
from cellglass.data import Network
from cellglass.errors import InputError
from cellglass.regulation.networks.notes import network_note
from cellglass.regulation.networks.recovery import Pairs
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.seeds import generator
from cellglass.stats import Finding, Interval, NullDistribution, NullSummary
from cellglass.stats.ranks import doubled_midranks

from .cssi_analysis import stratified_pairs, without_strata
from .gain_intervals import gain_intervals
from .judged_pairs import JudgedPairs
from .null_strata import NULLS, null_strata, share_moved
from .scorers import SCORES, AttentionScorer, SpearmanScorer, StratifiedScorer
from .strata import MIN_CELLS
from .study_strata import study_strata

ANALYSIS = "regulation.cssi_nulls"
MEAN_OF_LAYERS = "attention, mean over layers"
SWEEP = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20)
"""Numbers of strata: the 2 to 20 of the specification."""
SWEEP_DRAWS = 9
SHOWN = ("max", "mean")


def judge_cssi_nulls(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
    *,
    min_cells: int = MIN_CELLS["attention"],
) -> AnalysisResult:
    """Put CSSI through strata, and references, that mean nothing.

    Parameters
    ----------
    held
        Captured edges of a model.
    network, name, min_targets
        The reference, and targets that a regulator needs.
    settings, seed
        Number of draws; root seed.
    min_cells
        Cells that a stratum needs.

    Returns
    -------
    AnalysisResult
        For |Spearman| and for attention averaged over layers, which chooses no layer: the gain
        of each aggregator under permuted strata, uniform random strata and permuted genes, and
        the AUROC of random strata by their number. NOT APPLICABLE without strata.

    Notes
    -----
    Specification 2.16, unit A16.
    """
    result = AnalysisResult(ANALYSIS, {**held.label, "network": name})
    try:
        strata = study_strata(held, min_cells=min_cells, seed=seed)
    except InputError as error:
        result.verdicts = [without_strata(held, name, error)]
        return result
    pairs, rows = stratified_pairs(held, strata, network, name, min_targets)
    judged = JudgedPairs.of(pairs)
    scored: list[tuple[StratifiedScorer, NDArray[np.int64]]] = [
        (SpearmanScorer(held.expression, held.rows[rows], judged), strata.cells.codes)
    ]
    if strata.groups.max() > 0:
        attention = AttentionScorer(
            held.attention, held.attention.layers, rows, judged, strata.group_sizes, MEAN_OF_LAYERS
        )
        scored.append((attention, strata.groups))
    nulls, moved = [], []
    for scorer, true in scored:
        table, share = _nulls(scorer, true, pairs, settings, seed)
        nulls.append(table)
        moved.append(share)
    sweep = [_sweep(scorer, true, seed) for scorer, true in scored]
    result.tables = {
        "cssi_nulls": pd.concat(nulls, ignore_index=True),
        "sweep": pd.concat(sweep, ignore_index=True),
    }
    _told(result, held, name, settings.stratum_shuffles, min(moved), pairs, seed)
    result.notes = [*strata.notes(), *_lessons(result), network_note(network, pairs, pairs.genes)]
    return result


def _nulls(
    scorer: StratifiedScorer,
    true: NDArray[np.int64],
    pairs: Pairs,
    settings: StatisticsConfig,
    seed: int,
) -> tuple[pd.DataFrame, float]:
    """Gain of each aggregator beside its gains under each null, and the share of units moved."""
    task, draws = f"{ANALYSIS}/{scorer.name}", settings.stratum_shuffles
    drawn = {
        how: null_strata(true, how, draws, seed=seed, task=task) for how in ("permuted", "uniform")
    }
    found = scorer.aurocs(true[None])[0, :, 0]
    gains = {}
    for how, wrong in drawn.items():
        aurocs = scorer.aurocs(wrong)[:, :, 0]
        gains[how] = aurocs[:, 1:] - aurocs[:, :1]
    scores = scorer.scores(true)
    gains["genes"] = _permuted_genes(scores, scorer.judged, pairs, draws, seed, task)
    spans = gain_intervals(
        scores, scorer.judged, draws=settings.bootstrap, seed=seed, task=f"{ANALYSIS}/regulators"
    )
    rows = []
    for null, values in gains.items():
        for place, aggregator in enumerate(SCORES[1:]):
            gain = float(found[place + 1] - found[0])
            against = NullDistribution.of(gain, values[:, place], "greater")
            low, high = np.quantile(values[:, place], [0.025, 0.975])
            least, most = map(float, spans[place])
            rows.append(
                {
                    "score": scorer.name,
                    "null": null,
                    "aggregator": aggregator,
                    "pooled": found[0],
                    "gain": gain,
                    "gain_low": least,
                    "gain_high": most,
                    "null_gain": against.mean,
                    "null_sd": against.sd,
                    "null_low": float(low),
                    "null_high": float(high),
                    "share_above_pooled": float((values[:, place] > 0).mean()),
                    "p": against.p,
                    "draws": len(values),
                }
            )
    return pd.DataFrame(rows), share_moved(true, drawn["permuted"])


def _permuted_genes(
    scores: NDArray[np.float64],
    judged: JudgedPairs,
    pairs: Pairs,
    draws: int,
    seed: int,
    task: str,
) -> NDArray[np.float64]:
    """Gains over the pooled score when the columns of the reference are permuted.

    Strata and scores stay, and each regulator keeps its number of targets: what is left of a gain
    comes from how regulators differ, and not from any pair. Scores are ranked once, since the
    pairs stay.
    """
    ranks = np.stack([doubled_midranks(s) for s in scores])
    n_genes = len(pairs.genes)
    row, column = np.divmod(judged.index, n_genes)
    out = np.empty((draws, len(SCORES) - 1))
    for draw in range(draws):
        order = generator(seed, f"{task}/genes/{draw}").permutation(n_genes)
        labels = pairs.labels[row, order[column]]
        positives = int(labels.sum())
        others = labels.size - positives
        if not positives or not others:  # as good as impossible beyond a handful of pairs
            out[draw] = 0.0
            continue
        sums = ranks[:, labels].sum(1)
        aurocs = (sums - positives * (positives + 1)) / (2.0 * positives * others)
        out[draw] = aurocs[1:] - aurocs[0]
    return out


def _sweep(scorer: StratifiedScorer, true: NDArray[np.int64], seed: int) -> pd.DataFrame:
    """AUROC of uniform random strata by their number, beside the pooled score."""
    units = int((true >= 0).sum())
    rows = []
    for n in SWEEP:
        if units < MIN_CELLS["synthetic"] * n:
            continue
        wrong = null_strata(
            true, "uniform", SWEEP_DRAWS, seed=seed, task=f"{ANALYSIS}/sweep/{n}", n_strata=n
        )
        aurocs = scorer.aurocs(wrong)[:, :, 0]
        for place, aggregator in enumerate(SCORES[1:], start=1):
            values = aurocs[:, place]
            rows.append(
                {
                    "score": scorer.name,
                    "n_strata": n,
                    "aggregator": aggregator,
                    "pooled": aurocs[0, 0],
                    "random_mean": float(values.mean()),
                    "random_low": float(values.min()),
                    "random_high": float(values.max()),
                    "draws": len(values),
                }
            )
    columns = ["score", "n_strata", "aggregator", "pooled", "random_mean", "random_low",
               "random_high", "draws"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _told(
    result: AnalysisResult,
    held: StudyEdges,
    name: str,
    draws: int,
    moved: float,
    pairs: Pairs,
    seed: int,
) -> None:
    """Captions, figures, findings, checks and method."""
    kinds = "; ".join(f"{null}: {what}" for null, what in NULLS.items())
    result.captions = {
        "cssi_nulls": f"Gain in AUROC of each aggregator over the pooled score, with the strata as "
        f"they are, and beside it the same gain under each null ({draws} draws). {kinds}. "
        "share_above_pooled is how often a null gains at all.",
        "sweep": f"AUROC against {name} of strata that are random, by their number: mean, smallest "
        f"and largest of {SWEEP_DRAWS} draws; what CSSI costs where strata mean nothing.",
    }
    result.figures = [
        FigureSpec(f"sweep-{i}", "strata_sweep", "sweep",
                   f"{capitalised(score)}: AUROC of random strata by their number, beside the "
                   "pooled score.", {"score": score, "aggregators": list(SHOWN)})
        for i, score in enumerate(dict.fromkeys(result.tables["sweep"]["score"]))
    ]  # fmt: skip
    n = int((pairs.labels.sum(1) > 0).sum())
    for _, row in result.tables["cssi_nulls"].iterrows():
        null = NullSummary(
            f"{row['null']} strata" if row["null"] != "genes" else "genes permuted",
            int(row["draws"]), float(row["null_gain"]), float(row["null_sd"]), float(row["p"]),
        )  # fmt: skip
        result.findings.append(
            Finding(
                ANALYSIS,
                f"Does stratifying {row['score']} ({row['aggregator']}) gain more than under "
                f"{null.family}?",
                "gain in pooled AUROC",
                float(row["gain"]),
                Interval(float(row["gain_low"]), float(row["gain_high"]), 0.95,
                         "expanded percentile bootstrap", "regulator", n),
                null=null,
                p=float(row["p"]),
                unit="regulator",
                n=n,
                baseline=("pooled score", 0.0),
                seed=seed,
                tags={**held.label, "network": name, "score": str(row["score"]),
                      "aggregator": str(row["aggregator"]), "unit": "A16"},
                family=ANALYSIS,
                kind="descriptive",
            )
        )  # fmt: skip
    result.checks = [
        Check("N5", "shuffled strata for CSSI", "passed" if moved > 0 else "failed",
              f"{draws} draws of each null; a permuted draw moves {moved:.0%} of the units")
    ]  # fmt: skip
    result.method = (
        f"CSSI was put through {draws} draws of permuted strata, of uniform random strata and of "
        "permuted genes, and through random strata of growing number."
    )


def _lessons(result: AnalysisResult) -> list[str]:
    """What the nulls gain, in words."""
    table = result.tables["cssi_nulls"]
    said = []
    for score, rows in table.groupby("score", sort=False):
        permuted = rows[(rows["null"] == "permuted") & rows["aggregator"].isin(SHOWN)]
        told = ", ".join(
            f"{r['aggregator']} {r['null_gain']:+.3f} (above the pooled score in "
            f"{r['share_above_pooled']:.0%} of draws)"
            for _, r in permuted.iterrows()
        )
        best = rows[rows["null"] == "permuted"].sort_values("null_gain", kind="stable").iloc[-1]
        noise = (
            f"{best['aggregator']} gains most from them ({best['null_gain']:+.3f}): a gain of that "
            "size says nothing of cell states"
            if best["null_gain"] > 0
            else "no aggregator gains from them on average"
        )
        said.append(f"Permuted strata change the AUROC of {score} by: {told}; {noise}.")
    return said
