"""Numbers as a reader wants them: three significant digits, p with its floor, true minus signs."""

from __future__ import annotations

import math
import numbers as abc_numbers
from collections.abc import Iterable
from typing import Any

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
P_PRINTED = 0.001
MOST_DECIMALS = 6
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def number(value: Any, decimals: int | None = None) -> str:
    """Format a number with three significant digits; whole numbers in full.

    Parameters
    ----------
    value
        An integer, a float, a boolean or None.
    decimals
        At most so many decimals, whatever they leave of the three digits.

    Returns
    -------
    str
        An en dash where there is no number.

    Examples
    --------
    >>> [number(v) for v in (0.65, 143.44, 5201, 8.17e-06, float("nan"), True)]
    ['0.650', '143', '5,201', '8.17 × 10⁻⁶', '–', 'yes']
    """
    if value is None:
        return MISSING
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, abc_numbers.Integral):
        return f"{int(value):,}".replace("-", MINUS)
    value = float(value)
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 999.5:
        return f"{value:,.0f}".replace("-", MINUS)
    if decimals is not None and decimals < decimals_of([value]):
        return f"{value:.{decimals}f}".replace("-", MINUS)
    if size < 0.99995e-3:
        mantissa, exponent = f"{value:.2e}".split("e")
        power = str(int(exponent)).translate(_SUPERSCRIPT)
        return f"{mantissa} × 10{power}".replace("-", MINUS)
    return f"{value:#.3g}".rstrip(".").replace("-", MINUS)


def decimals_of(values: Iterable[float]) -> int:
    """Decimals that give the largest of some numbers three significant digits.

    A number that is 1 once rounded counts as below it, so that shares up to 1 have three decimals.

    Examples
    --------
    >>> decimals_of([0.003, -0.116]), decimals_of([39.9, 0.0]), decimals_of([1.0])
    (3, 1, 3)
    """
    sizes = [abs(v) for v in values if math.isfinite(v) and v != 0]
    if not sizes:
        return 0
    return max(0, 2 - math.floor(math.log10(max(sizes) * (1 - 1e-9))))


def interval(value: float, low: float, high: float) -> str:
    """Format an estimate with its interval, all with the same decimals.

    An interval so narrow that three digits would hide it gets more.

    Examples
    --------
    >>> interval(-0.0034, -0.1164, 0.0642), interval(0.995, 0.976, 1.0)
    ('−0.003 [−0.116, 0.064]', '0.995 [0.976, 1.000]')
    >>> interval(1.8519, 1.8489, 1.8548)
    '1.852 [1.849, 1.855]'
    """
    if math.isnan(value):
        return MISSING
    if not (math.isfinite(low) and math.isfinite(high)):
        return number(value)
    decimals = decimals_of([value, low, high])
    apart = (d for d in range(decimals, MOST_DECIMALS) if f"{low:.{d}f}" != f"{high:.{d}f}")
    decimals = next(apart, decimals)  # where nothing sets the ends apart, three digits will do
    value_, low_, high_ = (f"{v:,.{decimals}f}".replace("-", MINUS) for v in (value, low, high))
    return f"{value_} [{low_}, {high_}]"


def p_value(p: Any) -> str:
    """Format a p value: two significant digits, never smaller than "< 0.001".

    Examples
    --------
    >>> [p_value(v) for v in (0.0002, 0.005, 0.0373, 0.5, 1.0)]
    ['< 0.001', '0.005', '0.037', '0.50', '1.0']
    """
    if p is None or math.isnan(float(p)):
        return MISSING
    if p < P_PRINTED:
        return f"< {P_PRINTED:g}"
    return f"{float(p):.3f}" if p < 0.01 else f"{float(p):#.2g}"


def at_floor(p: Any, draws: Any) -> bool:
    """Whether a p value is the smallest that its draws can give.

    Examples
    --------
    >>> at_floor(0.005, 199), at_floor(0.01, 199), at_floor(float("nan"), 199)
    (True, False, False)
    """
    if p is None or draws is None or math.isnan(float(p)) or not draws > 0:
        return False
    return float(p) <= (1 + 1e-9) / (1 + float(draws))


def day(stamp: str) -> str:
    """Format the day of an ISO time stamp; empty for an empty one.

    Examples
    --------
    >>> day("2026-11-21T05:51:12+0000")
    '21 November 2026'
    """
    if not stamp:
        return ""
    year, month, date = stamp[:10].split("-")
    # Not strftime: its month names follow the reader's locale, and equal runs must give equal
    # bytes.
    return f"{int(date)} {_MONTHS[int(month) - 1]} {year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
