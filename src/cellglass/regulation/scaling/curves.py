"""How a metric grows with cells: curves, told apart by numbers of cells they did not see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError

Floats = NDArray[np.float64]

_RATES = 81
_EDGE = 1
"""Steps from either end of the range of rates at which a rate counts as run away."""


@dataclass(frozen=True)
class Form:
    """A curve c + a f(n), or c + a f(n; b) with a rate b.

    Parameters
    ----------
    formula
        As a text.
    basis
        f as a function of cells and rate; None for the constant.
    rates
        Range of rates for given smallest and largest numbers of cells; None where there is none.
    """

    formula: str
    basis: Callable[[Floats, Any], Floats] | None
    rates: Callable[[float, float], Floats] | None = None

    @property
    def n_parameters(self) -> int:
        """Free numbers, without the variance."""
        return 1 + (self.basis is not None) + (self.rates is not None)


def _saturation_rates(low: float, high: float) -> Floats:
    return np.geomspace(0.05 / high, 20.0 / low, _RATES)


def _exponents(low: float, high: float) -> Floats:
    grid = np.linspace(-3.0, 3.0, _RATES + 1)
    return np.delete(grid, np.flatnonzero(np.abs(grid) < 1e-9))


FORMS: Mapping[str, Form] = {
    "constant": Form("c", None),
    "linear": Form("c + a n", lambda n, b: n),
    "log": Form("c + a ln n", lambda n, b: np.log(n)),
    "power": Form("c + a n^b", lambda n, b: n**b, _exponents),
    "saturation": Form("c + a (1 - exp(-b n))", lambda n, b: -np.expm1(-b * n), _saturation_rates),
}
"""Curves of the specification (2.15), and the constant: no dependence on cells at all."""


@dataclass(frozen=True)
class CurveFit:
    """A curve through a metric by number of cells.

    Parameters
    ----------
    form
        Name in `FORMS`.
    converged
        Whether the data fix every parameter.
    why
        Why not.
    parameters
        c, a, b, as far as the form has them; empty where it did not converge.
    r2, aicc, bic
        On the points fitted; not for choosing a curve.
    held_out_rmse
        Root mean squared error at the numbers of cells left out, one at a time.
    held_out_se
        Standard error of the mean squared error, over numbers of cells.
    """

    form: str
    converged: bool
    why: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)
    r2: float = np.nan
    aicc: float = np.nan
    bic: float = np.nan
    held_out_rmse: float = np.nan
    held_out_se: float = np.nan

    def at(self, n_cells: ArrayLike) -> Floats:
        """Value of the curve; nan where it did not converge."""
        n = np.asarray(n_cells, dtype=np.float64)
        if not self.converged:
            return np.full(n.shape, np.nan)
        basis = FORMS[self.form].basis
        value = np.full(n.shape, self.parameters["c"])
        if basis is not None:
            value += self.parameters["a"] * basis(n, self.parameters.get("b", np.nan))
        return value


def fit_curve(
    n_cells: ArrayLike, values: ArrayLike, form: str, *, held_out: bool = True
) -> CurveFit:
    """Fit a curve by least squares.

    Parameters
    ----------
    n_cells
        Numbers of cells, above 0, shape (n,).
    values
        The metric, shape (n,).
    form
        Name in `FORMS`.
    held_out
        Whether the error at numbers of cells left out is wanted.

    Returns
    -------
    CurveFit
        Not converged where there are no more numbers of cells than parameters, or where the
        best rate stands at the end of its range, so that the data do not fix it.

    Raises
    ------
    InputError
        If the form is unknown, shapes differ, or a value is not finite.

    Notes
    -----
    Given the rate b, c and a are a straight line's; the rate is found on a grid and refined
    between its neighbours (variable projection, Golub and Pereyra 1973), so that no starting
    value decides whether a fit converges.

    Examples
    --------
    >>> n = np.array([25.0, 50, 100, 200, 400, 800])
    >>> fit = fit_curve(n, 0.52 + 0.09 * (1 - np.exp(-0.0055 * n)), "saturation")
    >>> fit.converged, round(fit.parameters["b"], 4)
    (True, 0.0055)
    """
    n, y = np.asarray(n_cells, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if form not in FORMS:
        raise InputError(f"there is no curve '{form}'", expected=", ".join(FORMS))
    if n.shape != y.shape or n.ndim != 1 or not n.size:
        raise InputError(f"{n.shape} numbers of cells, {y.shape} values", where="curve")
    if not (np.isfinite(y).all() and (n > 0).all()):
        raise InputError("values must be finite and numbers of cells above 0", where="curve")
    parameters, why = _parameters(n, y, FORMS[form])
    if why:
        return CurveFit(form, False, why)
    fit = CurveFit(form, True, "", parameters)
    left = float(((y - fit.at(n)) ** 2).sum())
    total = float(((y - y.mean()) ** 2).sum())
    aicc, bic = _criteria(left, n.size, FORMS[form].n_parameters + 1)
    rmse, se = _held_out(n, y, form) if held_out else (np.nan, np.nan)
    r2 = 1 - left / total if total else np.nan
    return CurveFit(form, True, "", parameters, r2, aicc, bic, rmse, se)


def _parameters(n: Floats, y: Floats, form: Form) -> tuple[dict[str, float], str]:
    """Least-squares parameters, or why there are none."""
    distinct = np.unique(n).size
    if distinct < form.n_parameters:
        return {}, f"{distinct} numbers of cells for {form.n_parameters} parameters"
    if form.basis is None:
        return {"c": float(y.mean())}, ""
    if form.rates is None:
        c, a, _ = _line(form.basis(n, np.nan), y)
        return {"c": c, "a": a}, ""
    rates = form.rates(float(n.min()), float(n.max()))
    best = int(np.argmin(_left_over(form.basis(n[:, None], rates[None, :]), y)))
    if not _EDGE <= best < len(rates) - _EDGE:
        return {}, "the rate runs to the end of its range: the data do not fix it"
    low, high = float(rates[best - 1]), float(rates[best + 1])
    if low * high < 0:
        return {}, "the exponent runs to 0, where the curve is the logarithm"
    b = _refined(form.basis, n, y, low, high)
    c, a, _ = _line(form.basis(n, b), y)
    return {"c": c, "a": a, "b": b}, ""


def _line(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Intercept, slope and sum of squares of a straight line."""
    dx, dy = x - x.mean(), y - y.mean()
    spread = float(dx @ dx)
    slope = float(dx @ dy) / spread if spread > 1e-300 else 0.0
    left = dy - slope * dx
    return float(y.mean() - slope * x.mean()), slope, float(left @ left)


def _left_over(x: Floats, y: Floats) -> Floats:
    """Sums of squares that straight lines on the columns of x leave."""
    dx, dy = x - x.mean(0), y - y.mean()
    spread = (dx * dx).sum(0)
    shared = np.divide((dy @ dx) ** 2, spread, out=np.zeros_like(spread), where=spread > 1e-300)
    return np.asarray(dy @ dy - shared)


def _refined(
    basis: Callable[[Floats, Any], Floats], n: Floats, y: Floats, low: float, high: float
) -> float:
    """The best rate between two neighbours of the grid."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda b: _line(basis(n, float(b)), y)[2], bounds=(low, high), method="bounded",
        options={"xatol": 1e-6 * abs(high - low)},
    )  # fmt: skip
    return float(found.x)


def _criteria(left: float, n: int, k: int) -> tuple[float, float]:
    """AIC corrected for few points, and BIC, of normal errors; -inf for a perfect fit."""
    with np.errstate(divide="ignore"):
        fit = n * float(np.log(left / n))
    small = n - k - 1
    if small <= 0:
        return np.nan, float(fit + k * np.log(n))
    return float(fit + 2 * k + 2 * k * (k + 1) / small), float(fit + k * np.log(n))


def _held_out(n: Floats, y: Floats, form: str) -> tuple[float, float]:
    """Error at each number of cells, predicted from the others; nan where one fit fails."""
    errors = []
    for size in np.unique(n):
        out = n == size
        if out.all():
            return np.nan, np.nan
        parameters, why = _parameters(n[~out], y[~out], FORMS[form])
        if why:
            return np.nan, np.nan
        errors.append(float(np.mean((y[out] - CurveFit(form, True, "", parameters).at(size)) ** 2)))
    spread = float(np.std(errors, ddof=1)) / np.sqrt(len(errors))
    return float(np.sqrt(np.mean(errors))), float(spread)


def best_curve(fits: Mapping[str, CurveFit]) -> str:
    """The simplest curve whose held-out error is within a standard error of the smallest.

    Parameters
    ----------
    fits
        By form.

    Returns
    -------
    str
        Its form; empty where none has a held-out error.

    Notes
    -----
    The one-standard-error rule (Breiman et al., Classification and Regression Trees, 1984):
    otherwise a curve with a parameter more wins by chance where nothing depends on cells.

    Examples
    --------
    >>> n = np.array([25.0, 50, 100, 200, 400, 800])
    >>> best_curve({f: fit_curve(n, 0.5 + 0.01 * np.log(n), f) for f in ("linear", "log")})
    'log'
    """
    tried = [c for c in fits.values() if np.isfinite(c.held_out_rmse)]
    if not tried:
        return ""
    least = min(tried, key=lambda c: c.held_out_rmse)
    near = [c for c in tried if c.held_out_rmse**2 <= least.held_out_rmse**2 + least.held_out_se]
    return min(near, key=lambda c: (FORMS[c.form].n_parameters, c.held_out_rmse)).form
