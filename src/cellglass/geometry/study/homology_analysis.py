"""Does gene space hold loops that clouds of the same spread do not?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cellglass.geometry.guards.attainable import attainable_level
from cellglass.geometry.guards.guard import GuardResult
from cellglass.geometry.guards.rows import degenerate_rows
from cellglass.geometry.homology.persistence import persistence
from cellglass.geometry.homology.reduced import reduced_cloud
from cellglass.geometry.layers import layer_label
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.runs.geometry_section import HomologyConfig
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.stats import (
    BootstrapResult,
    Finding,
    NullSummary,
    Verdict,
    bootstrap_mean,
    decide,
)

from .capture import read_states
from .loops import NULLS, STATISTICS, Loops, find_loops, gene_samples, usable_genes

ANALYSIS = "geometry.homology"
CLAIM = "gene space holds loops that clouds of the same spread do not"
TOLD = {"total": "summed lifetime of loops (H1)", "longest": "longest-lived loop (H1)"}
SERIES = {"total": "summed lifetime", "longest": "longest loop"}
UNIT = "sample of genes"
COPY_DRAWS = 19
"""Null clouds of the untrained copy: their mean is shown and no p is read."""


def judge(
    context: TaskContext,
    *,
    label: Mapping[str, str],
    statistics: Mapping[str, Any],
    states: Mapping[str, str],
    domain: str,
    homology: Mapping[str, Any],
) -> None:
    """Look for loops in every layer; leave an `AnalysisResult`."""
    settings, config = StatisticsConfig(**statistics), HomologyConfig(**homology)
    held, _ = read_states(context.input(states[""]))
    genes = usable_genes(held, domain)
    samples = gene_samples(genes, config, context.seed)
    found = {"": find_loops(held, domain, samples, config, config.draws, context.seed)}
    if "untrained" in states:
        copy, _ = read_states(context.input(states["untrained"]))
        found["untrained"] = find_loops(copy, domain, samples, config, COPY_DRAWS, context.seed)
    loops = found[""]
    result = AnalysisResult(ANALYSIS, dict(label))
    boots = {
        s: {v: _by_sample(f, s, settings, context.seed) for v, f in found.items()}
        for s in STATISTICS
    }
    for statistic in STATISTICS:
        boot = boots[statistic][""]
        finding = _finding(loops, statistic, boot, label, context.seed)
        result.findings.append(finding)
        result.verdicts.append(_verdict(loops, statistic, boot, label, settings, config, finding))
    _tables(result, found, settings, context.seed)
    _bars(result, held, domain, loops)
    _figures(result, loops)
    result.checks = [g.to_check() for g in _guards(held, domain, loops, config, settings)]
    result.notes = _notes(loops, boots)
    left = len(held.cloud(held.layers[-1], domain=domain)) - len(genes)
    if left:
        result.notes.append(
            f"{left} genes were left out: in some layer they are a row of zeros, or a copy of "
            "another."
        )
    result.method = (
        f"H1 of the Vietoris-Rips filtration (GUDHI) of {len(samples)} disjoint random samples of "
        f"{len(samples[0])} genes, centred, on {loops.components} principal components, layer by "
        "layer, against clouds with the same covariance (Gaussian), with the same covariance and "
        "radii (elliptical), and with the values of each component permuted (the published null), "
        f"{config.draws} of each; every draw is brought to the covariance of the sample. Ratios "
        "are to the mean of the null that leaves the least; intervals by resampling samples; p by "
        "the Cauchy combination over layers, against the hardest null."
    )
    result.write(context.output)


def _where(label: Mapping[str, str]) -> str:
    return f" ({label['domain']})" if "domain" in label else ""


def _by_sample(
    loops: Loops, statistic: str, settings: StatisticsConfig, seed: int
) -> BootstrapResult:
    """Mean over layers of the log ratio, sample by sample."""
    return bootstrap_mean(
        loops.log_ratios(statistic).mean(0), unit=UNIT, draws=settings.bootstrap, seed=seed,
        task=f"{ANALYSIS}/{statistic}",
    )  # fmt: skip


def _finding(
    loops: Loops, statistic: str, boot: BootstrapResult, label: Mapping[str, str], seed: int
) -> Finding:
    p_of = loops.p(statistic)
    hardest = max(p_of, key=lambda n: p_of[n])
    drawn = np.log(loops.drawn[statistic, hardest]).mean((0, 1))
    interval = boot.interval(level=0.95)
    return Finding(
        ANALYSIS,
        f"Is the {TOLD[statistic]} of gene space more than that of clouds of the same spread?",
        "log ratio to the null",
        float(boot.estimates[0]),
        interval,
        NullSummary(hardest, int(drawn.size), float(drawn.mean()), float(drawn.std(ddof=1)),
                    p_of[hardest]),
        p_of[hardest],
        UNIT,
        len(loops.samples),
        (f"{hardest} clouds", 0.0),
        (float(boot.estimates[0]), interval.low, interval.high),
        seed,
        {**label, "statistic": statistic},
        family=ANALYSIS,
    )  # fmt: skip


def _verdict(
    loops: Loops, statistic: str, boot: BootstrapResult, label: Mapping[str, str],
    settings: StatisticsConfig, config: HomologyConfig, finding: Finding,
) -> Verdict:  # fmt: skip
    return decide(
        boot.interval(level=0.95),
        boot.interval(level=0.90),
        config.margin,
        loops.p(statistic),
        settings.level,
        estimate=float(boot.estimates[0]),
        claim=CLAIM,
        endpoint=f"the {TOLD[statistic]}, mean over layers",
        subject=f"Gene space of {label['model']}{_where(label)}",
        checks=dict.fromkeys(NULLS, True),
        over="clouds of the same spread",
        measure="log ratio",
        finding_ids=[finding.id],
        tags={**label, "statistic": statistic},
    )


def _tables(
    result: AnalysisResult, found: Mapping[str, Loops], settings: StatisticsConfig, seed: int
) -> None:
    parts, lines = [], []
    for variant, loops in found.items():
        for statistic in STATISTICS:
            table = loops.table(statistic)
            ratios = loops.log_ratios(statistic)
            ends = [
                bootstrap_mean(
                    row, unit=UNIT, draws=settings.bootstrap, seed=seed,
                    task=f"{ANALYSIS}/{statistic}/{layer}",
                ).interval(level=0.95)
                for layer, row in zip(loops.layers, ratios, strict=True)
            ]  # fmt: skip
            table.insert(3, "low", [e.low for e in ends])
            table.insert(4, "high", [e.high for e in ends])
            table.insert(0, "model", variant or "trained")
            if variant:  # so few draws show a mean and test nothing
                table[["p_max", *(f"p_{n}" for n in NULLS)]] = np.nan
            parts.append(table)
            lines.append(pd.DataFrame({
                "series": f"{SERIES[statistic]}{', untrained' if variant else ''}",
                "layer": table["layer"], "value": table["log_ratio"], "low": table["low"],
                "high": table["high"],
            }))  # fmt: skip
    loops = found[""]
    size = f"{len(loops.samples)} samples of {len(loops.samples[0])} genes"
    result.tables = {
        "layers": pd.concat(parts, ignore_index=True), "lines": pd.concat(lines, ignore_index=True),
    }  # fmt: skip
    result.captions = {
        "layers": f"Loops by layer ({size}): logarithm of the ratio to the hardest null with 95 % "
        "interval over samples, mean lifetime, mean of each null, p against each and the largest; "
        "no p for the untrained copy.",
        "lines": "What the figure draws.",
    }


def _bars(result: AnalysisResult, states: GeneStates, domain: str, loops: Loops) -> None:
    """Bars of the last layer's first sample, to look at."""
    cloud = states.cloud(states.layers[-1], domain=domain).take(loops.samples[0])
    bars = persistence(reduced_cloud(cloud, n_components=loops.components).cloud)
    result.tables["bars"] = pd.DataFrame(
        [
            {"dimension": d, "birth": float(birth), "death": float(death)}
            for d in (0, 1)
            for birth, death in bars.bars[d]
        ]
    )
    result.captions["bars"] = (
        f"Births and deaths of components (0) and loops (1) of one sample at "
        f"{layer_label(states.layers[-1])}."
    )


def _figures(result: AnalysisResult, loops: Loops) -> None:
    result.figures = [
        FigureSpec("layers", "layer_lines", "lines",
                   "Loops of gene space against the hardest null, by layer (-2 token table, -1 "
                   "input); 0 is as many as a cloud of the same spread has, below 0 fewer.",
                   {"what": "log ratio to the null", "level": 0.0}),
        FigureSpec("bars", "persistence_diagram", "bars",
                   "Components and loops of one sample of genes in the last layer: birth and "
                   "death; what is far from the diagonal lives long.", {}, (6.4, 4.4)),
    ]  # fmt: skip


def _guards(
    states: GeneStates, domain: str, loops: Loops, config: HomologyConfig,
    settings: StatisticsConfig,
) -> list[GuardResult]:  # fmt: skip
    return [
        degenerate_rows(
            states.cloud(states.layers[-1], domain=domain).take(
                [gene for sample in loops.samples for gene in sample]
            )
        ),
        attainable_level(config.draws, settings.level, tests=len(STATISTICS)),
        GuardResult.of(
            "G8", failed=False,
            detail=f"one function (covariance, distances, bars, summary) of the same "
            f"{len(loops.samples[0])} genes for cloud and draws",
        ),
    ]  # fmt: skip


def _notes(loops: Loops, boots: Mapping[str, Mapping[str, BootstrapResult]]) -> list[str]:
    total = loops.table("total")
    below = int((total["log_ratio"] < 0).sum())
    notes = []
    if below:
        notes.append(
            f"In {below} of {len(total)} layers genes make fewer loops than a cloud of the same "
            "spread: clusters fill what would be a hole."
        )
    shuffled = total["p_feature shuffle"] <= 0.05
    hard = total["p_max"] <= 0.05
    if (shuffled & ~hard).any():
        notes.append(
            f"{int((shuffled & ~hard).sum())} of {len(total)} layers beat the published null alone "
            "(shuffled components), which asks whether components depend on each other and not "
            "whether there are loops."
        )
    if "untrained" in boots["total"]:
        copy = float(boots["total"]["untrained"].estimates[0])
        own = float(boots["total"][""].estimates[0])
        notes.append(
            f"The summed lifetime has a log ratio of {own:.3f}, in an untrained copy {copy:.3f}."
        )
    return notes
