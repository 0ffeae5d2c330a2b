"""Numbers on simulated cells: they need no model, no data and no network."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from cellglass.regulation.states.synthetic_analysis import judge_synthetic
from cellglass.runs.result import AnalysisResult

from .published import PublishedTable
from .selecting import Ours, find_number


def of_simulation(table: PublishedTable, seed: int) -> Mapping[str, Ours]:
    """Simulate the published states and find the numbers of a table in the result.

    Parameters
    ----------
    table
        A table of ``regulation.cssi_synthetic``.
    seed
        Root seed.

    Returns
    -------
    mapping of str to Ours
        By row; rows without a selector are left out.

    Examples
    --------
    >>> from cellglass.reproduce import find_paper
    >>> table = find_paper("edges").by_id["cssi-synthetic"]
    >>> of_simulation(table, 42)["large-ratio"].value > 1  # doctest: +SKIP
    True
    """
    return {
        row.id: find_number(_result(seed), row.select, seed=seed)
        for row in table.rows
        if row.select is not None
    }


@functools.lru_cache(maxsize=1)
def _result(seed: int) -> AnalysisResult:
    """One simulation for all tables."""
    return judge_synthetic(seed)
