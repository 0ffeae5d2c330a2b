"""Small grammar for sentences that carry numbers."""

from __future__ import annotations


def plural(unit: str, n: int) -> str:
    """Give the plural of a unit of inference where there is not just one.

    Examples
    --------
    >>> plural("regulator", 2), plural("fold of cells", 5), plural("cell", 1)
    ('regulators', 'folds of cells', 'cell')
    """
    if n == 1 or not unit:
        return unit
    head, of, rest = unit.partition(" of ")
    return f"{head}s{of}{rest}"
