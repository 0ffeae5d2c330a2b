"""Counterfactual attribution: which genes of a cell does a unit of the embedding read?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.units import Units
from cellglass.models.swap_space import SwapSpace

from .aggregate import UnitEffects, calibrate, score, score_interval, unit_effects
from .checks import check_attribution
from .effects import Effects, join_effects
from .plan import AttributionPlan, plan_attribution
from .result import Attribution
from .settings import AttributionSettings
from .shard import attribute_shard

MIN_DONORS = 6


def attribute(
    space: SwapSpace,
    units: Units,
    *,
    cells: ArrayLike | None = None,
    which: ArrayLike | None = None,
    labels: Sequence[str] | None = None,
    donors: Sequence[str] | None = None,
    settings: AttributionSettings | None = None,
) -> Attribution:
    """Score genes by what happens to a unit when a close cell without it lends its value.

    Parameters
    ----------
    space
        Cells as a model sees them.
    units
        Read from the model's embeddings.
    cells
        Rows of the space from which prototypes and counterfactuals are chosen; all where None.
    which
        Indexes of the units; all where None.
    labels, donors
        Of every cell of the space; a label restricts counterfactuals, donors are balanced among
        prototypes and are the unit of inference.
    settings
        See `AttributionSettings`; its defaults where None.

    Returns
    -------
    Attribution

    Raises
    ------
    InputError
        If no unit is active in some of the cells and silent in others.

    Notes
    -----
    For a prototype p in which unit c is active and a close cell q in which it is not,
    ``s = (a_c(x_p) - a_c(x_p[l <- q])) / a_c(x_p)`` for gene l; the score is the mean over
    prototypes of the mean over their counterfactuals. One pass serves all units that are active
    in the cell. The result depends on neither batch size nor the number of shards; in float32 up
    to rounding, which `checks` measures.

    Examples
    --------
    >>> from cellglass.concepts import LinearUnits, NetworkSpace, Transform, linear_network
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = NetworkSpace(counts, linear_network([[1, 1, 0], [1, -1, 0]]))
    >>> same = Transform(np.zeros(2, np.float32), 1.0)
    >>> units = LinearUnits("component", ("sum",), [[1, 0]], [2.5], same)
    >>> found = attribute(space, units)
    >>> (found.score[0] > 0.05).tolist(), float(found.score[0, 2])
    ([True, True, False], 0.0)
    """
    plan = plan_attribution(space, units, settings or AttributionSettings(), cells=cells,
                            which=which, labels=labels, donors=donors)  # fmt: skip
    return merge_shards(space, units, plan, [attribute_shard(space, units, plan)])


def merge_shards(
    space: SwapSpace, units: Units, plan: AttributionPlan, parts: Sequence[Effects]
) -> Attribution:
    """Put shards together, aggregate, and check.

    Parameters
    ----------
    space, units, plan
        As given to `attribute_shard`.
    parts
        What it returned for each of the plan's shards, in any order.

    Returns
    -------
    Attribution

    Raises
    ------
    InputError
        If a shard is missing or given twice.

    Examples
    --------
    >>> import cellglass as cg
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = cg.concepts.NetworkSpace(counts, cg.concepts.linear_network([[1, 1, 0]]))
    >>> same = cg.concepts.Transform(np.zeros(1, np.float32), 1.0)
    >>> units = cg.concepts.LinearUnits("component", ("sum",), [[1]], [2.5], same)
    >>> settings = cg.concepts.AttributionSettings(n_prototypes=20)
    >>> plan = cg.concepts.plan_attribution(space, units, settings)
    >>> parts = [attribute_shard(space, units, plan, part) for part in plan.shards(2)]
    >>> merge_shards(space, units, plan, parts).unit_names
    ('sum',)
    """
    effects = join_effects(parts, len(plan.pairs))
    settings = plan.settings
    genes = tuple(n for n, _ in settings.groups) if settings.groups else tuple(space.genes)
    calibration = calibrate(effects, plan)
    shape = (plan.which.size, len(genes))
    scores: dict[str, NDArray[np.float64]] = {name: np.zeros(shape) for name in settings.read_outs}
    low, high = np.zeros(shape), np.zeros(shape)
    n_tested, n_run = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    verified, switched = np.ones(shape, np.float32), np.zeros(shape, np.float32)
    by_donor = enough_donors(plan)
    for u in range(shape[0]):
        found = unit_effects(effects, plan, u, shape[1], calibration)
        for name, values in found.values.items():
            scores[name][u] = score(values, settings)
        groups = prototype_groups(found, plan, by_donor)
        task = units.names[plan.which[u]]
        main = found.values[settings.main]
        moved = np.flatnonzero((main != 0).any(0))  # all other genes are 0 in every resample
        low[u, moved], high[u, moved] = score_interval(main[:, moved], groups, settings, task)
        n_tested[u] = found.differed.sum(0)
        n_run[u] = (found.differed & (found.exact > 0)).sum(0)
        weight = np.maximum(n_tested[u], 1)
        verified[u] = np.where(n_tested[u] > 0, found.exact.sum(0) / weight, 1)
        switched[u] = found.switched.sum(0) / np.maximum(n_run[u], 1)
    return Attribution(
        tuple(units.names[i] for i in plan.which), genes, scores, low, high,
        "donor" if by_donor else "prototype", n_tested, n_run, verified, switched, plan, effects,
        calibration, check_attribution(space, units, plan, effects, calibration),
    )  # fmt: skip


def enough_donors(plan: AttributionPlan) -> bool:
    """Whether the prototypes come from donors enough to stand for others."""
    if plan.donors is None:
        return False
    return np.unique(plan.donors[plan.pairs.prototype]).size >= MIN_DONORS


def prototype_groups(
    found: UnitEffects, plan: AttributionPlan, by_donor: bool
) -> NDArray[np.int64]:
    """Group of each prototype: its donor, or itself."""
    if by_donor and plan.donors is not None:
        return plan.donors[found.prototypes]
    return found.prototypes
