"""Attribution in a study: a plan, shards of prototype cells, and what they add up to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cellglass._options import check_options
from cellglass.concepts.attribution.effects import Effects
from cellglass.concepts.attribution.engine import merge_shards
from cellglass.concepts.attribution.plan import AttributionPlan, plan_attribution
from cellglass.concepts.attribution.plan_files import read_plan, write_plan
from cellglass.concepts.attribution.result import Attribution
from cellglass.concepts.attribution.settings import AttributionSettings
from cellglass.concepts.attribution.shard import attribute_shard
from cellglass.concepts.joined_units import JoinedUnits
from cellglass.concepts.unit_files import read_units
from cellglass.errors import InputError
from cellglass.models.cell_model import CellModel
from cellglass.models.datasets import CELLS
from cellglass.models.swap_space import SwapSpace
from cellglass.runs.concepts_section import AttributionConfig
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.tasks import TaskContext

from .cells import (
    DONOR,
    LABEL,
    cells_of,
    donor_column,
    label_column,
    opened,
    read_store,
    space_of,
)
from .names import Variant

ELSEWHERE = ("n_prototypes", "n_counterfactuals", "screen", "groups", "seed")
"""Settings that the study names by keys of its own, or that single genes do not have."""
SHARDS = 16
"""Parts of the work of one model, whatever the number of workers."""
EFFECTS = "effects.npz"


def settings_of(config: Mapping[str, Any], seed: int) -> AttributionSettings:
    """Settings that a study's section ``concepts.attribution`` asks for.

    Parameters
    ----------
    config
        The section.
    seed
        Root seed.

    Raises
    ------
    InputError
        If its options name no setting, or have values of another type.
    """
    section = AttributionConfig(**config)
    known = AttributionSettings()
    names = [n for n in vars(known) if n not in ELSEWHERE]
    where = "concepts.attribution.options"
    # a file knows lists only
    options: dict[str, Any] = {
        n: tuple(v) if isinstance(v, list) else v for n, v in section.options.items()
    }
    check_options(AttributionSettings, options, where=where, names=names)
    if options.get("estimator") == "groups":
        raise InputError(
            "estimator: 'groups'", where=where, expected="an estimator of single genes",
            fix="cellglass.concepts.attribute exchanges groups of genes",
        )  # fmt: skip
    read_outs = tuple(dict.fromkeys((section.read_out, "margin", "gated")))
    return replace(
        known,
        n_prototypes=section.prototypes,
        n_counterfactuals=section.counterfactuals,
        screen=section.screen,
        seed=seed,
        **({"read_outs": read_outs} | options),
    )


class Held:
    """What every task of an attribution opens: the space, the units, labels and donors.

    Parameters
    ----------
    context
        Reads the study's cells, `embedded` and `units`.
    model, variant, options
        Of `cellglass.concepts.study.cells.embed`.
    embedded, units
        Tasks that embedded the cells and chose the units.
    device, dtype
        Of the forward pass.
    """

    def __init__(
        self,
        context: TaskContext,
        *,
        model: Mapping[str, Any],
        options: Mapping[str, Any],
        embedded: str,
        units: str,
        device: str,
        dtype: str,
        variant: Variant = "",
    ) -> None:
        loaded = opened(model, variant, context.seed, device, dtype)
        folder = context.input(embedded)
        self.store = read_store(folder)
        self.model: CellModel = loaded
        self.cells = cells_of(context.input(CELLS), folder)
        self.space: SwapSpace = space_of(self.cells, loaded, options, context.seed)
        self.units: JoinedUnits = read_units(context.input(units) / "units")
        obs = self.store.obs
        self.labels = obs[LABEL].tolist() if label_column(obs) else None
        self.donors = obs[DONOR].tolist() if donor_column(obs) else None


def plan_shards(
    context: TaskContext, *, attribution: Mapping[str, Any], held: Mapping[str, Any]
) -> None:
    """Choose prototypes and counterfactuals of all units; leave the plan."""
    opened_ = Held(context, **held)
    settings = settings_of(attribution, context.seed)
    plan = plan_attribution(
        opened_.space, opened_.units, settings, labels=opened_.labels, donors=opened_.donors
    )
    write_plan(plan, context.output)
    (context.output / SUMMARY).write_text(
        json.dumps({"skipped": plan.skipped, "passes": plan.n_exhaustive,
                    "screen": plan.settings.screen})
    )  # fmt: skip


def run_shard(context: TaskContext, *, plan: str, shard: int, held: Mapping[str, Any]) -> None:
    """Run the swaps of one part of the prototype cells; nothing where there are fewer parts."""
    chosen = read_plan(context.input(plan))
    parts = chosen.shards(SHARDS)
    if shard >= len(parts):
        return
    opened_ = Held(context, **held)
    effects = attribute_shard(opened_.space, opened_.units, chosen, parts[shard])
    effects.write(context.output / EFFECTS)


def merged(
    context: TaskContext, plan: str, shards: Sequence[str], held: Held
) -> tuple[AttributionPlan, Attribution]:
    """Read what the shards left and put it together.

    Parameters
    ----------
    context
        Reads the plan and the shards.
    plan, shards
        Names of their tasks.
    held
        See `Held`.
    """
    chosen = read_plan(context.input(plan))
    files = [context.input(s) / EFFECTS for s in shards]
    parts = [Effects.read(f) for f in files if f.is_file()]
    return chosen, merge_shards(held.space, held.units, chosen, parts)


def ranks(values: np.ndarray) -> np.ndarray:
    """Rank of each value by size, 1 for the largest absolute one; nan stays nan."""
    out = np.full(values.shape, np.nan)
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(-np.abs(values[known]), kind="stable")]
    out[order] = np.arange(1, len(order) + 1)
    return out
