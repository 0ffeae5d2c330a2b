"""Published numbers that follow from other published numbers, computed again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

from cellglass.errors import InputError, nearest
from cellglass.geometry.recipes.published_motif import predicted_auroc

from .published import PublishedTable, last_digit
from .selecting import Ours

Formula = Callable[[Sequence[float]], float]

FORMULAS: dict[str, Formula] = {
    "sum": lambda x: sum(x),
    "mean": lambda x: sum(x) / len(x),
    "difference": lambda x: x[0] - x[1],
    "product": lambda x: x[0] * x[1],
    "ratio": lambda x: x[0] / x[1],
    "share": lambda x: 100 * x[0] / x[1],
    "rest": lambda x: 100 * (1 - x[0] / x[1]),
    "square share": lambda x: 100 * (x[0] / x[1]) ** 2,
    # What is lost of an AUROC above chance, in per cent.
    "lost": lambda x: 100 * (1 - (x[1] - 0.5) / (x[0] - 0.5)),
    # Common items of two top lists, over what chance gives: items, size of the lists, all items.
    "overlap": lambda x: x[0] / (x[1] ** 2 / x[2]),
    # How far a lift is from that of a flag on some of the positives and nothing else: lift,
    # positives with the flag, all positives, AUROC without it.
    "off a flag": lambda x: abs(x[0] + x[3] - predicted_auroc(x[1] / x[2], 1.0, x[3])),
}


def recompute(table: PublishedTable, seed: int) -> Mapping[str, Ours]:
    """Compute each number from the numbers that it follows from.

    Parameters
    ----------
    table
        Its rows have ``given = {formula = ..., of = [...]}``: numbers as printed; ``exact`` where
        they are counts.
    seed
        Not used: nothing is random.

    Returns
    -------
    mapping of str to Ours
        By row. The interval holds every value that the rounding of the printed numbers allows;
        counts have none.

    Raises
    ------
    InputError
        If a formula is not known.

    Examples
    --------
    >>> from cellglass.reproduce.published import PublishedNumber
    >>> row = PublishedNumber("r", "a / b", "1.85", given={"formula": "ratio",
    ...     "of": ["0.900", "0.486"]})
    >>> round(recompute(PublishedTable("t", "T", (row,)), 1)["r"].value, 2)
    1.85
    """
    return {row.id: _computed(row.given) for row in table.rows if row.given}


def _computed(given: Mapping[str, object]) -> Ours:
    name, printed = str(given.get("formula", "")), given.get("of", ())
    if name not in FORMULAS or not isinstance(printed, list):
        raise InputError(f"no formula '{name}'", where="given", fix=nearest(name, FORMULAS))
    formula = FORMULAS[name]
    values = [float(p) for p in printed]
    if given.get("exact"):
        return Ours(formula(values))
    ends = [(float(p) - last_digit(p) / 2, float(p) + last_digit(p) / 2) for p in printed]
    corners = [formula(corner) for corner in itertools.product(*ends)]
    return Ours(formula(values), min(corners), max(corners))
