"""Analysis: does recovery hold on the parts of a reference with better evidence?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.regulation.checklist import ITEMS
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import Finding

from .circularity import (
    ALONE,
    CHIP,
    DIRECTION,
    LEFT_OUT,
    NO_EDGE,
    Restriction,
    overlap_table,
    restricted_pairs,
    restricted_table,
    restrictions,
)
from .layer_scores import COEXPRESSION, judged_pairs, layer_scores, not_judged, size_of
from .notes import network_note
from .recovery import Pairs
from .resampled import RegulatorBootstrap, span

ANALYSIS = "regulation.circularity"
KNOWN = "the reference network where its evidence is directional or independent"
_SHORT = {
    (DIRECTION, LEFT_OUT): "directed",
    (DIRECTION, NO_EDGE): "directed (paper)",
    (CHIP, LEFT_OUT): "ChIP",
    (ALONE, LEFT_OUT): "only here",
}
NO_REPLICATION = 0.1
"""Share of a reference within another from which agreement between them is no replication."""


def judge_circularity(
    held: StudyEdges,
    networks: Mapping[str, Network],
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Judge scores on parts of a reference, and say what the references of a study share.

    Parameters
    ----------
    held
        Captured edges and what stands beside them.
    networks
        All references of the study by name.
    name
        The one that is judged.
    min_targets
        Targets that a regulator needs, in the whole and in each part.
    settings, seed
        Draws; root seed.

    Returns
    -------
    AnalysisResult
        Analysis A28: the tables of `restricted_table` and `overlap_table`, without a verdict.
    """
    network = networks[name]
    try:
        pairs, rows = judged_pairs(held, network, name, min_targets)
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    others = {n: v for n, v in networks.items() if n != name}
    parts, missing = _parts(pairs, restrictions(network, others), min_targets)
    result = AnalysisResult(ANALYSIS, {**held.label, "network": name})
    result.notes = [*missing, network_note(network, pairs, pairs.genes)]
    if parts:
        boot = RegulatorBootstrap.of(pairs, settings, seed, f"{ANALYSIS}/{held.name}/{name}")
        table = restricted_table(pairs, parts, layer_scores(held, rows), boot)
        result.tables |= {"parts": table, "changes": _shown(table)}
        result.captions |= _captions(pairs)
        result.figures.append(
            FigureSpec("changes", "increment_forest", "changes",
                       f"Change of AUROC from the whole of {name} to each part of it, with "
                       "intervals over regulators, for |Spearman| and the layer that recovers the "
                       "whole best.",
                       {"margin": 0.0, "what": "pooled AUROC: part minus whole"},
                       size=(6.4, 1.4 + 0.34 * len(result.tables["changes"])))
        )  # fmt: skip
        result.findings = _findings(table, held, pairs, seed)
    if others:
        overlap = overlap_table(networks)
        result.tables["overlap"] = overlap
        result.captions["overlap"] = (
            "References of the study: edges of the first and of the second, edges they share, and "
            "the share of the first that the second contains."
        )
        result.figures.append(
            FigureSpec("overlap", "overlap_matrix", "overlap",
                       "Share of the reference in the row that the one in the column contains.",
                       size=(6.4, 1.8 + 0.5 * len(networks)))
        )  # fmt: skip
        result.notes = [*_warnings(overlap, name), *result.notes]
    if not result.tables:
        why = "; ".join(m.removeprefix("Not judged, ").rstrip(".") for m in missing)
        result.verdicts = not_judged(ANALYSIS, held, name, KNOWN, NetworkError(why)).verdicts
    result.checks = _checks(parts, network)
    result.method = (
        f"Recovery of {name} was repeated on its edges with a known direction, on those with "
        "ChIP-type evidence and on those that no other reference of the study contains, as far as "
        "its columns tell; changes were interval-estimated by resampling regulators."
    )
    return result


def _parts(
    pairs: Pairs, found: list[Restriction], min_targets: int
) -> tuple[list[tuple[Restriction, Pairs]], list[str]]:
    """Restrictions that leave enough, and sentences on those that do not."""
    parts, missing = [], []
    for restriction in found:
        try:
            parts.append((restriction, restricted_pairs(pairs, restriction, min_targets)))
        except NetworkError as error:
            sentence = f"Not judged, {restriction.name}: {error.found}."
            if sentence not in missing:
                missing.append(sentence)
    told = [_told(r, pairs, part) for r, part in parts if r.removed == LEFT_OUT]
    return parts, [*told, *missing]


def _told(restriction: Restriction, pairs: Pairs, part: Pairs) -> str:
    """How large a part is, and whether its regulators lose any edge at all."""
    kept = part.labels.any(1)
    left, whole = int(part.labels.sum()), int(pairs.labels[kept].sum())
    sentence = (
        f"{restriction.name}: {restriction.told}; {left:,} of {whole:,} evaluable edges of the "
        f"{int(kept.sum())} regulators that keep enough."
    )
    if left == whole:
        sentence += " They lose none, so that nothing can change."
    return sentence


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """|Spearman| and the candidate that recovers the whole best, as the figure reads them."""
    tested = table[table["kind"] == "candidate"]
    best = tested.loc[tested["auroc_all_regulators"].idxmax(), "score"]
    rows = table[table["score"].isin([best, COEXPRESSION])]
    where = [_SHORT[key] for key in zip(rows["part"], rows["other_edges"], strict=True)]
    return pd.DataFrame(
        {
            "score": [f"{s}: {w}" for s, w in zip(rows["score"], where, strict=True)],
            "kind": rows["kind"].to_numpy(),
            "increment": rows["change"].to_numpy(),
            "low": rows["change_low"].to_numpy(),
            "high": rows["change_high"].to_numpy(),
        }
    )


def _captions(pairs: Pairs) -> dict[str, str]:
    return {
        "parts": f"Every score against parts of {pairs.network} (whole: {size_of(pairs)}): pooled "
        "AUROC and mean per-regulator AUROC (3 targets or more) and their changes from the whole "
        "over the regulators that the part keeps, 95 % intervals over regulators. Other edges are "
        "left out of the judged pairs, or count as no edge as in the published re-run.",
        "changes": f"The changes that the figure shows. Directed: {DIRECTION}, other edges left "
        f"out, or taken for no edge as in the paper; only here: {ALONE}.",
    }


def _findings(table: pd.DataFrame, held: StudyEdges, pairs: Pairs, seed: int) -> list[Finding]:
    told = table[(table["kind"] == "candidate") | (table["score"] == COEXPRESSION)]
    found = []
    for record in told.to_dict("records"):
        row: dict[str, Any] = {str(k): v for k, v in record.items()}
        n = int(row["n_regulators"])
        tags = {
            **held.label, "network": pairs.network, "score": row["score"], "unit": "A28",
            "part": row["part"], "other edges": row["other_edges"],
        }  # fmt: skip
        found.append(
            Finding(
                ANALYSIS,
                f"Does {row['score']} recover {pairs.network} as well where edges are "
                f"'{row['part']}' (other edges {row['other_edges']})?",
                "pooled AUROC against a part of the reference",
                row["auroc"],
                span(row["auroc_low"], row["auroc_high"], n),
                unit="regulator",
                n=n,
                baseline=("the whole reference, same regulators", row["auroc_whole"]),
                increment=(row["change"], row["change_low"], row["change_high"]),
                seed=seed,
                tags=tags,
                family=ANALYSIS,
                kind="descriptive",
            )
        )
    return found


def _warnings(overlap: pd.DataFrame, name: str) -> list[str]:
    """Which references contain much of one another; printed with every result."""
    shared = overlap[overlap["share_of_first"] >= NO_REPLICATION]
    if not len(shared):
        return [f"No reference of the study contains {NO_REPLICATION:.0%} of another or more."]
    told = "; ".join(
        f"{r.second} contains {float(str(r.share_of_first)):.0%} of {r.first}"
        for r in shared.itertuples()
    )
    return [
        f"References overlap: {told}. Agreement between references that contain one another is no "
        f"replication; '{ALONE}' shows {name} without what the others hold."
    ]


def _checks(parts: list[tuple[Restriction, Pairs]], network: Network) -> list[Check]:
    """N6, where a column gives direction or ChIP evidence for some edges or for all."""
    ran = [r for r, _ in parts if r.name in (DIRECTION, CHIP) and r.removed == LEFT_OUT]
    told = [r.told for r in ran]
    whole = next(
        (r.told for r in restrictions(network, {}) if r.told.startswith("every edge has")), ""
    )
    if not (ran or whole):
        return []
    return [Check("N6", ITEMS["N6"], "passed", "; ".join([*told, *([whole] if whole else [])]))]
