"""Exchange curves in a study: do the genes that an attribution names come first for the model?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.concepts.attribution.curves import swap_curves
from cellglass.concepts.attribution.engine import attribute
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import generator
from cellglass.stats.parquet import write_parquet

from .attribution import Held, settings_of
from .gene_tables import GeneTables

CURVES, AREAS, TOPS = "curves.parquet", "areas.parquet", "tops.parquet"
POINTS, N_TOP = 11, (10, 50, 200)
COUNTERFACTUALS = 1


def draw_curves(
    context: TaskContext,
    *,
    attributed: str,
    held: Mapping[str, Any],
    attribution: Mapping[str, Any],
    n_units: int,
    n_prototypes: int,
) -> None:
    """Exchange genes cumulatively, in several orders, for some units of each kind.

    Parameters
    ----------
    context
        Reads the study's cells, the embedded ones, the units and the task named.
    attributed
        Task that attributed genes to units.
    held
        See `Held`.
    attribution
        Section ``concepts.attribution`` of the study.
    n_units, n_prototypes
        Units of each kind, and prototypes of each unit.
    """
    opened = Held(context, **held)
    tables = GeneTables.read(context.input(attributed))
    chosen = units_of_each_kind(tables, n_units, context.seed)
    # pairs of cells are chosen anew for these units; the scores that order genes are the study's
    settings = replace(
        settings_of(attribution, context.seed), n_prototypes=n_prototypes,
        n_counterfactuals=COUNTERFACTUALS, perturbation="swap", direction="remove",
        estimator="gradient", read_outs=("pre",), screen="all",
    )  # fmt: skip
    pairs = attribute(
        opened.space, opened.units, which=chosen, labels=opened.labels, donors=opened.donors,
        settings=settings,
    )  # fmt: skip
    orders = _orders(tables, pairs.plan.which)
    by_gradient = pairs.score
    named = replace(pairs, scores={"pre": orders.pop("attribution")})
    curves = swap_curves(
        opened.space, opened.units, named, {"gradient": by_gradient, **orders},
        n_prototypes=n_prototypes, points=POINTS, n_top=N_TOP,
    )  # fmt: skip
    number = dict(zip(tables.units["name"], tables.units["unit"], strict=True))
    long = [
        pd.DataFrame(
            {
                "unit": number[name],
                "order": order,
                "way": way,
                "share": curves.shares,
                "activation": values[u],
            }
        )
        for way, of_way in (("deletion", curves.deletion), ("insertion", curves.insertion))
        for order, values in of_way.items()
        for u, name in enumerate(pairs.unit_names)
    ]
    for table, name in (
        (pd.concat(long, ignore_index=True), CURVES),
        (curves.auc.assign(unit=curves.auc["unit"].map(number)), AREAS),
        (curves.top.assign(unit=curves.top["unit"].map(number)), TOPS),
    ):
        write_parquet(table, context.output / name, {})


def units_of_each_kind(tables: GeneTables, n: int, seed: int) -> NDArray[np.int64]:
    """At most `n` units of each kind that has genes, decoys left out; drawn once for the seed."""
    chosen: list[NDArray[np.int64]] = []
    for kind in tables.kinds:
        if kind == "decoy":
            continue
        rows = tables.of_kind(kind)
        drawn = generator(seed, f"concept-curves/{kind}").permutation(len(rows))[:n]
        chosen.append(np.sort(rows[drawn]))
    return np.concatenate(chosen)


def _orders(tables: GeneTables, rows: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Scores by which genes are exchanged, units x genes; what is not known comes last."""
    scores = np.nan_to_num(tables.scores[rows], nan=-np.inf)
    by_rank = np.nan_to_num(-tables.de_rank[rows], nan=-np.inf)
    mean = np.broadcast_to(tables.genes["mean"].to_numpy(float), scores.shape)
    return {"attribution": scores, "differential expression": by_rank, "expression": mean.copy()}
