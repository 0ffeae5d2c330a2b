"""The planted benchmark: does attribution find what a model reads where expression cannot?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.concepts.dictionaries.dictionary_units import DictionaryUnits
from cellglass.concepts.dictionaries.training import train
from cellglass.concepts.transform import Transform
from cellglass.concepts.units import LinearUnits, Units
from cellglass.seeds import generator
from cellglass.stats.auroc import auroc

from .differential import differential_expression, log_counts_per_10k
from .engine import attribute
from .planted_data import (
    ModelKind,
    PlantedCells,
    planted_cells,
    planted_model,
    untrained_model,
)
from .settings import AttributionSettings
from .toy_spaces import NetworkSpace

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
UnitSource = Literal["directions", "dictionary"]
MODELS: tuple[ModelKind, ...] = ("linear", "mlp")
DE = ("log fold change", "t", "wilcoxon")


@dataclass(frozen=True, eq=False)
class PlantedBenchmark:
    """How well each method tells the genes of a program from other genes.

    Attributes
    ----------
    table
        One row for each model, units (``"trained"``, ``"untrained model"``, ``"random
        directions"``), method and set of other genes (``"decoys"`` of the program, genes
        ``"read elsewhere"`` in the model, ``"all"``): mean AUROC over programs.
    decoy_correlation
        As asked, of log rates.
    measured_correlation
        Mean correlation of log rates of decoys with those of their genes, as drawn.
    full_swap_error
        Largest relative error of a full swap.
    units
        Where units came from.
    """

    table: pd.DataFrame
    decoy_correlation: float
    measured_correlation: float
    full_swap_error: float
    units: UnitSource

    def auroc(self, method: str, *, model: str | None = None, against: str = "decoys",
              units: str = "trained") -> float:  # fmt: skip
        """Mean over programs; the lowest of the models where `model` is None."""
        rows = self.table[(self.table["method"] == method) & (self.table["against"] == against)
                          & (self.table["units"] == units)]  # fmt: skip
        if model is not None:
            rows = rows[rows["model"] == model]
        return float(rows["auroc"].min()) if len(rows) else float("nan")

    @property
    def attribution_auroc(self) -> float:
        """Program genes against decoys, counterfactual score: the lower of the two models."""
        return self.auroc("attribution")

    @property
    def attribution_auroc_all(self) -> float:
        """The same against all other genes."""
        return self.auroc("attribution", against="all")

    @property
    def gradient_auroc(self) -> float:
        """Program genes against decoys, gradient times difference: the lower of the models."""
        return self.auroc("gradient")

    @property
    def de_auroc(self) -> float:
        """Program genes against decoys: the best statistic of the model it does best in."""
        return self._best_de("decoys")

    @property
    def de_auroc_all(self) -> float:
        """The same against all other genes."""
        return self._best_de("all")

    def _best_de(self, against: str) -> float:
        rows = self.table[self.table["method"].isin(DE) & (self.table["against"] == against)
                          & (self.table["units"] == "trained")]  # fmt: skip
        return float(rows["auroc"].max())


def planted_benchmark(
    *,
    decoy_correlation: float = 0.9,
    seed: int = 0,
    n_prototypes: int = 32,
    units: UnitSource = "directions",
    sanity: bool = False,
) -> PlantedBenchmark:
    """Recover planted gene programs among decoys, by attribution and by expression.

    Parameters
    ----------
    decoy_correlation
        Of decoys with the genes that the model reads; 0.3, 0.6 and 0.9 are the usual ones.
    seed
        Of cells, models and draws.
    n_prototypes
        Prototypes a unit.
    units
        ``"directions"`` along which the model holds the programs; or a ``"dictionary"``
        trained on the embedding, each program being matched with the concept whose activation
        correlates best with the program's read-out.
    sanity
        Also an untrained model of the same architecture, and random directions.

    Returns
    -------
    PlantedBenchmark

    Notes
    -----
    All methods are judged on the same genes by the same measure. Against decoys, which follow
    the program as its own genes do but are not read, differential expression must fail the
    more, the closer they follow. Against all other genes it does not, since most of these do
    not follow the program; both figures are given. The score is taken as it is, expression in
    its absolute value.

    Examples
    --------
    >>> result = planted_benchmark(seed=1, n_prototypes=8)
    >>> result.attribution_auroc > 0.9 > 0.7 > result.de_auroc
    True
    """
    import pandas as pd

    cells = planted_cells(decoy_correlation=decoy_correlation, seed=seed)
    settings = AttributionSettings(n_prototypes=n_prototypes, screen="all", matching="none",
                                   draws=50, seed=seed)  # fmt: skip
    rows: list[dict[str, object]] = []
    error = 0.0
    for kind in MODELS:
        network, directions = planted_model(cells, kind, seed=seed)
        space = NetworkSpace(cells.counts, network, genes=cells.genes)
        found, which = _units(space, directions, units, seed)
        judge = partial(_judged, cells, settings=settings, model=kind)
        rows_here, here = judge(space, found, which, name="trained")
        rows += rows_here
        error = max(error, here)
        if sanity:
            n = len(directions)
            rows += judge(space, _random_units(space, n, seed), np.arange(n),
                          name="random directions")[0]  # fmt: skip
            network = untrained_model(cells, kind, seed=seed)
            bare = NetworkSpace(cells.counts, network, genes=cells.genes)
            rows += judge(bare, _random_units(bare, n, seed), np.arange(n),
                          name="untrained model")[0]  # fmt: skip
    return PlantedBenchmark(
        pd.DataFrame(rows), decoy_correlation, _correlation(cells), error, units
    )


def _judged(
    cells: PlantedCells,
    space: NetworkSpace,
    units: Units,
    which: NDArray[np.int64],
    *,
    settings: AttributionSettings,
    model: ModelKind,
    name: str,
) -> tuple[list[dict[str, object]], float]:
    """Judge all methods on one model, the i-th of the units `which` for the i-th program."""
    found = attribute(space, units, which=which, donors=cells.donors, settings=settings)
    steep = replace(settings, estimator="gradient", read_outs=("pre",))
    gradient = attribute(space, units, which=which, donors=cells.donors, settings=steep)
    activations = units.activations(space.embed())
    expression = log_counts_per_10k(cells.counts)
    methods: dict[str, list[Floats]] = {
        "attribution": list(found.score),
        "attribution (margin)": list(found.scores["margin"]),
        "gradient": list(gradient.score),
    }
    for u in found.plan.which:
        de = differential_expression(expression, activations[:, u] > 0, logistic=False)
        for statistic, strength in de.strengths().items():
            methods.setdefault(statistic, []).append(strength)
    programs = [int(np.flatnonzero(which == u)[0]) for u in found.plan.which]
    rows: list[dict[str, object]] = []
    for method, scores in methods.items():
        for against in ("decoys", "read elsewhere", "all"):
            values = [
                _auroc(score, cells, program, against)
                for score, program in zip(scores, programs, strict=True)
            ]
            rows.append({"model": model, "units": name, "method": method, "against": against,
                         "auroc": float(np.mean(values))})  # fmt: skip
    return rows, found.checks.full_swap_error[1]


def _auroc(score: Floats, cells: PlantedCells, program: int, against: str) -> float:
    members = cells.members(program)
    others = {
        "decoys": cells.decoys(program),
        "read elsewhere": ~cells.is_decoy & ~members,
        "all": ~members,
    }[against]
    judged = members | others
    return auroc(score[judged], members[judged])


def _units(
    space: NetworkSpace, directions: Floats, source: UnitSource, seed: int
) -> tuple[Units, NDArray[np.int64]]:
    """Units, and which of them stands for each program."""
    embedding = space.embed()
    transform = Transform.fit(embedding)
    names = tuple(f"program {k}" for k in range(len(directions)))
    truth = LinearUnits("concept", names, directions, 0.0, transform).with_rate(embedding, 0.2)
    if source == "directions":
        return truth, np.arange(len(names))
    from scipy.optimize import linear_sum_assignment

    dictionary = train(embedding, kind="topk", size=4 * len(names), k=2, seeds=(seed,))[0]
    units = DictionaryUnits(dictionary)
    active = units.activations(embedding)
    wanted = truth.read(embedding).pre
    spread = np.maximum(active.std(0), 1e-12) * wanted.std(0)[:, None]
    likeness = (wanted - wanted.mean(0)).T @ (active - active.mean(0)) / len(active) / spread
    return units, linear_sum_assignment(-likeness)[1].astype(np.int64)


def _random_units(space: NetworkSpace, n: int, seed: int) -> LinearUnits:
    embedding = space.embed()
    rows = generator(seed, "planted/random directions").normal(size=(n, space.width))
    names = tuple(f"random {k}" for k in range(n))
    transform = Transform.fit(embedding)
    return LinearUnits("random direction", names, rows, 0.0, transform).with_rate(embedding, 0.2)


def _correlation(cells: PlantedCells) -> float:
    """Mean correlation of log rates of decoys with those of the genes they were made from."""
    found = []
    for k in range(int(cells.program.max()) + 1):
        own, decoy = cells.latent[:, cells.members(k)], cells.latent[:, cells.decoys(k)]
        partner = own[:, np.arange(decoy.shape[1]) % own.shape[1]]
        found += [np.corrcoef(partner[:, i], decoy[:, i])[0, 1] for i in range(decoy.shape[1])]
    return float(np.mean(found))
