"""Do two models share the shape of gene space, and is each gene in its place in both?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import NotApplicableError
from cellglass.geometry.alignment.cca import Cca
from cellglass.geometry.alignment.cka import cka
from cellglass.geometry.alignment.compare import (
    DEFAULT_METHODS,
    FEWEST_GENES,
    AlignmentReport,
    compare_models,
)
from cellglass.geometry.alignment.jackknife import gene_jackknife
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.alignment.retrieval import held_out_retrieval
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.guards.guard import GuardResult
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.runs.geometry_section import AlignmentConfig
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import generator
from cellglass.stats import Finding, Interval, NullSummary, Verdict, decide

from .capture import read_states
from .names import TOKEN_TABLE

ANALYSIS = "geometry.alignment"
SHAPE_CLAIM = "both models give gene space the same shape"
PLACE_CLAIM = "both models put each gene in the same place"
PRIMARY = "cca"
"""Map that the published headline is about (H24); the verdict is on genes it has not seen."""
SHAPE_MARGIN = 0.05
NULL = "permuted partners"
STATISTICS = ("mean", "variance", "detection")


@dataclass(frozen=True, eq=False)
class Sides:
    """The same genes in two models.

    Attributes
    ----------
    first, second
        Clouds of the last layers.
    genes
        Statistics of the genes, in the order of the first cloud.
    """

    first: PointCloud
    second: PointCloud
    genes: pd.DataFrame


def judge(
    context: TaskContext,
    *,
    label: Mapping[str, str],
    statistics: Mapping[str, Any],
    states: tuple[str, str],
    models: tuple[str, str],
    domain: str,
    alignment: Mapping[str, Any],
) -> None:
    """Compare the gene states of two models; leave an `AnalysisResult`."""
    settings, config = StatisticsConfig(**statistics), AlignmentConfig(**alignment)
    held = [read_states(context.input(name)) for name in states]
    sides = shared_sides(held[0][0], held[1][0], held[0][1], domain, config, context.seed)
    report = _compared(sides.first, sides.second, models, config, context.seed)
    apart = Sides(
        without_statistics(sides.first, sides.genes),
        without_statistics(sides.second, sides.genes),
        sides.genes,
    )
    adjusted = _compared(apart.first, apart.second, models, config, context.seed)
    result = AnalysisResult(ANALYSIS, dict(label))
    _tables(result, report, adjusted, held[0][0], held[1][0], domain, models)
    _figures(result, models, config)
    shape, place = _findings(report, adjusted, models, label, context.seed)
    result.findings = [shape, place]
    result.verdicts = [
        _shape_verdict(sides, report, shape, label, models, settings, context.seed),
        _place_verdict(apart, adjusted, place, label, models, config, settings, context.seed),
    ]
    result.checks = [g.to_check() for g in _guards(report, adjusted)]
    result.notes = _notes(report, adjusted, result.tables["layers"])
    result.method = (
        f"States of the last layers of {models[0]} and {models[1]} were matched by gene "
        f"({report.counts}). Global shape: unbiased linear CKA, representational similarity, "
        "shared neighbours and canonical correlations, against permuted partners. Correspondence: "
        f"maps (principal components alone, Procrustes, CCA, ridge) fitted on {config.folds - 1} "
        f"of {config.folds} folds of genes, every gene sought among the held-out ones in both "
        "directions, against maps refitted to permuted partners; repeated after mean, variance "
        "and detection of each gene were taken out of both models by least squares."
    )
    result.write(context.output)


def shared_sides(
    first: GeneStates,
    second: GeneStates,
    genes: pd.DataFrame,
    domain: str,
    config: AlignmentConfig,
    seed: int,
) -> Sides:
    """Genes of the last layers that both models have a state of, at most as many as asked.

    Parameters
    ----------
    first, second
        States of both models.
    genes
        Statistics of the genes of the first.
    domain
        Of the cells, for models that know it.
    config
        Largest number of genes.
    seed
        Of the genes drawn where there are more.

    Raises
    ------
    NotApplicableError
        If too few genes are shared.
    """
    clouds = [_last(s, domain).distinct() for s in (first, second)]
    there = set(clouds[1].names)
    shared = [g for g in clouds[0].names if g in there]
    if len(shared) < FEWEST_GENES:
        raise NotApplicableError(
            f"{len(shared)} genes have a state in both models; {FEWEST_GENES} are needed"
        )
    if len(shared) > config.max_genes:
        drawn = generator(seed, f"{ANALYSIS}/genes").choice(
            len(shared), config.max_genes, replace=False
        )
        shared = [shared[i] for i in np.sort(drawn)]
    table = genes.set_index("gene").loc[shared].rename_axis("gene").reset_index()
    return Sides(clouds[0].take(shared), clouds[1].take(shared), table)


def without_statistics(cloud: PointCloud, genes: pd.DataFrame) -> PointCloud:
    """Take what single-gene statistics say linearly out of a cloud.

    Both models read expression, so that two genes of one level are alike in both: that alone
    retrieves genes, and is no shared knowledge of them.

    Parameters
    ----------
    cloud
        Genes in the order of the table.
    genes
        With mean, variance and detection.

    Returns
    -------
    PointCloud
        Residuals of least squares in float64 on ranks and values of the statistics.
    """
    columns = [np.ones(len(genes))]
    for name in STATISTICS:
        values = genes[name].to_numpy(np.float64)
        ranks = values.argsort().argsort() / len(values)
        columns += [values, ranks, ranks**2]
    design = np.column_stack(columns)
    design[:, 1:] -= design[:, 1:].mean(0)
    fit, *_ = np.linalg.lstsq(design, cloud.points, rcond=None)
    return PointCloud(cloud.points - design @ fit, cloud.names)


def _last(states: GeneStates, domain: str) -> PointCloud:
    """Cloud of the last layer; a cloud of a user knows one domain."""
    own = domain if domain in states.domains else None
    return states.cloud(states.layers[-1], domain=own)


def _compared(
    first: PointCloud, second: PointCloud, models: tuple[str, str], config: AlignmentConfig,
    seed: int,
) -> AlignmentReport:  # fmt: skip
    return compare_models(
        first, second, labels=models, methods=DEFAULT_METHODS, folds=config.folds,
        repeats=config.repeats, draws=config.draws, seed=seed,
    )  # fmt: skip


def layer_similarity(
    first: GeneStates, second: GeneStates, domain: str, models: tuple[str, str]
) -> pd.DataFrame:
    """Unbiased linear CKA of every layer of one model with every layer of the other.

    Parameters
    ----------
    first, second, domain
        As `shared_sides`.
    models
        Their names.

    Returns
    -------
    pandas.DataFrame
        ``first_layer``, ``second_layer`` and ``cka``.
    """
    rows = []
    for one, other in product(first.layers, second.layers):
        clouds = []
        for states, layer in ((first, one), (second, other)):
            own = domain if domain in states.domains else None
            clouds.append(states.cloud(layer, domain=own))
        matched = Matched.of(*clouds)
        rows.append({"first_layer": one, "second_layer": other, "cka": cka(matched)})
    return pd.DataFrame(rows)


def _tables(
    result: AnalysisResult, report: AlignmentReport, adjusted: AlignmentReport,
    first: GeneStates, second: GeneStates, domain: str, models: tuple[str, str],
) -> None:  # fmt: skip
    parts = []
    for name, found in (("states", report), ("without gene statistics", adjusted)):
        parts.append(found.correspondence.assign(of=name))
    table = pd.concat(parts, ignore_index=True).rename(columns={"in_sample": "in_sample_top1"})
    shapes = [r.shape.assign(of=n) for n, r in
              (("states", report), ("without gene statistics", adjusted))]  # fmt: skip
    bars = table[table["direction"] == table["direction"].iloc[0]]
    result.tables = {
        "correspondence": table,
        "shape": pd.concat(shapes, ignore_index=True),
        "layers": layer_similarity(first, second, domain, models),
        "retrieval": pd.DataFrame({
            "kind": bars["method"] + bars["of"].map({"states": "", "without gene statistics":
                                                     ", without gene statistics"}),
            "measure": "held-out retrieval, first candidate", "estimate": bars["top1"],
            "low": bars["low"], "high": bars["high"], "null": bars["chance"],
        }).reset_index(drop=True),
    }  # fmt: skip
    n = int(table["n"].iloc[0])
    result.captions = {
        "correspondence": f"Genes that find themselves in the other model among those held out "
        f"({n} genes, both directions): first candidate, chance, null of maps refitted to permuted "
        "partners, p adjusted over methods; beside it the published way, fitted and judged on the "
        "same genes.",
        "shape": f"Measures of global shape ({n} genes): estimate with 95 % interval over genes, "
        "chance, permuted partners, p adjusted over measures.",
        "layers": f"Unbiased linear CKA of layers of {models[0]} (rows) and {models[1]}.",
        "retrieval": f"What the figure draws: from {models[0]} to {models[1]}.",
    }  # fmt: skip


def _figures(result: AnalysisResult, models: tuple[str, str], config: AlignmentConfig) -> None:
    n = len(result.tables["retrieval"])
    result.figures = [
        FigureSpec("retrieval", "kind_forest", "retrieval",
                   f"Share of held-out genes of {models[0]} whose nearest gene of {models[1]} is "
                   "itself; the upright line is chance.",
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
    report: AlignmentReport, adjusted: AlignmentReport, models: tuple[str, str],
    label: Mapping[str, str], seed: int,
) -> tuple[Finding, Finding]:  # fmt: skip
    shape = _shape(report)
    row = _row(adjusted, PRIMARY)
    plain = _row(report, PRIMARY)
    common: dict[str, Any] = {"unit": "gene", "seed": seed, "family": ANALYSIS}
    return (
        Finding(
            ANALYSIS, f"Do {models[0]} and {models[1]} give gene space the same shape?",
            "unbiased linear CKA", float(shape["estimate"]),
            Interval(shape["low"], shape["high"], 0.95, "jackknife", "gene", int(shape["n"])),
            NullSummary(NULL, int(shape["draws"]), shape["null_mean"], shape["null_sd"],
                        shape["p"]),
            float(shape["p_adjusted"]), n=int(shape["n"]), baseline=("chance", 0.0),
            tags={**label, "endpoint": "shape"}, **common,
        ),
        Finding(
            ANALYSIS, f"Does a gene of {models[0]} find itself in {models[1]}, held out?",
            "held-out retrieval", float(row["top1"]),
            Interval(row["low"], row["high"], 0.95, "bootstrap", "gene", int(row["n"])),
            NullSummary(NULL, int(row["draws"]), row["null_mean"], row["null_sd"], row["p"]),
            float(row["p_adjusted"]), n=int(row["n"]), baseline=("chance", float(row["chance"])),
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
        endpoint=f"similarity of {models[0]} and {models[1]}",
        subject="The shape of gene space", checks={NULL: True}, over="unrelated models",
        measure="CKA", finding_ids=[finding.id], tags={**label, "endpoint": "shape"},
    )  # fmt: skip


def _place_verdict(
    sides: Sides, report: AlignmentReport, finding: Finding, label: Mapping[str, str],
    models: tuple[str, str], config: AlignmentConfig, settings: StatisticsConfig, seed: int,
) -> Verdict:  # fmt: skip
    row = _row(report, PRIMARY)
    direction = report.retrievals[PRIMARY].directions.index(row["direction"])
    chance = float(row["chance"])
    n = int(row["n"])
    wide = Interval(row["low"] - chance, row["high"] - chance, 0.95, "bootstrap", "gene", n)
    again = held_out_retrieval(
        Matched.of(sides.first, sides.second), Cca(), folds=config.folds,
        repeats=config.repeats, draws=0, in_sample=False, labels=models, confidence=0.90,
        seed=seed,
    )  # fmt: skip
    low, high = (again.value("top1", direction, end) for end in ("low", "high"))
    narrow = Interval(low - chance, high - chance, 0.90, "bootstrap", "gene", n)
    return decide(
        wide, narrow, config.margin, {NULL: float(row["p_adjusted"])}, settings.level,
        estimate=float(row["top1"]) - chance, claim=PLACE_CLAIM,
        endpoint=f"finding held-out genes of {models[0]} in {models[1]} and back",
        subject="A map fitted on other genes", checks={NULL: True},
        over="chance, single-gene statistics taken out", measure="share of genes",
        finding_ids=[finding.id], tags={**label, "endpoint": "correspondence"},
    )  # fmt: skip


def _guards(report: AlignmentReport, adjusted: AlignmentReport) -> list[GuardResult]:
    row = _row(report, PRIMARY)
    counts = report.counts
    return [
        GuardResult.of("G3", failed=False, detail=str(counts)),
        GuardResult.of(
            "G6", failed=False,
            detail="every map was fitted on genes that it was not judged on; fitted and judged on "
            f"the same genes, as published, CCA retrieves {row['in_sample']:.1%} (permuted "
            f"partners {row['in_sample_null_mean']:.1%}), held out {row['top1']:.1%} (chance "
            f"{row['chance']:.1%})",
        ),
    ]  # fmt: skip


def _notes(report: AlignmentReport, adjusted: AlignmentReport, layers: pd.DataFrame) -> list[str]:
    plain, apart = _row(report, PRIMARY), _row(adjusted, PRIMARY)
    tables = layers[(layers["first_layer"] == TOKEN_TABLE)
                    & (layers["second_layer"] == TOKEN_TABLE)]  # fmt: skip
    told = f"{tables['cka'].iloc[0]:.2f}" if len(tables) else ""
    return [
        f"Before gene statistics are taken out {plain['top1']:.1%} of held-out genes find "
        f"themselves, after it {apart['top1']:.1%} (chance {apart['chance']:.1%}): the "
        "difference is what expression level alone retrieves.",
        f"Last layers are compared. CKA of the token tables, which know no cells, is {told}."
        if told
        else "Last layers are compared.",
    ]
