"""Analysis: which layers hold regulation, interactions and pathways?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cellglass._words import listed, plural
from cellglass.data import GeneSets, Network
from cellglass.errors import NetworkError
from cellglass.regulation.networks.layer_scores import UNTRAINED, judged_pairs
from cellglass.regulation.scaling.some_pairs import some_regulators
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import Finding, NullSummary, Verdict, not_applicable

from .co_membership import co_members, set_sizes
from .depth import FEWEST_LAYERS, peak_share
from .profile_tables import between_table, depth_table, top_edges_table
from .profile_universe import Universe, directed_universe, row_genes, undirected_universe
from .profiles import Profiles, directions_table, profile, profile_table

ANALYSIS = "regulation.layer_profile"
KNOWN = "different references at different depths"
DRAWS = 200
MAX_REGULATORS = 150


def judge_layer_profile(
    held: StudyEdges,
    networks: Mapping[str, Network],
    sets: Mapping[str, GeneSets],
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
    *,
    notes: Sequence[str] = (),
) -> AnalysisResult:
    """Hold every layer against every reference at hand.

    Parameters
    ----------
    held
        Edges of a model.
    networks
        Directed networks are judged regulator to gene, undirected ones by unordered pairs of the
        captured rows, joined by the maximum of both directions.
    sets
        Gene sets; a pair is a member if it shares a set.
    min_targets
        Targets that a regulator of a directed network needs.
    settings, seed
        Draws; root seed.
    notes
        What loading the references did.

    Returns
    -------
    AnalysisResult
        Specification 2.17 (A48).
    """
    task = f"{ANALYSIS}/{held.name}"
    universes, told, skipped = _universes(held, networks, sets, min_targets, seed, task)
    result = AnalysisResult(ANALYSIS, held.label, verdicts=skipped)
    result.notes = [*told, *notes]
    if not universes:
        return result
    draws = min(settings.bootstrap, DRAWS)
    # one name a universe, so that the references of one share their resamples
    found = [
        profile(u, draws=draws, seed=seed, task=f"{task}/{'+'.join(u.labels)}") for u in universes
    ]
    tops = top_edges_table(found, settings, seed, task)
    result.tables = {
        "profile": pd.concat([profile_table(p) for p in found], ignore_index=True),
        "directions": pd.concat([directions_table(u) for u in universes if not u.directed]
                                or [pd.DataFrame()], ignore_index=True),
        "top_edges": tops,
    }  # fmt: skip
    if len(held.attention.layers) >= FEWEST_LAYERS:
        result.tables["depth"] = depth_table(found, seed, task)
        result.tables["between"] = between_table(found, seed, task)
    else:
        result.verdicts.append(_too_few_layers(held))
    result.tables = {name: table for name, table in result.tables.items() if len(table)}
    result.tables["lines"] = _lines(result.tables["profile"])
    result.captions = {k: v for k, v in _captions(draws).items() if k in result.tables}
    result.figures = [
        FigureSpec("lines", "layer_lines", "lines",
                   "AUROC of membership by layer. Bands are 95 % intervals over regulators or "
                   "genes; what matters is the distance from the untrained copy (table).",
                   {"what": "AUROC of membership", "level": 0.5}, size=(6.4, 4.2))
    ]  # fmt: skip
    result.findings = _findings(found, tops, held, seed)
    result.notes = [_peaks(found), *result.notes]
    result.method = (
        f"Layers of {held.name} were held against "
        f"{listed([r for u in universes for r in u.labels])} by AUROC of membership; undirected "
        "references by the maximum of both directions over pairs of captured rows; intervals "
        "resample regulators of directed and genes of undirected references."
    )
    return result


def _universes(
    held: StudyEdges,
    networks: Mapping[str, Network],
    sets: Mapping[str, GeneSets],
    min_targets: int,
    seed: int,
    task: str,
) -> tuple[list[Universe], list[str], list[Verdict]]:
    """One universe a directed network, one for all that have no direction."""
    found, told, skipped = [], [], []
    for name, network in networks.items():
        if not network.directed:
            continue
        try:
            pairs, rows = judged_pairs(held, network, name, min_targets)
        except NetworkError as error:
            skipped.append(_lacks(held, name, error.found))
            continue
        pairs, rows, fewer = some_regulators(pairs, rows, MAX_REGULATORS, seed, f"{task}/{name}")
        if not pairs.labels.any():
            skipped.append(_lacks(held, name, "no edge of the regulators drawn can be judged"))
            continue
        told += [f"{name}: {t}" for t in fewer]
        found.append(directed_universe(held, pairs, rows, name))
    rows = row_genes(held, seed)
    genes = [held.regulators[i] for i in rows]
    squares = {}
    for name, network in networks.items():
        if not network.directed:
            squares[name] = network.matrix(genes, genes)
    for name, collection in sets.items():
        squares[name], n = co_members(collection, genes, held.edges.targets)
        smallest, largest = set_sizes(len(held.edges.targets))
        told.append(f"{name}: {n:,} sets of {smallest} to {largest} evaluable genes.")
    if squares:
        whole = undirected_universe(held, rows, squares)
        usable = {n: s for n, s in squares.items()
                  if whole.labels[n].any() and not whole.labels[n].all()}  # fmt: skip
        skipped += [
            _lacks(held, n, f"{int(whole.labels[n].sum())} of {whole.first.size:,} pairs are "
                   "members: there is nothing to tell apart")
            for n in squares if n not in usable
        ]  # fmt: skip
        if usable:
            found.append(undirected_universe(held, rows, usable))
        told.append(_which_rows(held, rows))
    return found, told, skipped


def _which_rows(held: StudyEdges, rows: np.ndarray) -> str:
    """Say which genes the undirected references were judged on."""
    n, every = len(rows), len(held.edges.targets)
    drawn = f" ({n:,} of {len(held.regulators):,} drawn at random)" if n < len(
        held.regulators
    ) else ""  # fmt: skip
    if len(held.regulators) == every:
        return f"Undirected references are judged on pairs of the {n:,} evaluable genes{drawn}."
    return (
        f"Undirected references are judged on pairs of the {n:,} genes that are rows of the "
        f"edges{drawn}, regulators of the networks first; set genes.regulators: all for pairs of "
        f"all {every:,} genes."
    )


def _lacks(held: StudyEdges, reference: str, why: str) -> Verdict:
    return not_applicable(
        held.claim(KNOWN), f"membership in {reference}", why=why,
        tags={**held.label, "reference": reference},
    )  # fmt: skip


def _too_few_layers(held: StudyEdges) -> Verdict:
    n = len(held.attention.layers)
    return not_applicable(
        "a reference's trace changes with depth", "trend of AUROC over layers",
        why=f"{held.name} has {n} {plural('layer', n)}; a rank correlation over layers needs "
        f"{FEWEST_LAYERS}",
        tags=held.label,
    )  # fmt: skip


def _lines(table: pd.DataFrame) -> pd.DataFrame:
    """Profiles of the model and |Spearman| for the figure."""
    own = table[table["kind"] == "candidate"]
    return pd.DataFrame(
        {
            "series": own["reference"],
            "layer": own["layer"].astype(int),
            "value": own["auroc"],
            "low": own["auroc_low"],
            "high": own["auroc_high"],
        }
    ).reset_index(drop=True)


def _captions(draws: int) -> dict[str, str]:
    return {
        "profile": "AUROC of membership of every layer, of the untrained copy, of |Spearman| and "
        "of expression, against every reference; rho is the rank correlation with membership, "
        f"partial_rho with |Spearman| held fixed. 95 % intervals from {draws} resamples of "
        "regulators (directed) or genes (undirected).",
        "directions": "Undirected references: AUROC of the maximum of both directions (used "
        "everywhere) and of their mean.",
        "depth": "Spearman correlation of AUROC with the layer, its 95 % interval over regulators "
        "or genes, and that of the untrained copy; p permutes layers, which are no sample, q is "
        "BH over references. peak_share: resamples in which the same layer is the peak.",
        "between": "Spearman correlation of the profiles of two references over layers; p permutes "
        "layers, q is BH over pairs of references.",
        "top_edges": "The strongest pairs of up to five layers: members, expected, odds ratio; "
        "Fisher's exact test of both tails (as published; it takes pairs for independent); "
        "p_genes from exchanging the genes' names. q are BH, over both tails of Fisher's test.",
        "lines": "The model's profiles, as drawn.",
    }


def _findings(
    found: Sequence[Profiles], tops: pd.DataFrame, held: StudyEdges, seed: int
) -> list[Finding]:
    """AUROC of every layer beside the untrained copy, and the top edges against their null."""
    rows = []
    for p in found:
        for reference, result in p.statistics.auroc.items():
            for i in p.places():
                name = p.names[i]
                copy = f"{UNTRAINED}{name}"
                beside = p.names.index(copy if copy in p.names else "|Spearman|")
                gap = result.difference(int(i), beside)
                span = gap.interval()
                rows.append(
                    Finding(
                        ANALYSIS, f"Does {name} tell members of {reference} from other pairs?",
                        "AUROC of membership", float(result.estimates[i]), result.interval(int(i)),
                        unit=result.unit, n=result.n,
                        baseline=(p.names[beside], float(result.estimates[beside])),
                        increment=(float(gap.estimates[0]), span.low, span.high), seed=seed,
                        tags={**held.label, "unit": "A48", "reference": reference, "score": name},
                        family=ANALYSIS, kind="descriptive",
                    )
                )  # fmt: skip
    for row in tops.to_dict("records"):
        null = NullSummary(
            "names of genes", row["draws"], row["null_mean"], row["null_sd"], row["p_genes"]
        )
        rows.append(
            Finding(
                ANALYSIS,
                f"Are the {row['k']:,} strongest edges of layer {row['layer']} members of "
                f"{row['reference']}?",
                "members among the strongest edges", float(row["hits"]), null=null,
                p=row["p_genes"], unit="gene", n=row["n_genes"],
                baseline=("base rate", row["expected"]), seed=seed,
                tags={**held.label, "unit": "A48", "reference": row["reference"],
                      "score": f"layer {row['layer']}"},
                family=ANALYSIS,
            )
        )  # fmt: skip
    return rows


def _peaks(found: Sequence[Profiles]) -> str:
    """Where each reference peaks, and how surely."""
    told = []
    for p in found:
        for reference in p.universe.labels:
            layer, share = peak_share(p, reference)
            value = float(p.drawn(reference)[0].max())
            told.append(f"{reference} in layer {layer} ({value:.3f}; {share:.0%} of resamples)")
    return f"AUROC is largest for {listed(told)}."
