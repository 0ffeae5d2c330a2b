"""Printed p and q values, computed again from what is printed beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from scipy import stats

from cellglass.errors import InputError, nearest
from cellglass.stats import bh, sign_test

from .published import PublishedNumber, PublishedTable
from .selecting import Ours


def recompute(table: PublishedTable, seed: int) -> Mapping[str, Ours]:
    """Compute p and q values again.

    Parameters
    ----------
    table
        Its rows have ``given = {rule = ...}``. ``"bh of rho"``: BH over all rows of the same
        ``family``, p of Spearman's ``rho`` with ``n`` values (Student's t); ``"smallest of"``: BH
        of the smallest ``p`` of so many ``tests``; ``"sign test"``: one-sided; ``"floor"``: the
        smallest p that so many ``draws`` can give; ``"fisher of floors"``: Fisher's combination
        of so many such floors.
    seed
        Not used: nothing is random.

    Returns
    -------
    mapping of str to Ours
        By row.

    Raises
    ------
    InputError
        If a rule is not known.

    Examples
    --------
    >>> row = PublishedNumber("r", "three seeds", "0.0056", given={"rule": "fisher of floors",
    ...     "draws": 20, "combined": 3})
    >>> round(recompute(PublishedTable("t", "T", (row,)), 1)["r"].value, 4)
    0.0056
    """
    found: dict[str, Ours] = {}
    for row in table.rows:
        rule = str(row.given.get("rule", ""))
        if rule == "bh of rho":
            found[row.id] = Ours(_bh_of_rho(table, row), n=int(row.given["n"]))
        elif rule in _RULES:
            found[row.id] = Ours(_RULES[rule](row.given))
        elif row.given:
            raise InputError(
                f"no rule '{rule}'", where=f"row '{row.id}'", fix=nearest(rule, _RULES)
            )
    return found


def _bh_of_rho(table: PublishedTable, row: PublishedNumber) -> float:
    family = [r for r in table.rows if r.given.get("family") == row.given["family"]]
    p = [rho_p(float(r.given["rho"]), int(r.given["n"])) for r in family]
    return float(bh(np.array(p))[family.index(row)])


def rho_p(rho: float, n: int) -> float:
    """Two-sided p of a rank correlation by Student's t.

    Parameters
    ----------
    rho
        Spearman's correlation.
    n
        Number of values, at least 3.

    Returns
    -------
    float

    Examples
    --------
    >>> round(rho_p(-0.608, 18), 4)
    0.0074
    """
    t = abs(rho) * math.sqrt((n - 2) / (1 - rho**2))
    return float(2 * stats.t.sf(t, n - 2))


def _smallest(given: Mapping[str, object]) -> float:
    first = float(str(given["p"]))
    others = np.ones(int(str(given["tests"])) - 1)
    return float(bh(np.append(others, first))[-1])


def _sign(given: Mapping[str, object]) -> float:
    positive, n = int(str(given["positive"])), int(str(given["n"]))
    return float(sign_test(np.repeat([1.0, -1.0], [positive, n - positive]), np.zeros(n),
                           alternative="greater").p)  # fmt: skip


def _floor(given: Mapping[str, object]) -> float:
    return 1 / (int(str(given["draws"])) + 1)


def _fisher(given: Mapping[str, object]) -> float:
    k = int(str(given["combined"]))
    return float(stats.chi2.sf(-2 * k * math.log(_floor(given)), 2 * k))


_RULES: dict[str, Callable[[Mapping[str, object]], float]] = {
    "smallest of": _smallest,
    "sign test": _sign,
    "floor": _floor,
    "fisher of floors": _fisher,
}
