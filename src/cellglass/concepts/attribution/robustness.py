"""How far scores depend on donors, on the counterfactuals, on the matching."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError

from .aggregate import score, spearman
from .engine import prototype_groups
from .result import Attribution

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


def donor_agreement(attribution: Attribution, *, min_prototypes: int = 5) -> pd.DataFrame:
    """Rank correlation of scores between donors.

    Parameters
    ----------
    attribution
        Made with donors.
    min_prototypes
        That a donor must have to be compared.

    Returns
    -------
    pandas.DataFrame
        One row a unit: how many donors, mean and lowest Spearman correlation of two donors'
        scores, over the genes tested; nan with fewer than 2 donors.

    Raises
    ------
    InputError
        If no donors were given.

    Examples
    --------
    >>> import cellglass as cg
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = cg.concepts.NetworkSpace(counts, cg.concepts.linear_network([[1, 1, 0]]))
    >>> same = cg.concepts.Transform(np.zeros(1, np.float32), 1.0)
    >>> units = cg.concepts.LinearUnits("component", ("sum",), [[1]], [2.5], same)
    >>> donors = ["A", "B"] * 100
    >>> found = cg.concepts.attribute(space, units, donors=donors)
    >>> donor_agreement(found)["donors"].tolist()
    [2]
    """
    import pandas as pd

    plan = attribution.plan
    if plan.donors is None:
        raise InputError("no donors", where="donor agreement", fix="give attribute(donors=...)")
    rows = []
    for u, name in enumerate(attribution.unit_names):
        found = attribution.of(name)
        groups = prototype_groups(found, plan, by_donor=True)
        tested = attribution.n_tested[u] > 0
        values = found.values[plan.settings.main][:, tested]
        members = [groups == g for g in np.unique(groups)]
        scores = [score(values[m], plan.settings) for m in members if m.sum() >= min_prototypes]
        pairs = [spearman(a, b) for i, a in enumerate(scores) for b in scores[:i]]
        held = np.array([p for p in pairs if np.isfinite(p)])
        rows.append({"unit": name, "donors": len(scores),
                     "mean spearman": held.mean() if held.size else np.nan,
                     "lowest spearman": held.min() if held.size else np.nan})  # fmt: skip
    return pd.DataFrame(rows)


def counterfactual_agreement(attribution: Attribution, *, first: int = 1) -> pd.DataFrame:
    """Rank correlation of scores from the first counterfactuals with those from all.

    Parameters
    ----------
    attribution
        With several counterfactuals a prototype.
    first
        How many of them; 1 is the paper's reading.

    Returns
    -------
    pandas.DataFrame
        One row a unit, its Spearman correlation over the genes tested; no pass is run.

    Examples
    --------
    >>> import cellglass as cg
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = cg.concepts.NetworkSpace(counts, cg.concepts.linear_network([[1, 1, 0]]))
    >>> same = cg.concepts.Transform(np.zeros(1, np.float32), 1.0)
    >>> units = cg.concepts.LinearUnits("component", ("sum",), [[1]], [2.5], same)
    >>> found = cg.concepts.attribute(space, units)
    >>> counterfactual_agreement(found)["unit"].tolist()
    ['sum']
    """
    import pandas as pd

    plan = attribution.plan
    rows = []
    for u, name in enumerate(attribution.unit_names):
        few = attribution.of(name, plan.pairs.draw < first)
        tested = attribution.n_tested[u] > 0
        short = score(few.values[plan.settings.main], plan.settings)[tested]
        rows.append({"unit": name, "counterfactuals": first,
                     "spearman": spearman(short, attribution.score[u, tested])})  # fmt: skip
    return pd.DataFrame(rows)


def score_agreement(first: Attribution, second: Attribution) -> pd.DataFrame:
    """Rank correlation of two attributions of the same units: matched or not, remove or insert.

    Parameters
    ----------
    first, second
        Over the same genes; units are met by name.

    Returns
    -------
    pandas.DataFrame
        One row a unit that both have, Spearman over the genes tested in both.

    Raises
    ------
    InputError
        If the genes differ, or no unit is in both.

    Examples
    --------
    >>> import cellglass as cg
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = cg.concepts.NetworkSpace(counts, cg.concepts.linear_network([[1, 1, 0]]))
    >>> same = cg.concepts.Transform(np.zeros(1, np.float32), 1.0)
    >>> units = cg.concepts.LinearUnits("component", ("sum",), [[1]], [2.5], same)
    >>> found = cg.concepts.attribute(space, units)
    >>> score_agreement(found, found)["spearman"].tolist()
    [1.0]
    """
    import pandas as pd

    shared = [name for name in first.unit_names if name in second.unit_names]
    if first.genes != second.genes or not shared:
        raise InputError(
            f"{len(shared)} units in both, {len(first.genes)} and {len(second.genes)} genes",
            where="score agreement",
            expected="the same genes, and at least one unit in both",
        )
    rows = []
    for name in shared:
        a, b = first.place(name), second.place(name)
        both = (first.n_tested[a] > 0) & (second.n_tested[b] > 0)
        found = spearman(first.score[a, both], second.score[b, both]) if both.sum() > 2 else np.nan
        rows.append({"unit": name, "genes": int(both.sum()), "spearman": found})
    return pd.DataFrame(rows)
