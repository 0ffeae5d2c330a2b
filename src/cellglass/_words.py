"""Small grammar for sentences that carry numbers."""

from __future__ import annotations

from collections.abc import Sequence


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


def listed(items: Sequence[str], last: str = "and") -> str:
    """Join items as a sentence does.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"]), listed(["a", "b"], "or")
    ('a', 'a, b and c', 'a or b')
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def capitalised(text: str) -> str:
    """Begin a sentence: the first letter large, all others as they are.

    Examples
    --------
    >>> capitalised("mean AUROC")
    'Mean AUROC'
    """
    return text[:1].upper() + text[1:]
