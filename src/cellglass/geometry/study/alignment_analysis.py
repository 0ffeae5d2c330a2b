"""Do two models share the shape of gene space, and is each gene in its place in both?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.geometry.alignment.cca import Cca
from cellglass.geometry.alignment.cka import cka
from cellglass.geometry.alignment.compare import (
    DEFAULT_METHODS,
    SHAPES,
    AlignmentReport,
    compare_models,
)
from cellglass.geometry.alignment.jackknife import gene_jackknife
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.alignment.retrieval import held_out_retrieval
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.guards.guard import GuardResult
from cellglass.geometry.guards.rows import degenerate_rows
from cellglass.geometry.layers import TOKEN_TABLE
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.models.datasets import CELLS, read_cells
from cellglass.runs.geometry_section import AlignmentConfig
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.stats import Finding, Interval, NullSummary, Verdict, decide

from .alignment_sides import (
    Sides,
    coexpression_components,
    layer_similarity,
    shared_sides,
    statistics_of,
    without,
)
from .capture import domain_cells, read_states
from .expression import domain_statistics
from .like_genes import LikeGenes, kinds_of, like_genes

ANALYSIS = "geometry.alignment"
SHAPE_CLAIM = "both models arrange genes alike as a whole"
PLACE_CLAIM = "both models put each gene in the same place"
PRIMARY = "cca"
"""Map that the published headline is about (H24); the verdict is on genes it has not seen."""
SHAPE_MARGIN = 0.05
NULL, LIKE = "permuted-partner", "like-gene"
RETRIEVAL = "top-1 retrieval"
AS_IS, NO_STATISTICS = "states", "without gene statistics"
NO_COEXPRESSION = "without gene statistics and co-expression"
DRAWN = {AS_IS: "", NO_STATISTICS: ", statistics out", NO_COEXPRESSION: ", co-expression out"}


def judge(
    context: TaskContext,
    *,
    label: Mapping[str, str],
    statistics: Mapping[str, Any],
    states: tuple[str, str],
    models: tuple[str, str],
    domain: str,
    column: str | None,
    alignment: Mapping[str, Any],
) -> None:
    """Compare the gene states of two models; leave an `AnalysisResult`."""
    settings, config = StatisticsConfig(**statistics), AlignmentConfig(**alignment)
    held = [read_states(context.input(name)) for name in states]
    sides = shared_sides(held[0][0], held[1][0], held[0][1], domain, config, context.seed)
    report = _compared(sides.first, sides.second, models, config, context.seed)
    cells = read_cells(context.input(CELLS))
    inside = domain_cells(cells, domain, column)
    known = statistics_of(domain_statistics(cells, sides.genes, inside))
    together = coexpression_components(cells, sides.genes, inside)
    more = np.hstack([known, together])
    apart = replace(sides, first=without(sides.first, known), second=without(sides.second, known))
    reports = {AS_IS: report}
    for name, covariates in ((NO_STATISTICS, known), (NO_COEXPRESSION, more)):
        reports[name] = _compared(
            without(sides.first, covariates), without(sides.second, covariates), models, config,
            context.seed, methods=("procrustes", PRIMARY), shape=("cka",),
        )  # fmt: skip
    adjusted = reports[NO_STATISTICS]
    like = _like(sides, known, config, context.seed)
    result = AnalysisResult(ANALYSIS, dict(label))
    _tables(result, reports, held[0][0], held[1][0], domain, models)
    _figures(result, models)
    shape, place = _findings(report, adjusted, like, models, label, context.seed)
    result.findings = [shape, place]
    result.verdicts = [
        _shape_verdict(apart, adjusted, shape, label, models, settings, context.seed),
        _place_verdict(apart, adjusted, like, place, label, models, config, settings, context.seed),
    ]
    result.checks = [g.to_check() for g in _guards(report, sides)]
    result.notes = _notes(reports, like, together.shape[1], models, result.tables["layers"])
    result.method = (
        f"States of the last layers of {models[0]} and {models[1]} were compared gene by gene "
        f"({sides.told}). Arrangement as a whole: unbiased linear CKA, representational "
        "similarity, shared neighbours and canonical correlations, against permuted partners. "
        "Correspondence: maps (principal components alone, Procrustes, CCA, ridge) were fitted on "
        f"{config.folds - 1} of {config.folds} folds of genes, and every gene was sought among the "
        "held-out ones in both directions, against maps refitted to permuted partners "
        "(permuted-partner null) and to partners permuted among genes of one community of either "
        "model (like-gene null); again after mean, variance and detection of each gene, and after "
        f"{together.shape[1]} principal components of co-expression too, were taken out of both "
        "models by least squares."
    )
    result.write(context.output)


def _compared(
    first: PointCloud,
    second: PointCloud,
    models: tuple[str, str],
    config: AlignmentConfig,
    seed: int,
    *,
    methods: Sequence[str] = DEFAULT_METHODS,
    shape: Sequence[str] = SHAPES,
) -> AlignmentReport:
    return compare_models(
        first, second, labels=models, methods=methods, shape=shape, folds=config.folds,
        repeats=config.repeats, draws=config.draws, seed=seed,
    )  # fmt: skip


def _like(
    sides: Sides, known: NDArray[np.float64], config: AlignmentConfig, seed: int
) -> LikeGenes:
    """Partners exchanged among like genes, gene statistics taken out within their kinds."""
    kinds = kinds_of(sides.first, seed), kinds_of(sides.second, seed)
    first, second = (
        without(side, known, kind)
        for side, kind in zip((sides.first, sides.second), kinds, strict=True)
    )
    matched = Matched(first.points, second.points, first.names)
    return like_genes(matched, kinds, Cca(), folds=config.folds, draws=config.draws, seed=seed)


def _tables(
    result: AnalysisResult,
    reports: Mapping[str, AlignmentReport],
    first: GeneStates,
    second: GeneStates,
    domain: str,
    models: tuple[str, str],
) -> None:
    table = pd.concat(
        [r.correspondence.assign(of=name) for name, r in reports.items()], ignore_index=True
    ).rename(columns={"in_sample": "in_sample_top1"})
    shapes = [r.shape.assign(of=name) for name, r in reports.items()]
    bars = table[table["direction"] == table["direction"].iloc[0]]
    result.tables = {
        "correspondence": table,
        "shape": pd.concat(shapes, ignore_index=True),
        "layers": layer_similarity(first, second, domain),
        "retrieval": pd.DataFrame(
            {
                "kind": (bars["method"] + bars["of"].map(DRAWN)).to_numpy(),
                "measure": "held-out retrieval, first candidate",
                "estimate": bars["top1"].to_numpy(),
                "low": bars["low"].to_numpy(),
                "high": bars["high"].to_numpy(),
                "null": bars["chance"].to_numpy(),
            }
        ),
    }
    n = int(table["n"].iloc[0])
    result.captions = {
        "correspondence": f"Share of genes that find themselves in the other model among those "
        f"held out ({n} genes, both directions): as first candidate (top1, with 95 % interval over "
        "genes and chance), among 5 and 10, and in the null of maps refitted to permuted partners, "
        "p adjusted over methods and directions; in_sample_top1 is the published way, fitted and "
        "judged on the same genes.",
        "shape": f"Measures of the arrangement of all genes ({n} genes): estimate with 95 % "
        "interval over genes, chance where it is known, mean over permuted partners, p adjusted "
        "over measures.",
        "layers": f"Unbiased linear CKA of layers of {models[0]} (first) and {models[1]} (second).",
        "retrieval": f"What the figure draws: from {models[0]} to {models[1]}, 95 % interval over "
        "genes; null is chance.",
    }  # fmt: skip


def _figures(result: AnalysisResult, models: tuple[str, str]) -> None:
    n = len(result.tables["retrieval"])
    result.figures = [
        FigureSpec("retrieval", "kind_forest", "retrieval",
                   f"Share of held-out genes of {models[0]} whose nearest gene of {models[1]} is "
                   "itself, by map; with mean, variance and detection taken out of both models "
                   "(statistics out), and with co-expression too. The upright line is chance.",
                   {"candidate": PRIMARY}, (6.4, 1.0 + 0.36 * n)),
        FigureSpec("layers", "layer_matrix", "layers",
                   f"CKA of layers: {models[0]} in rows, {models[1]} in columns (-2 token table, "
                   "-1 input).", {}, (6.4, 4.2)),
    ]  # fmt: skip


def _row(report: AlignmentReport, method: str) -> dict[str, Any]:
    """The direction in which a method retrieves fewer genes."""
    rows = report.correspondence[report.correspondence["method"] == method]
    return {str(k): v for k, v in rows.sort_values("top1").iloc[0].items()}


def _shape(report: AlignmentReport) -> dict[str, Any]:
    row = report.shape[report.shape["measure"] == "cka"].iloc[0]
    return {str(k): v for k, v in row.items()}


def _findings(
    report: AlignmentReport, adjusted: AlignmentReport, like: LikeGenes,
    models: tuple[str, str], label: Mapping[str, str], seed: int,
) -> tuple[Finding, Finding]:  # fmt: skip
    shape, whole = _shape(adjusted), _shape(report)
    row = _row(adjusted, PRIMARY)
    plain = _row(report, PRIMARY)
    common: dict[str, Any] = {"unit": "gene", "seed": seed, "family": ANALYSIS}
    drawn = NullSummary(NULL, int(row["draws"]), row["null_mean"], row["null_sd"], row["p"])
    p = float(row["p_adjusted"])
    if like.null.p > p:
        drawn = NullSummary(LIKE, like.null.draws, like.null.mean, like.null.sd, like.null.p)
        p = like.null.p
    return (
        Finding(
            ANALYSIS,
            f"Do {models[0]} and {models[1]} arrange genes alike as a whole, gene statistics "
            "taken out?",
            "unbiased linear CKA", float(shape["estimate"]),
            Interval(shape["low"], shape["high"], 0.95, "jackknife", "gene", int(shape["n"])),
            NullSummary(NULL, int(shape["draws"]), shape["null_mean"], shape["null_sd"],
                        shape["p"]),
            float(shape["p_adjusted"]), n=int(shape["n"]), baseline=("chance", 0.0),
            tags={**label, "endpoint": "shape",
                  "with gene statistics": f"{whole['estimate']:.3f}"},
            **common,
        ),
        Finding(
            ANALYSIS,
            f"Do held-out genes of {models[0]} find themselves in {models[1]} and back, gene "
            "statistics taken out?",
            RETRIEVAL, float(row["top1"]),
            Interval(row["low"], row["high"], 0.95, "Wilson", "gene", int(row["n"])),
            drawn, p, n=int(row["n"]), baseline=("chance", float(row["chance"])),
            tags={**label, "endpoint": "correspondence",
                  "with gene statistics": f"{plain['top1']:.3f}",
                  "in sample": f"{row['in_sample']:.3f}"},
            **common,
        ),
    )  # fmt: skip


def _shape_verdict(
    sides: Sides, report: AlignmentReport, finding: Finding, label: Mapping[str, str],
    models: tuple[str, str], settings: StatisticsConfig, seed: int,
) -> Verdict:  # fmt: skip
    shape = _shape(report)
    matched = Matched.of(sides.first, sides.second)

    def of_kept(kept: NDArray[np.int64]) -> float:
        return cka(matched.take(kept))

    wide, narrow = (
        gene_jackknife(of_kept, len(matched), seed=seed, confidence=c) for c in (0.95, 0.90)
    )
    return decide(
        wide, narrow, SHAPE_MARGIN, {NULL: float(shape["p_adjusted"])}, settings.level,
        estimate=float(shape["estimate"]), claim=SHAPE_CLAIM,
        endpoint=f"likeness to that of {models[1]}, single-gene statistics taken out of both",
        subject=f"Gene space of {models[0]}{_where(label)}",
        checks={NULL: True}, over="chance (0)", measure="CKA", finding_ids=[finding.id],
        tags={**label, "endpoint": "shape"},
    )  # fmt: skip


def _place_verdict(
    sides: Sides, report: AlignmentReport, like: LikeGenes, finding: Finding,
    label: Mapping[str, str], models: tuple[str, str], config: AlignmentConfig,
    settings: StatisticsConfig, seed: int,
) -> Verdict:  # fmt: skip
    row = _row(report, PRIMARY)
    direction = report.retrievals[PRIMARY].directions.index(row["direction"])
    chance = float(row["chance"])
    n = int(row["n"])
    wide = Interval(row["low"] - chance, row["high"] - chance, 0.95, "Wilson", "gene", n)
    again = held_out_retrieval(
        Matched.of(sides.first, sides.second), Cca(), folds=config.folds,
        repeats=config.repeats, draws=0, in_sample=False, labels=models, confidence=0.90,
        seed=seed,
    )  # fmt: skip
    low, high = (again.value("top1", direction, end) for end in ("low", "high"))
    narrow = Interval(low - chance, high - chance, 0.90, "Wilson", "gene", n)
    return decide(
        wide, narrow, config.margin, {NULL: float(row["p_adjusted"]), LIKE: like.null.p},
        settings.level, estimate=float(row["top1"]) - chance, claim=PLACE_CLAIM,
        endpoint=f"finding held-out genes of {models[0]} in {models[1]} and back, single-gene "
        "statistics taken out of both",
        subject=f"A map fitted on other genes{_where(label)}",
        checks={NULL: True, LIKE: like.sound}, over="chance", measure=RETRIEVAL,
        finding_ids=[finding.id], tags={**label, "endpoint": "correspondence"},
    )  # fmt: skip


def _where(label: Mapping[str, str]) -> str:
    return f" ({label['domain']})" if "domain" in label else ""


def _guards(report: AlignmentReport, sides: Sides) -> list[GuardResult]:
    row = _row(report, PRIMARY)
    rows = [degenerate_rows(side) for side in (sides.first, sides.second)]
    worst = next((r for r in rows if r.failed), None)
    return [
        worst or GuardResult.of("G3", failed=False, detail=sides.told),
        GuardResult.of(
            "G6", failed=False,
            detail="every map was fitted on genes that it was not judged on; fitted and judged on "
            f"the same genes, as published, CCA retrieves {row['in_sample']:.1%} (permuted "
            f"partners {row['in_sample_null_mean']:.1%}), held out {row['top1']:.1%} (chance "
            f"{row['chance']:.1%})",
        ),
    ]  # fmt: skip


def _notes(
    reports: Mapping[str, AlignmentReport], like: LikeGenes, components: int,
    models: tuple[str, str], layers: pd.DataFrame,
) -> list[str]:  # fmt: skip
    rows = {name: _row(report, PRIMARY) for name, report in reports.items()}
    # no minus before a zero
    wholes = {n: round(float(_shape(r)["estimate"]), 2) + 0.0 for n, r in reports.items()}
    tables = layers[
        (layers["first_layer"] == TOKEN_TABLE) & (layers["second_layer"] == TOKEN_TABLE)
    ]
    notes = [
        f"The arrangement as a whole has a CKA of {wholes[AS_IS]:.2f}, {wholes[NO_STATISTICS]:.2f} "
        "with mean, variance and detection taken out of both models, "
        f"{wholes[NO_COEXPRESSION]:.2f} with co-expression ({components} components of the same "
        "cells) taken out too: what this takes away, a user could have had without any model.",
        f"{rows[AS_IS]['top1']:.1%} of held-out genes find themselves in the other model (chance "
        f"{rows[AS_IS]['chance']:.1%}; the worse direction is told), "
        f"{rows[NO_STATISTICS]['top1']:.1%} with those statistics taken out, "
        f"{rows[NO_COEXPRESSION]['top1']:.1%} with co-expression taken out too.",
        f"If partners are exchanged among genes of one community ({like.kinds[0]} in {models[0]}, "
        f"{like.kinds[1]} in {models[1]}), {like.null.mean:.1%} find theirs: so far goes the kind "
        f"of a gene without its place. As they are, {like.null.observed:.1%} do (gene statistics "
        "taken out within communities).",
    ]
    if len(tables):
        notes.append(
            f"Verdicts are on the last layers. The token tables, which know no cells, have a CKA "
            f"of {tables['cka'].iloc[0]:.2f}."
        )
    return notes
