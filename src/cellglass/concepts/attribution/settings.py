"""What an attribution does: every option by name, with its default."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

from cellglass.errors import InputError, nearest
from cellglass.seeds import DEFAULT_SEED

ReadOut = Literal["gated", "margin", "pre"]
Direction = Literal["remove", "insert", "both"]
Normalisation = Literal["own", "raw", "max", "full swap"]
PrototypeChoice = Literal["strata", "top", "all", "random"]
CounterfactualChoice = Literal["nearest", "farthest", "medoid", "random"]
InactiveRule = Literal["clearly", "gated"]
Matching = Literal["label", "none", "same donor", "different donor"]
Distance = Literal["euclidean", "cosine", "residual"]
Perturbation = Literal["swap", "zero", "dataset mean", "label mean", "shuffle"]
Estimator = Literal["one gene", "groups", "shapley", "integrated gradients", "gradient"]
Aggregation = Literal["mean", "median", "trimmed mean", "share above cutoff"]
Screen = Literal["auto", "all", "gradient"]
Unverified = Literal["calibrated", "zero"]


@dataclass(frozen=True)
class AttributionSettings:
    """Options of `attribute`; where the literature is silent the default is ours.

    Parameters
    ----------
    direction
        ``"remove"``: the gene of the counterfactual goes into the prototype and the fall of the
        activation is read. ``"insert"``: the gene of the prototype goes into the counterfactual
        and the rise is read. ``"both"``: the mean of the two.
    normalisation
        What effects are divided by: the prototype's ``"own"`` activation (0.05 is "loses 5 %"),
        nothing (``"raw"``), the unit's ``"max"`` over the cells, or the pair's ``"full swap"``.
    read_outs
        What is read, the first being the main score: ``"gated"`` activation, ``"margin"`` over
        gate and threshold (smooth), ``"pre"``-activation. All are divided by the same number.
    prototypes, n_prototypes, n_strata, balance_donors, min_activation
        Which active cells, and how many a unit: drawn within `n_strata` ``"strata"`` of the
        activation, ``"top"``, ``"all"`` or ``"random"``; in strata, donors take turns where
        `balance_donors`. Cells below `min_activation` times the median of the active cells are
        left out: divided by next to nothing, a handful of them would decide the mean (0 is the
        paper's reading).
    counterfactuals, n_counterfactuals
        Which inactive cells: ``"nearest"`` (1 is the paper's reading), ``"farthest"``, the
        ``"medoid"`` of all (always one), or ``"random"``.
    inactive, inactive_quantile
        ``"clearly"``: not active, and pre-activation below that quantile of the active cells,
        which leaves out cells that only just lost the gate. ``"gated"``: not active.
    matching, min_matched
        Counterfactuals of the same ``"label"``, the ``"same donor"``, a ``"different donor"``, or
        ``"none"``. A prototype with fewer than `min_matched` candidates takes from all.
    distance
        In the transformed space: ``"euclidean"``, ``"cosine"``, or ``"residual"``: Euclidean once
        the unit's direction is projected out, nearest "apart from the concept".
    perturbation
        What replaces a gene's value: the counterfactual's (``"swap"``), ``"zero"``, the
        ``"dataset mean"``, the mean of cells of the prototype's label (``"label mean"``), or that
        of an inactive cell drawn anew for each gene (``"shuffle"``).
    estimator, groups, n_orders, steps
        ``"one gene"`` at a time; ``"groups"`` of genes at once, given as (name, genes) pairs;
        ``"shapley"`` along `n_orders` random orders; ``"integrated gradients"`` with `steps`
        points; ``"gradient"`` at the prototype times the difference. The last two read "pre".
    aggregation, trim
        Over prototypes. The trimmed mean leaves out the share `trim` on either side.
    cutoff
        Score from which a gene counts as influential.
    screen, top_share, random_share, screen_steps, exhaustive_below, unverified
        ``"all"``: every swap is run. ``"gradient"``: only the `top_share` by gradient of each
        prototype and unit, and a random `random_share`. ``"auto"``: all, unless that takes more
        than `exhaustive_below` passes. `screen_steps` 0 takes the gradient at the cell itself,
        else the mean over so many points of the path. None of these two is what suits the kind
        of model (`SwapSpace.screen_steps`, `SwapSpace.exhaustive_below`). Entries not run count
        as the gradient ``"calibrated"`` on the random share, or as ``"zero"``.
    draws, level
        Of bootstrap intervals.
    batch
        Edited cells given to the space at once, which has batches of its own; changes no result.
    seed
        Root of every draw.

    Raises
    ------
    InputError
        If a value is not valid, or two options exclude one another.

    Examples
    --------
    >>> AttributionSettings(n_counterfactuals=1, inactive="gated", matching="none").distance
    'euclidean'
    """

    direction: Direction = "remove"
    normalisation: Normalisation = "own"
    read_outs: tuple[ReadOut, ...] = ("gated", "margin")
    prototypes: PrototypeChoice = "strata"
    n_prototypes: int = 200
    n_strata: int = 10
    balance_donors: bool = True
    min_activation: float = 0.1
    counterfactuals: CounterfactualChoice = "nearest"
    n_counterfactuals: int = 5
    inactive: InactiveRule = "clearly"
    inactive_quantile: float = 0.05
    matching: Matching = "label"
    min_matched: int = 20
    distance: Distance = "euclidean"
    perturbation: Perturbation = "swap"
    estimator: Estimator = "one gene"
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    n_orders: int = 8
    steps: int = 32
    aggregation: Aggregation = "mean"
    trim: float = 0.1
    cutoff: float = 0.05
    screen: Screen = "auto"
    top_share: float = 0.10
    random_share: float = 0.02
    screen_steps: int | None = None
    exhaustive_below: int | None = None
    unverified: Unverified = "calibrated"
    draws: int = 1000
    level: float = 0.95
    batch: int = 2048
    seed: int = DEFAULT_SEED

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for field in fields(self):
            valid = get_args(hints[field.name])
            if isinstance(getattr(self, field.name), str) and valid:
                _require_one_of(field.name, getattr(self, field.name), valid)
        for read_out in self.read_outs:
            _require_one_of("read_outs", read_out, get_args(ReadOut))
        if not self.read_outs or len(set(self.read_outs)) < len(self.read_outs):
            _refuse("read_outs", self.read_outs, "one or more, each once")
        for name in ("n_prototypes", "n_strata", "n_counterfactuals", "min_matched", "n_orders",
                     "steps", "draws", "batch"):  # fmt: skip
            if getattr(self, name) < 1:
                _refuse(name, getattr(self, name), "at least 1")
        for name in ("top_share", "random_share", "inactive_quantile", "min_activation"):
            if not 0 <= getattr(self, name) <= 1:
                _refuse(name, getattr(self, name), "0 to 1")
        if not 0 <= self.trim < 0.5:
            _refuse("trim", self.trim, "0 or more, less than 0.5")
        if self.screen_steps is not None and self.screen_steps < 0:
            _refuse("screen_steps", self.screen_steps, "0 or more")
        self._check_combinations()

    def _check_combinations(self) -> None:
        if self.perturbation != "swap":
            for name, needed in (("direction", "remove"), ("estimator", "one gene")):
                if getattr(self, name) != needed:
                    _refuse(name, getattr(self, name), f"{needed!r} where genes are not swapped")
            if self.screen == "gradient":
                _refuse("screen", self.screen, "'all' or 'auto' where genes are not swapped")
        if self.estimator != "one gene" and self.screen == "gradient":
            _refuse("screen", self.screen, f"'all' or 'auto' with estimator {self.estimator!r}")
        if self.estimator in ("integrated gradients", "gradient") and self.read_outs != ("pre",):
            _refuse("read_outs", self.read_outs, "('pre',) with gradients: gates have none")
        if (self.estimator == "groups") != bool(self.groups):
            _refuse("groups", self.groups, "given exactly where the estimator is 'groups'")
        if self.screen != "all" and self.random_share == 0 and self.top_share < 1:
            _refuse("random_share", 0, "above 0: without it nothing says how good the screen is")

    @property
    def main(self) -> ReadOut:
        """The read-out that scores are made of."""
        return self.read_outs[0]


def _require_one_of(name: str, value: Any, valid: tuple[Any, ...]) -> None:
    if value not in valid:
        _refuse(name, value, f"one of {', '.join(map(repr, valid))}", nearest(str(value), valid))


def _refuse(name: str, value: Any, expected: str, fix: str = "") -> None:
    raise InputError(
        f"{name} is {value!r}", where="AttributionSettings", expected=expected, fix=fix
    )
