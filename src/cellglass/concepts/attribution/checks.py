"""Checks that come free with a counterfactual attribution, run on every one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cellglass.concepts.units import Units
from cellglass.models.swap_space import Edit, SwapSpace
from cellglass.seeds import generator

from .aggregate import Calibration
from .effects import Effects
from .plan import AttributionPlan

Floats = NDArray[np.float64]
TOLERANCE = 1e-5
"""Error of a full swap, over the distance of the two cells, that counts as rounding."""
NOISE_BELOW = 5
"""The noise floor must be so many times below the cutoff."""
_SAMPLE, _OTHER_BATCH, _LEAST_FULL = 64, 7, 0.01


@dataclass(frozen=True, eq=False)
class AttributionChecks:
    """What holds of an attribution, and how large an effect must be to mean anything.

    Attributes
    ----------
    full_swap_error
        Distance of the embedding after exchanging all genes from that of the other cell, over
        the distance between the two cells: median and largest; nan where nothing was swapped.
    full_swap_effect
        Mean normalised effect of exchanging all genes on the gated activation (on the main
        read-out where that is not read), shape (units,): 1 where
        the activation goes, all of it.
    additivity
        Mean sum of single-gene effects by read-out, shape (units,).
    interaction
        Median of ``|full effect - sum| / |full effect|`` by read-out, shape (units,): 0 for an
        additive model. A gate interacts by itself: read it on the margin.
    noise_floor
        Largest change of effects repeated in batches of another size and order: below it an
        effect is rounding.
    redraw_noise
        Root mean square change of effects between draws of the space (token subsets, ties); nan
        where nothing is drawn.
    n_repeated
        Effects repeated for the two.
    exact_expected
        Whether the space promises exact full swaps, and else why not.
    agreement
        See `Calibration`, main read-out, shape (units,); None where all swaps were run.
    n_passes, n_gradients, n_exhaustive, n_uncached
        Passes run; gradients; passes that all swaps take with and without the cache.
    """

    full_swap_error: tuple[float, float]
    full_swap_effect: Floats
    additivity: dict[str, Floats]
    interaction: dict[str, Floats]
    noise_floor: float
    redraw_noise: float
    n_repeated: int
    exact_expected: tuple[bool, str]
    agreement: Floats | None
    n_passes: int
    n_gradients: int
    n_exhaustive: int
    n_uncached: int
    problems: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether nothing was found that makes the scores doubtful."""
        return not self.problems

    @property
    def saving(self) -> float:
        """Passes that all swaps would take, over those run."""
        return self.n_exhaustive / max(self.n_passes, 1)

    def __str__(self) -> str:
        exact, why = self.exact_expected
        median, largest = self.full_swap_error
        lines = [
            f"full swap: relative error {median:.1e} (largest {largest:.1e}; "
            + (f"at most {TOLERANCE:.0e} promised)" if exact else f"not exact: {why})"),
            f"full swap takes {_mean(self.full_swap_effect):.3f} of the activation",
            "single genes add up to "
            + "; ".join(f"{_mean(v):.3f} ({k}), interaction {_mean(self.interaction[k]):.1%}"
                        for k, v in self.additivity.items()),
            f"noise floor {self.noise_floor:.1e} over {self.n_repeated} repeated effects; "
            + (f"between draws {self.redraw_noise:.1e}" if np.isfinite(self.redraw_noise)
               else "nothing is drawn"),
            f"{self.n_passes:,} passes; all swaps take {self.n_exhaustive:,} "
            f"({self.n_uncached:,} without cache)",
        ]  # fmt: skip
        if self.agreement is not None:
            lines.append(
                f"screen: {self.saving:.1f}x fewer passes, {self.n_gradients:,} gradients; "
                f"rank agreement on the random share {_mean(self.agreement):.3f}"
            )
        return "\n".join([*lines, *self.problems])


def check_attribution(
    space: SwapSpace,
    units: Units,
    plan: AttributionPlan,
    effects: Effects,
    calibration: Calibration | None,
) -> AttributionChecks:
    """Make the checks of an attribution; takes a few hundred passes at most.

    Parameters
    ----------
    space, units, plan
        See `attribute_shard`.
    effects
        Of all pairs, of `join_effects`.
    calibration
        Of the screen, if there was one.
    """
    main = plan.settings.main
    whole = "gated" if "gated" in effects.full else main
    sums = {name: _sums(effects, plan, calibration, name) for name in effects.values}
    interaction = {}
    for name, full in effects.full.items():
        share = np.full(full.size, np.nan)
        held = np.isfinite(full) & (np.abs(full) > _LEAST_FULL)
        share[held] = np.abs(full[held] - sums[name][held]) / np.abs(full[held])
        interaction[name] = _by_unit(share, plan, np.median)
    error = effects.full_error[np.isfinite(effects.full_error)]
    errors = (float(np.median(error)), float(error.max())) if error.size else (np.nan, np.nan)
    repeated = _Repeat.of(space, plan, effects)
    noise = repeated.change(space, units) if repeated else np.zeros(1)
    redraw = _redraw_noise(space, units, plan, repeated) if repeated else float("nan")
    expected = (bool(space.exact_full_swap), space.limits)
    problems = []
    if expected[0] and errors[1] > TOLERANCE:
        problems.append(
            f"a full swap misses the other cell by {errors[1]:.1e} of their distance: the space "
            "leaves something out that the model reads"
        )
    floor = float(noise.max(initial=0.0))
    if floor > plan.settings.cutoff / NOISE_BELOW:
        problems.append(f"the noise floor of {floor:.1e} comes close to the cutoff")
    return AttributionChecks(
        errors,
        _by_unit(effects.full[whole], plan, np.mean),
        {name: _by_unit(total, plan, np.mean) for name, total in sums.items()},
        interaction,
        floor,
        redraw,
        len(repeated.edits) if repeated else 0,
        expected,
        None if calibration is None else calibration.agreement[main],
        effects.n_passes,
        effects.n_gradients,
        plan.n_exhaustive,
        plan.n_uncached,
        tuple(problems),
    )


def _mean(values: Floats) -> float:
    held = values[np.isfinite(values)]
    return float(held.mean()) if held.size else float("nan")


def _by_unit(
    values: Floats, plan: AttributionPlan, summary: Callable[[Floats], np.floating]
) -> Floats:
    out = np.full(plan.which.size, np.nan)
    for u in range(out.size):
        held = values[(plan.pairs.unit == u) & np.isfinite(values)]
        out[u] = summary(held) if held.size else np.nan
    return out


def _sums(
    effects: Effects, plan: AttributionPlan, calibration: Calibration | None, name: str
) -> Floats:
    """Sum of single-gene effects of each pair."""
    row = effects.pair_of_entry()
    value = effects.values[name].astype(np.float64)
    if calibration is not None:
        slope = calibration.slope[name][plan.pairs.unit[row]]
        value = np.where(effects.run > 0, value, slope * calibration.guess[name])
    summed = np.bincount(row, np.nan_to_num(value), minlength=effects.pair.size)
    return summed.astype(np.float64)


@dataclass(frozen=True, eq=False)
class _Repeat:
    """Some swaps that were run, to be run again."""

    edits: list[Edit]
    cell: NDArray[np.int64]
    unit: NDArray[np.int64]
    factor: Floats
    recorded: Floats
    read_out: str

    @classmethod
    def of(cls, space: SwapSpace, plan: AttributionPlan, effects: Effects) -> _Repeat | None:
        """Draw entries; full swaps where genes were not replaced one at a time."""
        pairs, main = plan.pairs, plan.settings.main
        rng = generator(plan.settings.seed, "attribution/repeat")
        single = plan.settings.estimator == "one gene"
        held = np.flatnonzero(np.isfinite(effects.values[main])) if single else np.flatnonzero(
            np.isfinite(effects.full[main]))  # fmt: skip
        if not held.size:
            return None
        drawn = np.sort(rng.choice(held, min(_SAMPLE, held.size), replace=False))
        pair = effects.pair_of_entry()[drawn] if single else drawn
        edits = []
        for entry, p in zip(drawn, pair, strict=True):
            values, at = plan.sources.rows(space, pairs.rows([p]))
            cell, row = int(pairs.base[p]), values[at[0]]
            genes = np.array([effects.gene[entry]], dtype=np.int64) if single else np.flatnonzero(
                row != space.row(cell))  # fmt: skip
            edits.append(Edit(cell, genes, row[genes]))
        sign = np.where(pairs.insert[pair], -1.0, 1.0)
        scale = pairs.scale[pair]
        recorded = (effects.values[main] if single else effects.full[main])[drawn]
        if plan.settings.normalisation == "full swap":
            scale, recorded = np.ones(pair.size), np.full(pair.size, np.nan)
        return cls(edits, pairs.base[pair], plan.which[pairs.unit[pair]], sign / scale,
                   recorded.astype(np.float64), main)  # fmt: skip

    def effects(self, space: SwapSpace, units: Units, size: int) -> Floats:
        """Run the swaps in reversed order, `size` a batch."""
        order = np.arange(len(self.edits))[::-1]
        which, column = np.unique(self.unit, return_inverse=True)
        out = np.empty(order.size)
        for start in range(0, order.size, size):
            at = order[start : start + size]
            before = units.read(space.embed(self.cell[at]), which)
            after = units.read(space.embed_edits([self.edits[i] for i in at]), which)
            rows = np.arange(at.size)
            here, there = (getattr(r, self.read_out)[rows, column[at]] for r in (before, after))
            out[at] = self.factor[at] * (here.astype(np.float64) - there)
        return out

    def change(self, space: SwapSpace, units: Units) -> Floats:
        """How far repeated effects are from the recorded ones, or from one another."""
        again = self.effects(space, units, _OTHER_BATCH)
        first = np.where(np.isfinite(self.recorded), self.recorded,
                         self.effects(space, units, len(self.edits)))  # fmt: skip
        return np.abs(again - first)


def _redraw_noise(
    space: SwapSpace, units: Units, plan: AttributionPlan, repeated: _Repeat
) -> float:
    others = [space.reseeded(plan.settings.seed + i) for i in (1, 2)]
    found = [repeated.effects(other, units, _SAMPLE) for other in others if other is not None]
    if len(found) < 2:
        return float("nan")
    return float(np.sqrt(np.mean((found[0] - found[1]) ** 2) / 2))
