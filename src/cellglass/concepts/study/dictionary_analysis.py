"""Is the dictionary any good: what it reconstructs, and whether its concepts recur."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.embeddings.store import EmbeddingStore
from cellglass.concepts.statistics.matching import match_directions, random_directions
from cellglass.concepts.statistics.stability import seed_stability
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import generator
from cellglass.stats import Finding, NullSummary, bootstrap_mean, decide, not_applicable

from .cells import read_store
from .description import alive_concepts
from .dictionaries import FITS, read_dictionaries

ANALYSIS = "concepts.dictionary"
CLAIM = "concepts recur when training starts elsewhere"
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
MATCHED = 0.7
NULL_DRAWS = 19
CONTROLS = {"untrained": "dictionary of an untrained copy", "shuffled": "dictionary of shuffled "
            "expression"}  # fmt: skip


def judge(
    context: TaskContext,
    *,
    model: str,
    statistics: Mapping[str, Any],
    dictionaries: str,
    embedded: str,
    controls: Mapping[str, str],
) -> None:
    """Judge the dictionaries of a model beside PCA, a constant, and those of controls.

    Parameters
    ----------
    context
        Reads the tasks named.
    model, statistics
        Name of the model, section ``statistics`` of the study.
    dictionaries, embedded
        Tasks that trained them and that embedded the cells.
    controls
        Variant to the task that trained its dictionary.
    """
    settings = StatisticsConfig(**statistics)
    folder = context.input(dictionaries)
    found = read_dictionaries(folder)
    summary = json.loads((folder / SUMMARY).read_text())
    fits = pd.read_parquet(folder / FITS)
    for variant, task in controls.items():
        other = pd.read_parquet(context.input(task) / FITS)
        own = other[other["fit"] == "dictionary, seed 0"].assign(fit=CONTROLS[variant])
        fits = pd.concat([fits, own], ignore_index=True)
    result = AnalysisResult(ANALYSIS, {"model": model})
    result.tables = {"fits": fits}
    _describe(result, model, found, fits, summary)
    if len(found) > 1:
        _judge_seeds(
            result, model, found, read_store(context.input(embedded)), settings, context.seed
        )
    else:
        result.verdicts = [
            not_applicable(CLAIM, f"dictionaries of {model}", why="one seed was trained",
                           tags={"model": model})
        ]  # fmt: skip
    result.write(context.output)


def _judge_seeds(
    result: AnalysisResult,
    model: str,
    found: list[Dictionary],
    store: EmbeddingStore,
    settings: StatisticsConfig,
    seed: int,
) -> None:
    alive = [alive_concepts(d, store) for d in found]
    decoders = [d.decoder[rows] for d, rows in zip(found, alive, strict=True)]
    names = [[f"concept {i}" for i in rows] for rows in alive]
    agreement = seed_stability(decoders, names, null_draws=NULL_DRAWS, seed=seed)
    own = agreement.units[agreement.units["seed"] == 0]
    null = agreement.null[agreement.null["null"] == "covariance"]
    expected, drawn = float(null["share_matched"].mean()), null["share_matched"].to_numpy()
    gain = own["stability"].to_numpy(float) - expected
    booted = bootstrap_mean(
        gain, unit="concept", draws=settings.bootstrap, seed=seed, task=ANALYSIS
    )
    observed = float(own["stability"].mean())
    p = (1 + int((drawn >= observed).sum())) / (1 + len(drawn))
    wide = booted.interval(level=0.95)
    verdict = decide(
        wide,
        booted.interval(level=0.90),
        settings.margin,
        {"random-direction": p},
        settings.level,
        estimate=float(gain.mean()),
        claim=CLAIM,
        endpoint="finding concepts of one seed again in another",
        subject=f"The dictionary of {model}",
        over="random directions of the same covariance",
        measure="matched share",
        checks={"random-direction": True},
        tags={"model": model},
    )
    finding = Finding(
        ANALYSIS, f"Do concepts of {model} recur in other seeds?",
        f"share of other seeds with a match at cosine {MATCHED}", observed, None,
        NullSummary("random directions", len(drawn), expected, float(drawn.std()), p), p,
        "concept", len(own), ("random directions", expected),
        (float(gain.mean()), wide.low, wide.high), seed,
        {"model": model}, ANALYSIS,
    )  # fmt: skip
    result.findings.append(finding)
    result.verdicts.append(replace(verdict, finding_ids=(finding.id,)))
    result.tables |= {"agreement": agreement.summary(), "matched": matched_shares(decoders, seed)}
    result.captions |= {
        "agreement": "Agreement of all pairs of seeds (Hungarian matching of unit decoder rows on "
        "absolute cosine) beside random directions. PW-MCC is the mean matched cosine.",
        "matched": "Share of concepts of the first seed with a match in another, by the cosine "
        "that a match needs.",
    }
    result.figures.append(
        FigureSpec("matched", "stability_lines", "matched",
                   "Concepts found again in dictionaries trained from another start; dashed, what "
                   "random directions of the same covariance reach.", size=(6.4, 3.2))
    )  # fmt: skip
    result.checks.append(_starts_differ(found))


def matched_shares(decoders: Sequence[NDArray[np.floating]], seed: int) -> pd.DataFrame:
    """Share of the first seed's concepts matched in the others, by the cosine a match needs.

    Parameters
    ----------
    decoders
        Directions of concepts that fire, one array a seed.
    seed
        Root seed of the random directions they are held against.

    Returns
    -------
    pandas.DataFrame
        ``source``, ``threshold``, ``share`` (mean over the other seeds), ``null`` (random
        directions with the second moments of the first dictionary).
    """
    first = decoders[0]
    others = [match_directions(first, d).of_first(len(first), 0.0) for d in decoders[1:]]
    rng = generator(seed, f"{ANALYSIS}/matched")
    random = match_directions(
        first, random_directions(first.shape[0], first.shape[1], rng, like=first)
    ).cosine
    return pd.DataFrame(
        [
            {
                "source": "another seed",
                "threshold": threshold,
                "share": float(np.mean([(cosine >= threshold).mean() for cosine in others])),
                "null": float((random >= threshold).mean()),
            }
            for threshold in THRESHOLDS
        ]
    )


def _starts_differ(found: list[Dictionary]) -> Check:
    """Seeds that begin alike end alike, and fake stability."""
    n_starts = len({str(d.meta["start_sha256"]) for d in found})
    state = "passed" if n_starts == len(found) else "failed"
    return Check("D1", "seeds differ at the start", state,
                 f"{len(found)} seeds, {n_starts} different starts")  # fmt: skip


def _describe(
    result: AnalysisResult,
    model: str,
    found: list[Dictionary],
    fits: pd.DataFrame,
    summary: Mapping[str, Any],
) -> None:
    first = found[0]
    test = fits[fits["cells"] == "test"].set_index("fit")
    own, constant = test.loc["dictionary, seed 0"], test.loc["constant"]
    gamma = first.transform.gamma
    unit = "donors" if summary["unit"] == "donor" else "cells"
    result.captions = {
        "fits": "Reconstruction on training cells and on held-out ones. FVU is the share of the "
        "variance around the mean of each dimension that is left; r2_scalar_mean is the "
        "definition with one mean over all entries, which is near 1 for a constant where "
        "embeddings have a large common mean."
    }
    result.notes = [
        f"On held-out {unit} the dictionary leaves {own['fvu']:.3f} of the variance with "
        f"{own['l0']:.1f} concepts a cell; R² is {own['r2']:.3f} by dimension and "
        f"{own['r2_scalar_mean']:.4f} with one mean over all entries, where the constant "
        f"predictor already reaches {constant['r2_scalar_mean']:.4f}.",
        f"gamma, the norm of the mean over the spread of the embedding, is {gamma:.2f}; the mean "
        "was subtracted before training.",
        summary["split_note"],
        *summary["notes"],
    ]
    settings = summary["settings"]
    result.method = (
        f"Cell embeddings of {model} (width {first.width}) were centred, scaled and factorised by "
        f"a {settings['kind']} dictionary of {first.n_concepts:,} concepts"
        + (f" with {first.k} active a cell" if first.k else "")
        + f", trained with AuxK and unit decoder rows from {len(found)} starts on "
        f"{summary['n'][0]:,} cells, stopped early on {summary['n'][1]:,} and measured on "
        f"{summary['n'][2]:,}, split by {summary['unit']}."
    )
