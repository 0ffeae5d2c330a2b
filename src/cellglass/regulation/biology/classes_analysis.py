"""Analysis: are some classes of regulators recovered better than others?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.networks.layer_scores import (
    COEXPRESSION,
    judged_pairs,
    not_judged,
    size_of,
)
from cellglass.regulation.networks.metrics import MIN_TARGETS
from cellglass.regulation.networks.notes import network_note
from cellglass.regulation.networks.recovery import Pairs
from cellglass.regulation.scaling.whole_score import whole_score
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import Finding, NullSummary, auroc_by_group, not_applicable

from .classes import (
    FEWEST_IN_CLASS,
    FEWEST_REGULATORS,
    MASTER_REGULATORS,
    adjusted_difference,
    class_difference,
    class_tests,
    difference_interval,
)

ANALYSIS = "regulation.classes"
KNOWN = "more about one class of regulators than about the others"
TITLE = "master regulators"
COVARIATES = ("mean", "variance", "detection", "regulon_size", "n_targets")


def judge_classes(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
    *,
    members: Sequence[str] = MASTER_REGULATORS,
    title: str = TITLE,
) -> AnalysisResult:
    """Compare per-regulator AUROCs between a class of regulators and the others.

    Parameters
    ----------
    held
        Edges of a subject.
    network, name
        The reference and what the report calls it.
    min_targets
        Targets that a regulator needs; never fewer than 3, because the AUROC of one target is
        the rank of one gene.
    settings, seed
        Draws of the bootstrap; root seed.
    members, title
        The class and what it is called; the published master regulators by default.

    Returns
    -------
    AnalysisResult
        Specification 2.19 (A50). Below 50 regulators the tables are given and no conclusion is
        drawn.
    """
    label = {**held.label, "network": name}
    task = f"{ANALYSIS}/{held.name}/{name}"
    try:
        pairs, rows = judged_pairs(held, network, name, max(min_targets, MIN_TARGETS))
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    table = regulators_table(held, pairs, rows, network, set(members))
    result = AnalysisResult(ANALYSIS, label)
    result.notes = [network_note(network, pairs, pairs.genes)]
    n, inside = len(table), int(table["in_class"].sum())
    said = (
        f"{inside} of {len(set(members))} {title} and {n - inside} other regulators have "
        f"{MIN_TARGETS} targets or more"
    )
    result.tables = {"regulators": table}
    result.captions = {
        "regulators": f"Every regulator of {name} with {MIN_TARGETS} targets or more "
        f"({size_of(pairs)}): AUROC of the subject's score, of |Spearman| and of the untrained "
        "copy, and the covariates."
    }
    if min(inside, n - inside) < FEWEST_IN_CLASS:
        result.verdicts = [not_applicable(
            held.claim(KNOWN), f"recovering {name} edges", tags=label,
            why=f"{said}; a comparison needs {FEWEST_IN_CLASS} of each",
        )]  # fmt: skip
        return result
    if n < FEWEST_REGULATORS:
        result.verdicts = [not_applicable(
            held.claim(KNOWN), f"recovering {name} edges", tags=label,
            why=f"{said}; below {FEWEST_REGULATORS} regulators the comparison is shown but no "
            "conclusion is drawn",
        )]  # fmt: skip
    _compare(result, table, label, title, settings, seed, task)
    return result


def regulators_table(
    held: StudyEdges, pairs: Pairs, rows: np.ndarray, network: Network, members: set[str]
) -> pd.DataFrame:
    """AUROC and covariates of every regulator with three targets or more.

    Parameters
    ----------
    held
        Edges of a subject.
    pairs, rows
        Universe, and rows of its regulators among those captured.
    network
        The reference, for the size of whole regulons.
    members
        The class.
    """
    truth = pairs.labels[pairs.mask]

    def by_regulator(scores: np.ndarray) -> pd.Series:
        found = auroc_by_group(scores[pairs.mask], truth, pairs.groups, MIN_TARGETS)
        return pd.Series(found.values, index=found.groups_used.astype(int))

    own = by_regulator(whole_score(held.edges, rows)[1])
    at = own.index.to_numpy()
    names = np.array(pairs.regulators)[at]
    statistics = held.genes.set_index("gene").loc[list(names)]
    degree = network.frame["source"].value_counts()
    if not network.directed:
        degree = degree.add(network.frame["target"].value_counts(), fill_value=0)
    table = pd.DataFrame(
        {
            "regulator": names,
            "in_class": [g in members for g in names],
            "auroc": own.to_numpy(),
            "auroc_coexpression": by_regulator(
                np.abs(spearman(held.expression, held.rows[rows]))
            ).to_numpy(),
            **{c: statistics[c].to_numpy(float) for c in ("mean", "variance", "detection")},
            "regulon_size": [float(degree.get(g, 0)) for g in names],
            "n_targets": pairs.labels.sum(1)[at].astype(float),
        }
    )
    if held.untrained is not None:
        copy = whole_score(held.untrained, rows)[1]
        table.insert(4, "auroc_untrained", by_regulator(copy).to_numpy())
    return table


def _compare(
    result: AnalysisResult,
    table: pd.DataFrame,
    label: dict[str, str],
    title: str,
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> None:
    """Fill in tests, figure, finding and words."""
    members = table["in_class"].to_numpy(bool)
    aurocs = table["auroc"].to_numpy(float)
    covariates = {c: table[c].to_numpy(float) for c in COVARIATES}
    tests = class_tests(aurocs, members, covariates, seed=seed, task=task)
    gap = difference_interval(
        aurocs, members, draws=settings.bootstrap, seed=seed, task=f"{task}/bootstrap"
    )
    plain, fixed = adjusted_difference(aurocs, members, covariates)
    beside = table["auroc_coexpression"].to_numpy(float)
    other = class_difference(beside, members, seed=seed, task=f"{task}/coexpression")
    first = tests.iloc[0]
    span = gap.interval()
    result.tables["tests"] = tests
    result.tables["points"] = table.assign(
        group=np.where(members, title, "others"), value=aurocs
    )[["group", "regulator", "value", "n_targets"]]  # fmt: skip
    result.captions |= {
        "tests": f"{title.capitalize()} against others: difference in AUROC; difference in each "
        "covariate; Spearman correlation of each covariate with AUROC. p from permuting "
        "regulators, q by BH over all of them.",
        "points": "AUROC of each regulator, as drawn.",
    }
    result.figures = [
        FigureSpec("points", "class_points", "points",
                   f"AUROC of each regulator of {label['network']}, {title} and others.",
                   {"what": "AUROC of the regulator", "level": 0.5}, size=(6.4, 2.6))
    ]  # fmt: skip
    result.findings = [
        Finding(
            ANALYSIS, f"Are {title} of {label['network']} recovered better than other regulators?",
            "difference in mean AUROC", plain, span,
            NullSummary("class labels", int(first["draws"]), float(first["null_mean"]),
                        float(first["null_sd"]), float(first["p"])),
            float(first["p"]), "regulator", len(table),
            (f"the same difference of {COEXPRESSION}", other.observed), None, seed,
            {**label, "unit": "A50", "class": title}, ANALYSIS,
            "confirmatory" if len(table) >= FEWEST_REGULATORS else "descriptive",
        )
    ]  # fmt: skip
    result.notes.insert(
        0,
        f"{title.capitalize()}: mean AUROC {aurocs[members].mean():.3f} (n = {members.sum()}), "
        f"others {aurocs[~members].mean():.3f} (n = {(~members).sum()}); difference {plain:.3f} "
        f"{span}, p = {first['p']:.3g}, q = {first['q']:.3g} over {len(tests)} tests; with the "
        f"covariates held fixed {fixed:.3f}; {COEXPRESSION} {other.observed:.3f}.",
    )
    result.method = (
        f"Per-regulator AUROCs of {title} and other regulators with {MIN_TARGETS} targets or more "
        "were compared by permuting regulators (10,000 draws), beside tests of mean, variance, "
        "detection and regulon sizes, BH over all."
    )
