"""An attribution: which genes each unit reads, in which cells, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError, nearest

from .aggregate import Calibration, UnitEffects, unit_effects
from .checks import AttributionChecks
from .effects import Effects
from .plan import AttributionPlan

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Attribution:
    """Scores of genes for units, with all they were made from.

    Attributes
    ----------
    unit_names
        Units that were attributed.
    genes
        Columns of the scores; names of the groups for the estimator ``"groups"``.
    scores
        By read-out, units x genes. Positive where the cell's own value supports the unit.
    low, high
        Bootstrap interval of the main score, units x genes.
    interval_unit
        What was resampled: ``"donor"``, or ``"prototype"`` below 6 donors; then the interval is
        conditional on the donors at hand.
    n_tested
        Prototypes in which the gene differed in a counterfactual, units x genes. Elsewhere it
        scores 0 because it agrees, which says nothing about the model.
    n_run
        Prototypes in which at least one exact swap of the gene was run.
    verified_share
        Share of the pairs in which the gene differs whose swap was run, units x genes; 1 without
        screen. The rest of the score is the calibrated gradient.
    gate_switched
        Share of swaps run that turned the unit off (on, when inserting), units x genes.
    plan, effects, calibration, checks
        See there.
    """

    unit_names: tuple[str, ...]
    genes: tuple[str, ...]
    scores: dict[str, Floats]
    low: Floats
    high: Floats
    interval_unit: str
    n_tested: NDArray[np.int32]
    n_run: NDArray[np.int32]
    verified_share: NDArray[np.float32]
    gate_switched: NDArray[np.float32]
    plan: AttributionPlan
    effects: Effects
    calibration: Calibration | None
    checks: AttributionChecks

    @property
    def score(self) -> Floats:
        """Scores on the main read-out, units x genes."""
        return self.scores[self.plan.settings.main]

    @property
    def verified(self) -> NDArray[np.bool_]:
        """Genes whose score rests on exact swaps for the larger part, units x genes."""
        return self.verified_share > 0.5

    def place(self, unit: str) -> int:
        """Row of a unit.

        Raises
        ------
        InputError
            If the unit was not attributed; the message says why.
        """
        if unit not in self.unit_names:
            why = self.plan.skipped.get(unit)
            raise InputError(
                f"no attribution of {unit!r}" + (f": it {why}" if why else ""),
                where="attribution",
                fix=nearest(unit, self.unit_names),
            )
        return self.unit_names.index(unit)

    def mask(self, min_prototypes: int = 1) -> NDArray[np.bool_]:
        """Genes tested in enough prototypes to be ranked or enriched, units x genes."""
        return self.n_tested >= min_prototypes

    def of(self, unit: str, chosen: NDArray[np.bool_] | None = None) -> UnitEffects:
        """Effects of one unit, prototypes x genes; of some pairs where `chosen` is given."""
        return unit_effects(self.effects, self.plan, self.place(unit), len(self.genes),
                            self.calibration, chosen)  # fmt: skip

    def table(self, unit: str, n: int | None = None) -> pd.DataFrame:
        """Genes of one unit by falling score, at most `n`: one row a gene that was tested."""
        import pandas as pd

        u = self.place(unit)
        held = np.flatnonzero(self.n_tested[u] > 0)
        order = held[np.lexsort((held, -self.score[u, held]))][:n]
        columns = {"gene": np.array(self.genes)[order]}
        columns |= {f"score ({name})": s[u, order] for name, s in self.scores.items()}
        columns |= {
            "low": self.low[u, order], "high": self.high[u, order],
            "prototypes tested": self.n_tested[u, order], "prototypes run": self.n_run[u, order],
            "verified share": self.verified_share[u, order],
            "gate switched": self.gate_switched[u, order],
            "influential": self.score[u, order] > self.plan.settings.cutoff,
        }  # fmt: skip
        return pd.DataFrame(columns)
