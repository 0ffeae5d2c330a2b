"""Can so many draws give a p value at the level in force?"""

from __future__ import annotations

from cellglass._words import plural
from cellglass.errors import InputError
from cellglass.stats.arguments import as_fraction
from cellglass.stats.permutation import Alternative, attainable_p, draws_needed

from .guard import GuardResult


def attainable_level(
    draws: int,
    level: float = 0.05,
    *,
    tests: int = 1,
    alternative: Alternative = "greater",
) -> GuardResult:
    """Refuse a null whose smallest p value is above the level at which it is read.

    Parameters
    ----------
    draws
        Draws of the null, of the family with fewest where there are several.
    level
        Level for all tests together.
    tests
        Tests that share it: each is read at ``level / tests`` (Bonferroni), the level that the
        smallest p must reach for anything to be found.
    alternative
        A two-sided p is twice the smaller one-sided p.

    Returns
    -------
    GuardResult
        G7: failed where 1 / (draws + 1), or twice that, is above the level of one test; it says
        how many draws are needed.

    Raises
    ------
    InputError
        If a number makes no sense.

    Notes
    -----
    Specification 0.9 and 4.3: in 36 of 101 published null files p <= 0.05 was impossible. The
    smallest p of m draws is 1 / (m + 1) (Phipson and Smyth 2010).

    Examples
    --------
    >>> attainable_level(12, 0.05).detail
    '12 draws reach p = 0.0769 at best; reading 1 test at 0.05 needs 19'
    >>> attainable_level(999, 0.05, tests=50).state
    'passed'
    """
    if tests < 1:
        raise InputError(f"{tests} tests", where="tests", expected="at least 1")
    each = as_fraction(level, "level") / tests
    best = attainable_p(draws, alternative)
    needed = draws_needed(each, alternative)
    return GuardResult.of(
        "G7",
        failed=best > each,
        detail=f"{draws:,} draws reach p = {best:.3g} at best; reading {tests:,} "
        f"{plural('test', tests)} at {level:g} needs {needed:,}",
    )
