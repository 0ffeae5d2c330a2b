"""Verdict on cell embeddings: are labelled types separated better than before training?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import log1p_cp10k
from cellglass.models.datasets import UNLABELLED, StudyCells
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.seeds import generator
from cellglass.stats import Finding, Interval, NullSummary, decide

from .cell_embedding import Separation, balanced, separation

ANALYSIS = "model.cell_embedding"
CLAIM = "training taught the cell embedding to separate labelled types"
COMPONENTS = 50


def judge_embeddings(
    trained: NDArray[np.floating],
    untrained: NDArray[np.floating],
    cells: NDArray[np.int64],
    study: StudyCells,
    *,
    model: str,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Compare a model's embedding with its untrained copy's.

    Parameters
    ----------
    trained, untrained
        Cell embeddings, cells x width.
    cells
        Positions of their cells among those of the study.
    study
        The cells, for labels and blocks.
    model, settings, seed
        Name, level and draws, root seed.

    Returns
    -------
    AnalysisResult
        PASS needs the balanced accuracy above that of the untrained copy by more than the
        margin, and above that of permuted labels.
    """
    names = study.labels
    if names is None:
        raise ValueError("needs labels")
    keep = names[cells] != UNLABELLED
    labels, blocks = names[cells][keep], study.block[cells][keep]
    pca = _components(study, cells[keep])
    found = {
        name: separation(e, labels, blocks, seed=seed)
        for name, e in (
            (model, trained[keep]),
            ("untrained copy", untrained[keep]),
            (f"{COMPONENTS} principal components", pca),
        )
    }
    own, copy = found[model], found["untrained copy"]
    delta, interval95, interval90 = _difference(own, copy, labels, settings, seed)
    p = (1 + int((own.shuffled >= own.balanced_accuracy).sum())) / (1 + len(own.shuffled))
    null = NullSummary(
        "permuted labels", len(own.shuffled), float(own.shuffled.mean()),
        float(own.shuffled.std()), p,
    )  # fmt: skip
    verdict = decide(
        interval95,
        interval90,
        settings.margin,
        {"permuted-label": p},
        settings.level,
        estimate=delta,
        claim=CLAIM,
        endpoint="naming the type of a cell by its neighbours in other blocks",
        subject=f"The embedding of {model}",
        over="an untrained copy",
        measure="balanced accuracy",
        checks={"permuted-label": bool(null.sd > 0)},
        tags={"model": model},
    )
    finding = Finding(
        ANALYSIS,
        f"Does the embedding of {model} separate labelled types better than an untrained copy?",
        "balanced accuracy of 15 nearest neighbours",
        own.balanced_accuracy,
        None,
        null,
        p,
        "cell",
        len(labels),
        ("untrained copy", copy.balanced_accuracy),
        (delta, interval95.low, interval95.high),
        seed,
        {"model": model},
        ANALYSIS,
    )
    result = AnalysisResult(ANALYSIS, {"model": model}, [finding])
    result.verdicts = [replace(verdict, finding_ids=(finding.id,))]
    result.tables = {"separation": _table(found), "map": _map(trained[keep], labels)}
    _describe(result, model, labels, own, copy)
    return result


def _describe(
    result: AnalysisResult,
    model: str,
    labels: NDArray[np.str_],
    own: Separation,
    copy: Separation,
) -> None:
    """Say what the tables hold, what the figures show and how it was done."""
    result.captions = {
        "separation": f"Balanced accuracy of the vote of the 15 nearest cells of other blocks "
        f"({len(labels):,} labelled cells, {len(np.unique(labels))} labels), with permuted labels, "
        "and the mean silhouette.",
        "map": "First two principal components of the model's embedding, one row a cell.",
    }
    result.figures = [
        FigureSpec("map", "embedding_map", "map",
                   f"Cells in the first two principal components of {model}'s embedding.",
                   size=(6.4, 4.4)),
        FigureSpec("separation", "separation_bars", "separation",
                   "Balanced accuracy of each embedding; the dash is what permuted labels reach.",
                   size=(6.4, 2.4)),
    ]  # fmt: skip
    result.checks = [
        Check("B3", "untrained (random-weight) copy of the model", "passed",
              f"balanced accuracy {copy.balanced_accuracy:.3f} against {own.balanced_accuracy:.3f}")
    ]  # fmt: skip
    result.notes = [
        "Intervals resample cells: they are conditional on the donors.",
        "Principal components of log expression stand beside the model: what needs no model.",
    ]
    result.method = (
        f"Cell embeddings of {model} and of an untrained copy were compared by the balanced "
        "accuracy of the 15 nearest neighbours (cosine) in other replicate blocks."
    )


def _difference(
    own: Separation,
    copy: Separation,
    labels: NDArray[np.str_],
    settings: StatisticsConfig,
    seed: int,
) -> tuple[float, Interval, Interval]:
    """Paired difference in balanced accuracy, cells resampled within labels."""
    _, codes = np.unique(labels, return_inverse=True)
    n = len(codes)
    rng = generator(seed, f"{ANALYSIS}/bootstrap")
    gain = own.correct.astype(float) - copy.correct.astype(float)
    drawn = np.zeros(settings.bootstrap)
    n_labels = int(codes.max()) + 1
    for label in range(n_labels):
        part = gain[codes == label]
        picks = rng.integers(len(part), size=(settings.bootstrap, len(part)))
        drawn += part[picks].mean(1) / n_labels
    delta = balanced(own.correct, codes) - balanced(copy.correct, codes)

    def interval(level: float) -> Interval:
        tail = (1 - level) / 2
        low, high = np.quantile(drawn, [tail, 1 - tail])
        return Interval(float(low), float(high), level, "percentile bootstrap", "cell", n)

    return delta, interval(0.95), interval(0.90)


def _components(study: StudyCells, cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """Principal components of log expression: the comparison that needs no model."""
    from sklearn.utils.extmath import randomized_svd

    counts = study.cells.X[cells]
    log = log1p_cp10k(counts, study.cells.obs["n_counts"].to_numpy()[cells])
    mean = np.asarray(log.mean(0)).ravel()
    square = np.asarray(log.multiply(log).mean(0)).ravel()
    variable = np.argsort(-(square - mean**2), kind="stable")[:2000]
    dense = log[:, np.sort(variable)].toarray()
    dense -= dense.mean(0)
    n = min(COMPONENTS, *dense.shape) - 1
    left, singular, _ = randomized_svd(dense, n_components=max(n, 2), random_state=0)
    return np.asarray(left * singular)


def _table(found: dict[str, Separation]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "embedding": name,
                "balanced_accuracy": s.balanced_accuracy,
                "permuted_labels": float(s.shuffled.mean()),
                "p": (1 + int((s.shuffled >= s.balanced_accuracy).sum())) / (1 + len(s.shuffled)),
                "silhouette": s.silhouette,
                "n_cells": len(s.correct),
            }
            for name, s in found.items()
        ]
    )


def _map(embedding: NDArray[np.floating], labels: NDArray[np.str_]) -> pd.DataFrame:
    centred = embedding - embedding.mean(0)
    left, singular, _ = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    return pd.DataFrame(
        {"x": left[:, 0] * singular[0], "y": left[:, 1] * singular[1], "label": labels}
    )
