"""p values of many units from few draws of a null: deviations pooled over units alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.statistics.inputs import Table
from cellglass.errors import InputError
from cellglass.stats.arguments import Ints

UNITS_PER_POOL = 50
_LEAST_SD = 1e-9


@dataclass(frozen=True, eq=False)
class PooledNull:
    """Draws of a null of many units, each draw standardised by the other draws of its unit.

    With 100 draws a p of a unit by itself is never below 0.0099, which no correction for
    thousands of units survives. Units whose null deviates alike share their draws here.

    Attributes
    ----------
    mean, sd
        Of the draws of each unit, shape (units,).
    deviations
        Each draw less the mean of the others, over their standard deviation, draws x units.
    pools
        Number of the pool of each unit, shape (units,).

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(size=(50, 200))
    >>> null = PooledNull.of(draws, np.zeros(200))
    >>> bool(null.p(np.full(200, 9.0)).max() < 0.001)
    True
    """

    mean: Table
    sd: Table
    deviations: Table
    pools: Ints

    @classmethod
    def of(
        cls, draws: ArrayLike, alike: ArrayLike, *, units_per_pool: int = UNITS_PER_POOL
    ) -> PooledNull:
        """Standardise and pool.

        Parameters
        ----------
        draws
            Draws x units; nan for units without a null.
        alike
            One number a unit by which the shape of its null may go, for example the number of
            cells in which it is active: units are pooled with those nearest in it.
        units_per_pool
            Least units of a pool (all, where there are fewer).

        Raises
        ------
        InputError
            If there are fewer than 3 draws.
        """
        x = np.asarray(draws, dtype=np.float64)
        n, n_units = x.shape
        if n < 3:
            raise InputError(f"{n} draws of a null", where="draws", expected="at least 3")
        mean, sd = x.mean(0), x.std(0, ddof=1)
        of_others = (x.sum(0) - x) / (n - 1)
        centred = x - mean
        other_mean = -centred / (n - 1)
        square = (centred**2).sum(0) - centred**2 - (n - 1) * other_mean**2
        other_sd = np.maximum(np.sqrt(np.maximum(square, 0) / (n - 2)), _LEAST_SD)
        given = np.flatnonzero(~np.isnan(mean))
        order = given[np.argsort(np.asarray(alike)[given], kind="stable")]
        pools = np.full(n_units, -1, dtype=np.int64)
        n_pools = max(given.size // units_per_pool, 1)
        for pool, units in enumerate(np.array_split(order, n_pools)):
            pools[units] = pool
        return cls(mean, np.maximum(sd, _LEAST_SD), (x - of_others) / other_sd, pools)

    def p(self, found: ArrayLike) -> Table:
        """Chance under the null of a value as great; nan stays.

        Parameters
        ----------
        found
            One value a unit.

        Returns
        -------
        numpy.ndarray
            At least 1 / (draws x units of the pool + 1), shape (units,).
        """
        values = (np.asarray(found, dtype=np.float64) - self.mean) / self.sd
        return self._p(values, np.ones(len(self.pools)))

    def of_draw(self, draw: int) -> Table:
        """The p values that the units of one draw of the null get, itself counted."""
        return self._p(self.deviations[draw], np.zeros(len(self.pools)))

    def _p(self, values: Table, extra: NDArray[np.float64]) -> Table:
        out = np.full(values.size, np.nan)
        for pool in range(int(self.pools.max(initial=-1)) + 1):
            units = np.flatnonzero(self.pools == pool)
            ordered = np.sort(self.deviations[:, units], axis=None)
            above = ordered.size - np.searchsorted(ordered, values[units] - 1e-9)
            out[units] = (above + extra[units]) / (ordered.size + extra[units])
        out[np.isnan(values)] = np.nan
        return out
