"""Deletion and insertion: does exchanging genes in the order of a score move the unit fastest?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.units import Units
from cellglass.errors import InputError
from cellglass.models.swap_space import Edit, SwapSpace
from cellglass.seeds import generator

from .result import Attribution

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SwapCurves:
    """What is left of a unit as genes are exchanged one after the other.

    Attributes
    ----------
    shares
        Shares of the differing genes exchanged, shape (points,).
    deletion, insertion
        By order: activation over the prototype's own as genes of the counterfactual go into the
        prototype, and the reverse, units x points.
    auc
        One row a unit and order, area under the two curves: a good order has a low one for
        deletion and a high one for insertion.
    top
        One row a unit, order and n: necessity is the share of the activation lost when the top
        n are removed, sufficiency the share reached when they are inserted.
    n_pairs
        Pairs of cells of each unit.
    """

    shares: Floats
    deletion: dict[str, Floats]
    insertion: dict[str, Floats]
    auc: pd.DataFrame
    top: pd.DataFrame
    n_pairs: dict[str, int]


def swap_curves(
    space: SwapSpace,
    units: Units,
    attribution: Attribution,
    orders: Mapping[str, ArrayLike] | None = None,
    *,
    n_prototypes: int = 20,
    points: int = 21,
    n_top: Sequence[int] = (10, 50, 200),
) -> SwapCurves:
    """Draw deletion and insertion curves for several orders of genes.

    Parameters
    ----------
    space, units, attribution
        Of single genes, by swaps.
    orders
        Other scores to compare with, each units x genes, the largest first: strength of
        differential expression, mean expression, scores by gradient or integrated gradients. The
        attribution's own score and a random order are always there.
    n_prototypes
        Prototypes a unit, each with its nearest counterfactual.
    points
        Of the curves.
    n_top
        Sizes for sufficiency and necessity.

    Returns
    -------
    SwapCurves

    Raises
    ------
    InputError
        If an order has another shape, or takes a name that is taken.

    Examples
    --------
    >>> import cellglass as cg
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = cg.concepts.NetworkSpace(counts, cg.concepts.linear_network([[1, 1, 0]]))
    >>> same = cg.concepts.Transform(np.zeros(1, np.float32), 1.0)
    >>> units = cg.concepts.LinearUnits("component", ("sum",), [[1]], [2.5], same)
    >>> found = cg.concepts.attribute(space, units)
    >>> curves = swap_curves(space, units, found, n_prototypes=5, points=4)
    >>> area = curves.auc.set_index("order")["deletion"]
    >>> bool(area["score"] < area["random"])
    True
    """
    import pandas as pd

    all_orders = {"score": attribution.score, "random": _random_order(attribution)}
    for name, order in (orders or {}).items():
        values = np.asarray(order, dtype=np.float64)
        if name in all_orders or values.shape != attribution.score.shape:
            raise InputError(
                f"order {name!r} of shape {values.shape}",
                where="swap curves",
                expected=f"a new name, and shape {attribution.score.shape}",
            )
        all_orders[name] = values
    shares = np.linspace(0.0, 1.0, points)
    curves = {way: {n: np.empty((len(attribution.unit_names), points)) for n in all_orders}
              for way in ("deletion", "insertion")}  # fmt: skip
    auc_rows, top_rows, n_pairs = [], [], {}
    for u, unit in enumerate(attribution.unit_names):
        pairs = _chosen_pairs(attribution, u, n_prototypes)
        n_pairs[unit] = len(pairs)
        for name, order in all_orders.items():
            left = {way: _walk(space, units, attribution, u, pairs, order[u], shares, n_top, way)
                    for way in curves}  # fmt: skip
            for way, found in left.items():
                curves[way][name][u] = found[:points]
            auc_rows.append({"unit": unit, "order": name, **{
                way: float(np.trapezoid(found[:points], shares)) for way, found in left.items()
            }})  # fmt: skip
            for i, n in enumerate(n_top):
                top_rows.append({
                    "unit": unit, "order": name, "n": n,
                    "necessity": 1.0 - float(left["deletion"][points + i]),
                    "sufficiency": float(left["insertion"][points + i]),
                })  # fmt: skip
    return SwapCurves(shares, curves["deletion"], curves["insertion"], pd.DataFrame(auc_rows),
                      pd.DataFrame(top_rows), n_pairs)  # fmt: skip


def _random_order(attribution: Attribution) -> Floats:
    rng = generator(attribution.plan.settings.seed, "attribution/curves/random")
    return rng.random(attribution.score.shape)


def _chosen_pairs(attribution: Attribution, u: int, n: int) -> list[tuple[int, int]]:
    """Prototypes, spread evenly over those there are, each with its first counterfactual."""
    pairs = attribution.plan.pairs
    if (pairs.counterfactual < 0).any():
        raise InputError("genes were not swapped with another cell", where="swap curves",
                         expected="an attribution with perturbation 'swap'")  # fmt: skip
    mine = np.flatnonzero((pairs.unit == u) & (pairs.draw == 0))
    _, first = np.unique(pairs.prototype[mine], return_index=True)
    mine = mine[first]
    kept = mine[np.unique(np.linspace(0, mine.size - 1, min(n, mine.size)).astype(np.int64))]
    return [(int(pairs.prototype[i]), int(pairs.counterfactual[i])) for i in kept]


def _walk(
    space: SwapSpace,
    units: Units,
    attribution: Attribution,
    u: int,
    pairs: list[tuple[int, int]],
    order: Floats,
    shares: Floats,
    n_top: Sequence[int],
    way: str,
) -> Floats:
    """Mean activation over the prototype's own, at all shares and then at all `n_top`."""
    which = attribution.plan.which[[u]]
    total = np.zeros(shares.size + len(n_top))
    for prototype, other in pairs:
        base, source = (prototype, other) if way == "deletion" else (other, prototype)
        genes = space.differing(base, source)
        genes = genes[np.argsort(-order[genes], kind="stable")]
        counts = [*np.rint(shares * genes.size).astype(int), *(min(n, genes.size) for n in n_top)]
        row = space.row(source)
        edits = [Edit(base, genes[:n], row[genes[:n]]) for n in counts]
        own = units.read(space.embed(np.array([prototype])), which).gated[0, 0]
        total += units.read(space.embed_edits(edits), which).gated[:, 0] / own
    return total / len(pairs)
