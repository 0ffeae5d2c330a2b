"""Tables of pairs of cells behind an attribution: which cells, how far apart, which genes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.concepts.attribution.counterfactuals import distance_space
from cellglass.concepts.attribution.plan import AttributionPlan
from cellglass.concepts.attribution.result import Attribution
from cellglass.concepts.units import Units
from cellglass.models.swap_space import SwapSpace

DECOY = "decoy"
SWAPS_SHOWN, PAIRS_SHOWN = 12, 5
SWAP_COLUMNS = ["unit", "cell", "counterfactual", "gene", "value", "other", "score"]


def prototype_rows(found: Attribution, space: SwapSpace, units: Units) -> pd.DataFrame:
    """One row a pair of cells, the strongest prototypes of each unit first.

    Parameters
    ----------
    found
        Attribution of some of the units.
    space, units
        Of it.

    Returns
    -------
    pandas.DataFrame
        unit, cell, counterfactual ("" where values come from no one cell), activation, full_swap,
        distance (nan without a counterfactual).
    """
    plan, pairs = found.plan, found.plan.pairs
    names = np.array(space.cell_names)
    swap = pairs.counterfactual >= 0
    table = pd.DataFrame(
        {
            "unit": plan.which[pairs.unit],
            "cell": names[pairs.prototype],
            "counterfactual": np.where(swap, names[np.maximum(pairs.counterfactual, 0)], ""),
            "activation": activations_of_pairs(plan, space, units),
            "full_swap": found.effects.full[plan.settings.main][_rows_of_pairs(found)],
            "distance": pair_distances(plan, space, units),
        }
    )
    return table.sort_values(
        ["unit", "activation"], ascending=[True, False], kind="stable", ignore_index=True
    )


def activations_of_pairs(
    plan: AttributionPlan, space: SwapSpace, units: Units
) -> NDArray[np.float64]:
    """Activation of each pair's unit in its prototype; what effects are divided by may differ."""
    cells, row = np.unique(plan.pairs.prototype, return_inverse=True)
    read = units.read(space.embed(cells), plan.which).gated
    return read[row, plan.pairs.unit].astype(np.float64)


def pair_distances(plan: AttributionPlan, space: SwapSpace, units: Units) -> NDArray[np.float64]:
    """Distance of each pair's cells where counterfactuals were looked for; nan without one.

    Parameters
    ----------
    plan
        Its setting `distance` says which: Euclidean in the transformed space, the same without
        the unit's direction, or 1 minus the cosine.
    space, units
        Of the plan.
    """
    pairs = plan.pairs
    out = np.full(len(pairs), np.nan)
    swap = np.flatnonzero(pairs.counterfactual >= 0)
    if not swap.size:
        return out
    cells = np.unique(np.concatenate([pairs.prototype[swap], pairs.counterfactual[swap]]))
    transformed = units.transform(space.embed(cells))
    for u, unit in enumerate(plan.which):
        mine = swap[pairs.unit[swap] == u]
        points = distance_space(transformed, units.directions[unit], plan.settings)
        ends = (np.searchsorted(cells, r[mine]) for r in (pairs.prototype, pairs.counterfactual))
        first, second = (points[end] for end in ends)
        out[mine] = np.linalg.norm(first - second, axis=1)
    # between vectors of length 1 the squared distance is twice the cosine distance
    return out**2 / 2 if plan.settings.distance == "cosine" else out


def swap_rows(
    found: Attribution,
    space: SwapSpace,
    genes: list[str],
    decoys: Iterable[tuple[int, int, NDArray[np.float64]]] = (),
) -> pd.DataFrame:
    """Largest single-gene effects of the strongest pairs of each unit, with both values.

    Parameters
    ----------
    found
        Attribution of single genes.
    space
        Of it.
    genes
        Labels of the genes of the space.
    decoys
        Number of each decoy, that of its concept, and its shuffled scores.

    Returns
    -------
    pandas.DataFrame
        SWAP_COLUMNS; no rows where values come from no one cell. A decoy shows the pairs of its
        concept: of the genes that differ those with the largest shuffled scores, which are given
        the largest effects of the pair, so that nothing but biology tells it from a concept.
    """
    plan, pairs, effects = found.plan, found.plan.pairs, found.effects
    place = {int(unit): u for u, unit in enumerate(plan.which)}
    shown: list[tuple[int, int, NDArray[np.float64] | None]] = [
        (n, u, None) for n, u in place.items()
    ]
    shown += [(n, place[source], scores) for n, source, scores in decoys]
    row = _rows_of_pairs(found)
    values = effects.values[plan.settings.main]
    parts = []
    for number, u, shuffled in shown:
        for i in _strongest_pairs(plan, u):
            entries = effects.entries(int(row[i]), int(row[i]) + 1)
            run = np.isfinite(values[entries])
            gene, score = effects.gene[entries][run], values[entries][run]
            if shuffled is not None:
                gene, score = _relabelled(gene, score, shuffled)
            top = np.argsort(-np.abs(score), kind="stable")[:SWAPS_SHOWN]
            cells = int(pairs.prototype[i]), int(pairs.counterfactual[i])
            parts.append(_swaps_of(number, cells, gene[top], score[top], space, np.array(genes)))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SWAP_COLUMNS)


def with_decoy_rows(table: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Add rows of the decoys: they show the cells of the concept that they were made of.

    Parameters
    ----------
    table
        About cells, with a column unit.
    units
        unit, kind, matched.
    """
    decoys = units[units["kind"] == DECOY]
    again = [
        table[table["unit"] == source].assign(unit=unit)
        for unit, source in zip(decoys["unit"], decoys["matched"], strict=True)
    ]
    return pd.concat([table, *again], ignore_index=True)


def _strongest_pairs(plan: AttributionPlan, u: int) -> NDArray[np.int64]:
    """Places of the pairs shown of a unit: each prototype with its nearest counterfactual."""
    pairs = plan.pairs
    mine = np.flatnonzero((pairs.unit == u) & (pairs.counterfactual >= 0) & (pairs.draw == 0))
    _, first = np.unique(pairs.prototype[mine], return_index=True)
    mine = mine[np.sort(first)]
    return mine[np.argsort(-pairs.scale[mine], kind="stable")][:PAIRS_SHOWN]


def _relabelled(
    gene: NDArray[np.int32], score: NDArray[np.float32], shuffled: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Effects of a pair, the largest given to the genes with the largest shuffled scores."""
    wanted = np.nan_to_num(shuffled[gene])
    order = np.argsort(-np.abs(wanted), kind="stable")
    size = -np.sort(-np.abs(score))
    return gene[order], np.where(wanted[order] < 0, -size, size)


def _swaps_of(
    unit: int,
    cells: tuple[int, int],
    gene: NDArray[np.int32],
    score: NDArray[np.float32],
    space: SwapSpace,
    labels: NDArray[np.str_],
) -> pd.DataFrame:
    own, other = cells
    return pd.DataFrame(
        {
            "unit": unit,
            "cell": space.cell_names[own],
            "counterfactual": space.cell_names[other],
            "gene": labels[gene],
            "value": space.row(own)[gene],
            "other": space.row(other)[gene],
            "score": score,
        }
    )


def _rows_of_pairs(found: Attribution) -> NDArray[np.int64]:
    """Row of the effects that holds each pair of the plan."""
    return np.argsort(found.effects.pair, kind="stable")
