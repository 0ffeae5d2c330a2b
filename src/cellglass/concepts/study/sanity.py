"""Does an attribution vanish where there is nothing to find, and stay where nothing changed?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.concepts.attribution.aggregate import spearman
from cellglass.concepts.attribution.engine import attribute
from cellglass.concepts.attribution.nulls import attribution_sanity, noise_cutoffs, null_attribution
from cellglass.concepts.attribution.result import Attribution
from cellglass.concepts.attribution.robustness import (
    counterfactual_agreement,
    donor_agreement,
    score_agreement,
)
from cellglass.concepts.attribution.settings import AttributionSettings
from cellglass.concepts.dictionaries.dictionary_units import DictionaryUnits
from cellglass.errors import InputError, NotApplicableError
from cellglass.models.contract import TransformerModel
from cellglass.models.datasets import CELLS
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import generator
from cellglass.stats.parquet import write_parquet

from .attribution import Held, settings_of
from .cells import DONOR, LABEL, cells_of, donor_column, label_column, opened, read_store, space_of
from .dictionaries import read_dictionaries
from .names import SPLIT, TRAIN
from .units import choose_concepts

SANITY = "sanity.parquet"
N_CONCEPTS, N_PROTOTYPES, N_COUNTERFACTUALS = 8, 12, 2
"""A small choice: six attributions are made of it."""
FEW_CONCEPTS, FEW_PROTOTYPES = 4, 8
"""The same of a transformer, each exchange of which is a pass over all tokens of a cell."""
EXHAUSTIVE = 2_000
"""Exchanges above which a gradient screens them, where the study leaves that open."""
SHAPLEY_ORDERS = 4
DONOR_PROTOTYPES = 3
"""Prototypes that a donor must have for its scores to be compared: there are few in all."""
_NONE = float("nan")


@dataclass
class Checks:
    """Rows of the table and sentences, as checks are made.

    Attributes
    ----------
    rows
        check, unit, value, n.
    notes
        One sentence a check.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, check: str, units: Any, values: Any, n: Any) -> float:
        """Add one row a unit; returns the mean of the values that are known."""
        counts = np.broadcast_to(np.asarray(n), (len(values),))
        for unit, value, count in zip(units, values, counts, strict=True):
            self.rows.append(
                {"check": check, "unit": str(unit), "value": float(value), "n": int(count)}
            )
        known = np.asarray(values, dtype=np.float64)
        known = known[np.isfinite(known)]
        return float(known.mean()) if known.size else _NONE

    def table(self) -> pd.DataFrame:
        """All rows."""
        return pd.DataFrame(self.rows, columns=["check", "unit", "value", "n"])


def check_sanity(
    context: TaskContext,
    *,
    held: Mapping[str, Any],
    attribution: Mapping[str, Any],
    untrained: Mapping[str, str] | None,
) -> None:
    """Attribute a few concepts where scores must collapse, and where they must not change.

    Parameters
    ----------
    context
        Reads the study's cells, the embedded ones and the units, and the tasks of `untrained`.
    held
        See `Held`.
    attribution
        Section ``concepts.attribution`` of the study. Single genes are exchanged between cells
        whatever its options, since nulls and robustness are about that.
    untrained
        Tasks of the untrained copy, by ``"embedded"`` and ``"dictionaries"``; None without one.
    """
    opened_ = Held(context, **held)
    costly = isinstance(opened_.model, TransformerModel)
    n = FEW_CONCEPTS if costly else N_CONCEPTS
    settings = small_settings(settings_of(attribution, context.seed), costly=costly)
    run = partial(
        attribute, opened_.space, opened_.units, labels=opened_.labels, donors=opened_.donors
    )
    kinds = np.array(opened_.units.kinds)
    chosen = _drawn(np.flatnonzero(kinds == "concept"), n, context.seed)
    own = run(which=chosen, settings=settings)
    checks = Checks()
    _between_active(checks, opened_, own)
    checks.add("mean absolute score: concepts", own.unit_names, magnitude(own), _tested(own))
    checks.add("agreement with other concepts", own.unit_names, agreement_within(own),
               len(own.unit_names) - 1)  # fmt: skip
    if untrained is not None:
        try:
            copy = _of_untrained(context, held, untrained, settings, n)
        except NotApplicableError as error:
            checks.notes.append(f"Not compared with an untrained copy: {error.found}.")
        else:
            _broken(checks, own, copy, "an untrained copy", "concepts of an untrained copy")
    else:
        checks.notes.append("Not compared with an untrained copy: the study has no controls.")
    random = _drawn(np.flatnonzero(kinds == "random direction"), n, context.seed)
    if random.size:
        broken = run(which=random, settings=settings)
        _broken(checks, own, broken, "random directions", "random directions")
    else:
        checks.notes.append("Not compared with random directions: the study chose none.")
    _by_donor(checks, own)
    _by_counterfactual(checks, own)
    _otherwise(checks, own, run, opened_)
    write_parquet(checks.table(), context.output / SANITY, {})
    (context.output / SUMMARY).write_text(json.dumps({"notes": checks.notes}, indent=1))


def small_settings(settings: AttributionSettings, *, costly: bool) -> AttributionSettings:
    """The study's settings with few cells, single genes exchanged between two cells."""
    return replace(
        settings,
        n_prototypes=min(settings.n_prototypes, FEW_PROTOTYPES if costly else N_PROTOTYPES),
        n_counterfactuals=min(settings.n_counterfactuals, N_COUNTERFACTUALS),
        exhaustive_below=min(settings.exhaustive_below or EXHAUSTIVE, EXHAUSTIVE),
        direction="remove", perturbation="swap", estimator="one gene", groups=(),
    )  # fmt: skip


def magnitude(attribution: Attribution) -> NDArray[np.float64]:
    """Mean absolute score of each unit over the genes tested, shape (units,)."""
    return np.array(
        [
            np.abs(score[tested > 0]).mean() if (tested > 0).any() else np.nan
            for score, tested in zip(attribution.score, attribution.n_tested, strict=True)
        ]
    )


def share_above(attribution: Attribution) -> NDArray[np.float64]:
    """Share of the genes tested whose score is above the cutoff, shape (units,)."""
    cutoff = attribution.plan.settings.cutoff
    return np.array(
        [
            (score[tested > 0] > cutoff).mean() if (tested > 0).any() else np.nan
            for score, tested in zip(attribution.score, attribution.n_tested, strict=True)
        ]
    )


def agreement_within(attribution: Attribution) -> NDArray[np.float64]:
    """Mean absolute rank correlation of each unit's scores with those of the other units."""
    n = len(attribution.unit_names)
    size = np.full((n, n), np.nan)
    for a in range(n):
        for b in range(a):
            both = (attribution.n_tested[a] > 0) & (attribution.n_tested[b] > 0)
            if both.sum() > 2:
                found = spearman(attribution.score[a, both], attribution.score[b, both])
                size[a, b] = size[b, a] = abs(found)
    return np.array([row[np.isfinite(row)].mean() if np.isfinite(row).any() else np.nan
                     for row in size])  # fmt: skip


def _drawn(rows: NDArray[np.int64], n: int, seed: int) -> NDArray[np.int64]:
    """Some of the units, drawn once for the seed."""
    return np.sort(generator(seed, "concept-sanity/units").permutation(rows)[:n])


def _tested(attribution: Attribution) -> NDArray[np.int64]:
    """Genes tested of each unit."""
    return np.asarray((attribution.n_tested > 0).sum(1))


def _between_active(checks: Checks, opened_: Held, own: Attribution) -> None:
    null = null_attribution(opened_.space, opened_.units, own, "active")
    cutoff = own.plan.settings.cutoff
    name = f"share of genes above {cutoff:g}"
    real = checks.add(f"{name}: concepts", own.unit_names, share_above(own), _tested(own))
    found = checks.add(
        f"{name}: between two active cells", null.unit_names, share_above(null), _tested(null)
    )
    noise = checks.add(
        "score below which 99 % lie between two active cells", null.unit_names,
        noise_cutoffs(null), _tested(null),
    )  # fmt: skip
    checks.notes.append(
        f"Between two cells that both have a concept, {found:.1%} of the genes score above "
        f"{cutoff:g}, against {real:.1%} between cells with and without it (mean of "
        f"{len(own.unit_names)} concepts); 99 % of the former score below {noise:.3f}."
    )


def _broken(checks: Checks, own: Attribution, broken: Attribution, what: str, plural: str) -> None:
    """Agreement and size of an attribution in which there is nothing to find."""
    table = attribution_sanity(own, broken).table
    size = checks.add(f"mean absolute score: {what}", broken.unit_names, magnitude(broken),
                      _tested(broken))  # fmt: skip
    real = float(np.nanmean(magnitude(own)))
    among = agreement_within(own)
    alike = float(among[np.isfinite(among)].mean()) if np.isfinite(among).any() else _NONE
    agrees = checks.add(f"agreement with {what}", table["unit"], table["mean |spearman|"],
                        len(broken.unit_names))  # fmt: skip
    checks.notes.append(
        f"Scores of concepts and of {plural} agree at |rho| = {agrees:.2f} on average (two "
        f"concepts of the trained model: {alike:.2f}); the mean absolute score is {real:.4f} in "
        f"concepts and {size:.4f} in {plural}. Scores are shares of an activation, and large for "
        "units that only just exceed their threshold."
    )


def _of_untrained(
    context: TaskContext,
    held: Mapping[str, Any],
    untrained: Mapping[str, str],
    settings: AttributionSettings,
    n: int,
) -> Attribution:
    """Attribute concepts of the dictionary of the untrained copy in its own space."""
    folder = context.input(untrained["embedded"])
    trained = context.input(untrained["dictionaries"])
    store = read_store(folder)
    loaded = opened(held["model"], "untrained", context.seed, held["device"], held["dtype"])
    cells = cells_of(context.input(CELLS), folder)
    space = space_of(cells, loaded, held["options"], context.seed)
    units = DictionaryUnits(read_dictionaries(trained)[0])
    training = store.array.rows(np.flatnonzero(np.load(trained / SPLIT) == TRAIN))
    carrying, _ = choose_concepts(units, training, len(units))
    return attribute(
        space, units, which=_drawn(carrying, n, context.seed), settings=settings,
        labels=store.obs[LABEL].tolist() if label_column(store.obs) else None,
        donors=store.obs[DONOR].tolist() if donor_column(store.obs) else None,
    )  # fmt: skip


def _by_donor(checks: Checks, own: Attribution) -> None:
    if own.plan.donors is None:
        checks.notes.append("Not compared between donors: the study names none.")
        return
    table = donor_agreement(own, min_prototypes=DONOR_PROTOTYPES)
    mean = checks.add("agreement between donors", table["unit"], table["mean spearman"],
                      table["donors"])  # fmt: skip
    checks.notes.append(
        f"Scores from the prototypes of one donor and of another agree at rho = {mean:.2f}."
        if np.isfinite(mean)
        else f"No two donors have {DONOR_PROTOTYPES} prototypes of one concept to be compared by."
    )


def _by_counterfactual(checks: Checks, own: Attribution) -> None:
    several = own.plan.settings.n_counterfactuals
    if several < 2:
        checks.notes.append("Not compared with more counterfactuals: the study takes one.")
        return
    table = counterfactual_agreement(own, first=1)
    mean = checks.add("agreement of one counterfactual with all", table["unit"],
                      table["spearman"], several)  # fmt: skip
    checks.notes.append(
        f"Scores from the nearest counterfactual alone and from {several} agree at "
        f"rho = {mean:.2f}."
    )


def _otherwise(checks: Checks, own: Attribution, run: Any, opened_: Held) -> None:
    """The same concepts with other counterfactuals, and genes put in instead of taken out."""
    settings, which = own.plan.settings, own.plan.which
    # what `auto` chose for the first is chosen anew for each
    asked = replace(settings, screen="auto" if settings.screen == "gradient" else settings.screen)
    matched = settings.matching != "none"
    ways: list[tuple[str, str, AttributionSettings]] = []
    if opened_.labels is None and settings.matching in ("label", "none"):
        checks.notes.append("Not compared with other matching: the study has no labels.")
    else:
        ways.append(("agreement of matched with unmatched counterfactuals",
                     "Scores with counterfactuals that match and with those that need not",
                     replace(asked, matching="none" if matched else "label")))  # fmt: skip
    ways.append(("agreement of taking genes out with putting them in",
                 "Scores from taking genes out of cells with the concept and from putting them "
                 "into cells without it", replace(asked, direction="insert")))  # fmt: skip
    ways += _estimators(asked, costly=isinstance(opened_.model, TransformerModel))
    for check, sentence, changed in ways:
        try:
            table = score_agreement(own, run(which=which, settings=changed))
        except InputError as error:
            checks.notes.append(f"{sentence} could not be compared: {error.found}.")
            continue
        mean = checks.add(check, table["unit"], table["spearman"], table["genes"])
        checks.notes.append(f"{sentence} agree at rho = {mean:.2f}.")


def _estimators(
    asked: AttributionSettings, *, costly: bool
) -> list[tuple[str, str, AttributionSettings]]:
    """Other estimators of the same scores; Shapley values where a pass is cheap."""
    smooth = replace(asked, screen="all", read_outs=("pre",))
    ways = [
        ("agreement of exchanges with gradients", "Scores by exchange and by gradient",
         replace(smooth, estimator="gradient")),
        ("agreement of exchanges with integrated gradients",
         "Scores by exchange and by integrated gradients",
         replace(smooth, estimator="integrated gradients")),
    ]  # fmt: skip
    if not costly:
        shapley = replace(asked, screen="all", estimator="shapley", n_orders=SHAPLEY_ORDERS)
        ways.append(("agreement of exchanges with Shapley values",
                     "Scores by exchange and by permutation Shapley values", shapley))  # fmt: skip
    return ways
