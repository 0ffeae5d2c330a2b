"""What attribution finds where there is nothing to find: nulls and sanity checks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.concepts.units import Readout, Units
from cellglass.errors import InputError
from cellglass.models.swap_space import SwapSpace
from cellglass.seeds import generator

from .aggregate import spearman
from .counterfactuals import choose_counterfactuals, distance_space, inactive_cells
from .engine import merge_shards
from .plan import AttributionPlan, finish_plan, joined_pairs, pairs_of, read_cells
from .prototypes import cell_priorities, choose_prototypes
from .result import Attribution
from .shard import attribute_shard

if TYPE_CHECKING:
    import pandas as pd

NullKind = Literal["active", "inactive", "permuted labels"]
Rows = NDArray[np.int64]


def null_attribution(
    space: SwapSpace, units: Units, attribution: Attribution, kind: NullKind
) -> Attribution:
    """Attribute again with pairs of cells between which the unit makes no difference.

    Parameters
    ----------
    space, units
        Those of the attribution.
    attribution
        Whose settings, units and cells are used.
    kind
        ``"active"`` or ``"inactive"``: prototype and counterfactual are of the same group.
        ``"permuted labels"``: activations are permuted over the cells before they are chosen.

    Returns
    -------
    Attribution
        Effects are divided by the mean activation of the real prototypes where the prototype's
        own is 0 or belongs to another cell.

    Raises
    ------
    InputError
        If values come from no counterfactual cell, so that there is no pair to choose.

    Examples
    --------
    >>> import cellglass as cg
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = cg.concepts.NetworkSpace(counts, cg.concepts.linear_network([[1, 1, 0]]))
    >>> same = cg.concepts.Transform(np.zeros(1, np.float32), 1.0)
    >>> units = cg.concepts.LinearUnits("component", ("sum",), [[1]], [2.5], same)
    >>> found = cg.concepts.attribute(space, units)
    >>> null = null_attribution(space, units, found, "active")
    >>> bool(np.abs(null.score).max() < 0.5 * found.score.max())
    True
    """
    plan = attribution.plan
    if plan.settings.perturbation != "swap":
        raise InputError(
            f"the perturbation is {plan.settings.perturbation!r}",
            where="null attribution",
            expected="'swap': the null chooses other pairs of cells",
        )
    null = null_plan(space, units, plan, kind)
    return merge_shards(space, units, null, [attribute_shard(space, units, null)])


def null_plan(
    space: SwapSpace, units: Units, plan: AttributionPlan, kind: NullKind
) -> AttributionPlan:
    """Plan a null, for `attribute_shard` and `merge_shards`; see `null_attribution`."""
    settings, rows = plan.settings, plan.sources.cells
    embedding, readout = read_cells(space, units, rows, plan.which)
    points = np.asarray(units.transform(embedding), dtype=np.float64)
    codes = {
        name: None if c is None else c[rows]
        for name, c in (("labels", plan.sources.labels), ("donors", plan.donors))
    }
    parts, shares = [], []
    for u, unit in enumerate(plan.which):
        chosen, candidates = _groups(readout, u, plan, kind, codes["donors"], units.names[unit])
        # one more, since a cell may find itself
        wide = replace(settings, n_counterfactuals=settings.n_counterfactuals + 1)
        found, matched = choose_counterfactuals(
            distance_space(points, units.directions[unit], settings), chosen, candidates, wide,
            labels=codes["labels"], donors=codes["donors"], task=f"{kind}/{units.names[unit]}",
        )  # fmt: skip
        others = [
            rows[f[f != p][: settings.n_counterfactuals]]
            for p, f in zip(chosen, found, strict=True)
        ]
        real = plan.pairs.unit == u
        scale = np.full(chosen.size, plan.pairs.scale[real].mean())
        level = np.full(chosen.size, plan.pairs.level[real].mean())
        parts.append(pairs_of(u, rows[chosen], others, scale, level, settings))
        shares.append(float(matched.mean()))
    return finish_plan(space, settings, plan.which, joined_pairs(parts), plan.sources,
                       (plan.donors, plan.donor_names), {}, np.array(shares))  # fmt: skip


def _groups(
    readout: Readout,
    u: int,
    plan: AttributionPlan,
    kind: NullKind,
    donors: Rows | None,
    name: str,
) -> tuple[Rows, Rows]:
    """Prototypes and candidates of a null, as places among the cells."""
    settings = plan.settings
    gated, pre = readout.gated[:, u], readout.pre[:, u]
    priority = cell_priorities(gated.size, settings.seed)
    if kind == "permuted labels":
        order = generator(settings.seed, f"attribution/permuted/{name}").permutation(gated.size)
        gated, pre = gated[order], pre[order]
    silent = np.flatnonzero(inactive_cells(gated, pre, settings))
    if kind == "inactive":
        n = np.unique(plan.pairs.prototype[plan.pairs.unit == u]).size
        return np.sort(silent[np.argsort(priority[silent])][:n]), silent
    chosen = choose_prototypes(gated, priority, settings, donors)
    return chosen, np.flatnonzero(gated > 0) if kind == "active" else silent


def noise_cutoffs(null: Attribution, level: float = 0.99) -> NDArray[np.float64]:
    """Quantile of the scores of a null, over the genes tested, shape (units,).

    Parameters
    ----------
    null
        Of `null_attribution`.
    level
        Share of the null's scores below the cutoff.
    """
    return np.array([
        np.quantile(score[tested > 0], level) if (tested > 0).any() else np.nan
        for score, tested in zip(null.score, null.n_tested, strict=True)
    ])  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sanity:
    """Whether scores collapse where model or unit hold nothing (Adebayo et al., 2018).

    Attributes
    ----------
    table
        One row a unit: Spearman correlation of its scores with those of each unit of the
        broken attribution, the mean and the largest absolute one, and the share of the broken
        one's absolute scores that lies on the genes the real one calls influential, beside the
        share that these genes have among all.
    """

    table: pd.DataFrame

    @property
    def agreement(self) -> float:
        """Mean absolute rank correlation with broken units."""
        return float(self.table["mean |spearman|"].mean())


def attribution_sanity(attribution: Attribution, broken: Attribution) -> Sanity:
    """Compare with an attribution of an untrained model, or of random directions.

    Parameters
    ----------
    attribution
        Of trained units.
    broken
        Of units fitted on the untrained model's embeddings, or of random directions; over the
        same genes.

    Returns
    -------
    Sanity
        How far scores of the two agree; a broken attribution should not resemble a real one.

    Raises
    ------
    InputError
        If the genes differ.

    Examples
    --------
    >>> import cellglass as cg
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = cg.concepts.NetworkSpace(counts, cg.concepts.linear_network([[1, 1, 0]]))
    >>> same = cg.concepts.Transform(np.zeros(1, np.float32), 1.0)
    >>> units = cg.concepts.LinearUnits("component", ("sum",), [[1]], [2.5], same)
    >>> found = cg.concepts.attribute(space, units)
    >>> round(attribution_sanity(found, found).agreement, 2)  # with itself
    1.0
    """
    import pandas as pd

    if attribution.genes != broken.genes:
        raise InputError(
            f"{len(attribution.genes)} and {len(broken.genes)} genes, not the same",
            where="attribution_sanity",
            fix="make both spaces from the same cells",
        )
    rows = []
    cutoff = attribution.plan.settings.cutoff
    for u, name in enumerate(attribution.unit_names):
        called = attribution.score[u] > cutoff
        found, mass = [], []
        for b in range(len(broken.unit_names)):
            both = (attribution.n_tested[u] > 0) & (broken.n_tested[b] > 0)
            size = np.abs(broken.score[b])
            if both.sum() > 2:
                found.append(abs(spearman(attribution.score[u, both], broken.score[b, both])))
            mass.append(size[called].sum() / max(float(size.sum()), np.finfo(float).tiny))
        held = np.array([f for f in found if np.isfinite(f)])
        rows.append({
            "unit": name,
            "mean |spearman|": held.mean() if held.size else np.nan,
            "largest |spearman|": held.max() if held.size else np.nan,
            "broken mass on its genes": float(np.mean(mass)),
            "share of genes": float(called.mean()),
        })  # fmt: skip
    return Sanity(pd.DataFrame(rows))
