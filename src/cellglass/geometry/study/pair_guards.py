"""Guards of the analyses that judge pairs: rows, geodesics, splits, draws, nulls and baselines."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cellglass.geometry.guards.attainable import attainable_level
from cellglass.geometry.guards.baselines_run import baselines_run
from cellglass.geometry.guards.guard import GuardResult
from cellglass.geometry.guards.same_functional import same_functional
from cellglass.geometry.layers import layer_label
from cellglass.geometry.splits import splits_are_disjoint
from cellglass.runs.sections import StatisticsConfig

from .measures import DEGREE_NULL, Judged


def pair_guards(
    facts: pd.DataFrame,
    judged: Judged,
    measures: Sequence[str],
    settings: StatisticsConfig,
    seed: int,
) -> list[GuardResult]:
    """Guards of what was judged, each on what was really used.

    Parameters
    ----------
    facts
        Of `PairScores`, one row a layer.
    judged
        What was judged.
    measures
        Which of the measures.
    settings, seed
        Of the study.

    Returns
    -------
    list of GuardResult
        G3, G5, G7, G8 and G9.
    """
    best = {
        m: float(judged.layers.loc[judged.layers["measure"] == m, "auroc"].max()) for m in measures
    }
    baselines = judged.baselines
    return [
        no_zero_rows(facts),
        splits_are_disjoint(judged.pairs, judged.splits(settings, seed)),
        attainable_level(settings.draws, settings.level, tests=len(measures)),
        _one_functional(judged),
        baselines_run(dict(zip(baselines["baseline"], baselines["auroc"], strict=True)), best),
    ]


def no_zero_rows(facts: pd.DataFrame) -> GuardResult:
    """Refuse gene space with rows of zeros; copies of a state only warn.

    Parameters
    ----------
    facts
        With ``genes``, ``zeros`` and ``duplicates`` of each layer.

    Returns
    -------
    GuardResult
        G3, of the worst layer.
    """
    n, zeros, copies = (int(facts[c].max()) for c in ("genes", "zeros", "duplicates"))
    return GuardResult.of(
        "G3",
        failed=zeros > 0,
        detail=f"{n:,} genes with a state, {zeros:,} of them rows of zeros",
        warning=f"up to {copies:,} of a layer have the state of another gene, and are one node "
        "of its graph with it" if copies else "",
    )  # fmt: skip


def geodesics_are_geodesic(facts: pd.DataFrame) -> GuardResult:
    """Refuse geodesic distances that are Euclidean ones in any layer.

    Parameters
    ----------
    facts
        With ``fallback`` and ``fallback_detail`` of each ``layer``.

    Returns
    -------
    GuardResult
        G4, of the first layer that fails, or of the last; not run where none could be judged.
    """
    judged = facts[facts["fallback"] != "not run"]
    failed = facts[facts["fallback"] == "failed"]
    told = (failed.iloc[0] if len(failed) else judged.iloc[-1]) if len(judged) else facts.iloc[-1]
    detail = f"{layer_label(int(told['layer']))}: {told['fallback_detail']}"
    if not len(judged):
        return GuardResult.not_run("G4", detail)
    return GuardResult.of("G4", failed=bool(len(failed)), detail=detail)


def _one_functional(judged: Judged) -> GuardResult:
    """The AUROC that was reported, against what the null evaluates on the labels as they are."""
    null = judged.nulls[DEGREE_NULL]
    at = int(judged.layers["auroc"].argmax())
    return same_functional(
        float(judged.layers["auroc"].iloc[at]), lambda i: null.distributions[i].observed, at
    )
