"""A statistic on the data beside its draws under one null, and under several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.nulls.draw_null import DrawCheck
from cellglass.stats.null_margin import null_gap, strict_margin
from cellglass.stats.nulls.base import NullCheck
from cellglass.stats.permutation import Alternative, NullDistribution

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class NullDraws:
    """A statistic on the data and on draws of one null.

    Attributes
    ----------
    null, preserves
        Name of the null and what it keeps.
    observed
        The statistic on the data.
    values
        The statistic on each draw used, in the order of the draws.
    result
        Mean, sd, z and p.
    check
        What draws really change. Where it failed, p is no evidence.
    """

    null: str
    preserves: str
    observed: float
    values: NDArray[np.float64]
    result: NullDistribution
    check: NullCheck | DrawCheck


@dataclass(frozen=True, eq=False)
class NullFamilies:
    """A statistic on the data and on draws of several nulls.

    Attributes
    ----------
    observed
        The statistic on the data.
    families
        The draws, by name of the family.
    alternative
        Direction of the test.
    """

    observed: float
    families: Mapping[str, NullDraws]
    alternative: Alternative

    @property
    def p_max(self) -> float:
        """Largest p of the families: small only if the data beat every one of them."""
        return max(found.result.p for found in self.families.values())

    @property
    def gap(self) -> float:
        """Observed value less the 95 % quantile of all draws together, see `null_gap`."""
        return null_gap(self.observed, self._complete(), direction=self.alternative)

    @property
    def strict_margin(self) -> float:
        """Observed value less the largest 95 % quantile of a family, see `strict_margin`."""
        return strict_margin(self.observed, self._complete(), direction=self.alternative)

    @property
    def failed(self) -> tuple[str, ...]:
        """Families whose null failed its self-check."""
        return tuple(name for name, found in self.families.items() if not found.check.passed)

    def table(self, **keys: object) -> pd.DataFrame:
        """Return all draws as a long table, as ``cellglass audit`` reads it.

        Parameters
        ----------
        **keys
            Columns with one value, to tell tables apart: ``layer=3, split="source"``.

        Returns
        -------
        pandas.DataFrame
            The keys, then null_kind, draw (from 0) and value.
        """
        import pandas as pd

        reserved = {"null_kind", "draw", "value"} & keys.keys()
        if reserved:
            raise InputError(f"a key named {sorted(reserved)[0]}", where="table", fix="rename it")
        rows = [
            pd.DataFrame(
                {
                    **keys,
                    "null_kind": name,
                    "draw": np.arange(found.values.size),
                    "value": found.values,
                }
            )
            for name, found in self.families.items()
        ]
        return pd.concat(rows, ignore_index=True)

    def _complete(self) -> dict[str, NDArray[np.float64]]:
        stopped = [name for name, found in self.families.items() if found.result.stopped]
        if stopped:
            raise InputError(
                f"the draws of {', '.join(stopped)} were stopped early",
                where="null families",
                expected="all draws: when to stop depends on them, and so would their quantile",
                fix="leave stop_after out where a gap or margin is wanted",
            )
        return {name: found.values for name, found in self.families.items()}
