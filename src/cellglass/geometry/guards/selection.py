"""Did selection see what was evaluated? A record that is told, and then asked."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

import numpy as np

from .guard import GuardResult

WHOLE = "before the folds"


class SelectionRecord:
    """Which units chose something, and which were evaluated, fold by fold.

    Parameters
    ----------
    unit
        What is recorded: ``"pair"``, ``"gene"``.

    Notes
    -----
    Units may be numbers of rows, names, or a mask over rows (its true rows are meant). What was
    selected before any fold, with ``fold=None``, counts in every fold.

    Examples
    --------
    >>> record = SelectionRecord("gene")
    >>> record.selected(["A", "B"], fold=0)
    >>> record.evaluated(["C"], fold=0)
    >>> record.result().state
    'passed'
    >>> record.selected(["C", "D"])
    >>> record.result().detail
    '1 of 1 genes evaluated in fold 0 took part in selection before the folds (the first: C)'
    """

    def __init__(self, unit: str = "pair") -> None:
        self.unit = unit
        self._selected: dict[Hashable, set[Hashable]] = {}
        self._evaluated: dict[Hashable, set[Hashable]] = {}

    def selected(self, units: Collection[Hashable], *, fold: Hashable | None = None) -> None:
        """Record units that a choice was made with: features, k, layers, a fitted map.

        Parameters
        ----------
        units
            See the class.
        fold
            The fold for which it was made; None where it was made for all.
        """
        self._selected.setdefault(fold, set()).update(_units(units))

    def evaluated(self, units: Collection[Hashable], *, fold: Hashable) -> None:
        """Record units that a fold was evaluated on.

        Parameters
        ----------
        units
            See the class.
        fold
            The fold.
        """
        self._evaluated.setdefault(fold, set()).update(_units(units))

    def result(self) -> GuardResult:
        """Tell whether selection and evaluation met.

        Returns
        -------
        GuardResult
            G6: failed where a unit took part in both in one fold, with the fold in which most
            did; not run where nothing was selected or nothing was evaluated.
        """
        if not self._selected or not self._evaluated:
            missing = "selected" if not self._selected else "evaluated"
            return GuardResult.not_run("G6", f"nothing was {missing}")
        whole = self._selected.get(None, set())
        worst: tuple[int, str] = (0, "")
        for fold, seen in self._evaluated.items():
            own = self._selected.get(fold, set())
            shared = seen & (own | whole)
            if len(shared) > worst[0]:
                when = "in it" if len(seen & own) >= len(seen & whole) else WHOLE
                worst = (
                    len(shared),
                    (
                        f"{len(shared):,} of {len(seen):,} {self.unit}s evaluated in fold {fold} "
                        f"took part in selection {when} (the first: {min(shared, key=str)})"
                    ),
                )
        if worst[0]:
            return GuardResult.of("G6", failed=True, detail=worst[1])
        n = len(self._evaluated)
        detail = f"no {self.unit} evaluated in {n} {'folds' if n > 1 else 'fold'} was selected with"
        return GuardResult.of("G6", failed=False, detail=detail)


def _units(units: Iterable[Hashable]) -> set[Hashable]:
    if isinstance(units, np.ndarray):
        return set((np.flatnonzero(units) if units.dtype == bool else units).tolist())
    return set(units)
