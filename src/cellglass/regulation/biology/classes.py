"""Classes of regulators: is one recovered better, and is something else behind it?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.regulation.biology.depth import rank_correlation
from cellglass.stats import BootstrapResult, NullDistribution, bh, bootstrap_mean, permutation_test

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MASTER_REGULATORS = (
    "GATA1", "PPARG", "FOXA1", "NKX2-5", "KLF1", "PAX3", "TAL1", "LEF1", "WT1",
)  # fmt: skip
"""The published class (specification 2.19)."""
DRAWS = 10_000
FEWEST_IN_CLASS = 3
FEWEST_REGULATORS = 50
"""Below so many regulators no conclusion is drawn; the published comparison had 18, of which 5
had three targets or more."""


def class_difference(
    values: Floats, members: Bools, *, draws: int = DRAWS, seed: int, task: str
) -> NullDistribution:
    """Mean of a class minus the mean of the others, with labels permuted over regulators.

    Parameters
    ----------
    values
        One value a regulator.
    members
        Who is in the class.
    draws, seed, task
        Of the permutation.

    Returns
    -------
    NullDistribution
        Two-sided.

    Raises
    ------
    InputError
        If the class or its complement is empty.

    Examples
    --------
    >>> found = class_difference(np.arange(8.0), np.arange(8) > 3, draws=99, seed=1, task="x")
    >>> found.observed, found.p < 0.1
    (4.0, True)
    """
    if not 0 < members.sum() < len(members):
        raise InputError(
            f"{int(members.sum())} of {len(members)} regulators are in the class", where="classes",
            expected="some, and some others",
        )  # fmt: skip

    def permuted(rng: np.random.Generator, size: int) -> Floats:
        shuffled = rng.permuted(np.tile(members, (size, 1)), axis=1)
        return _gap(values, shuffled)

    observed = float(_gap(values, members[None])[0])
    return permutation_test(
        observed, permuted, draws=draws, seed=seed, task=task, alternative="two-sided"
    )


def _gap(values: Floats, members: Bools) -> Floats:
    n = members.sum(1)
    inside = members @ values
    return np.asarray(inside / n - (values.sum() - inside) / (len(values) - n))


def association(
    values: Floats, covariate: Floats, *, draws: int = DRAWS, seed: int, task: str
) -> NullDistribution:
    """Spearman correlation of two values of regulators, one of them permuted.

    Parameters
    ----------
    values, covariate
        One value a regulator each.
    draws, seed, task
        Of the permutation.

    Returns
    -------
    NullDistribution
        Two-sided.

    Examples
    --------
    >>> association(np.arange(9.0), np.arange(9.0) ** 2, draws=99, seed=1, task="x").observed
    1.0
    """

    def permuted(rng: np.random.Generator, size: int) -> Floats:
        shuffled = rng.permuted(np.tile(covariate, (size, 1)), axis=1)
        return rank_correlation(values, shuffled.T)

    observed = float(rank_correlation(values, covariate)[0])
    return permutation_test(
        observed, permuted, draws=draws, seed=seed, task=task, alternative="two-sided"
    )


def class_tests(
    aurocs: Floats,
    members: Bools,
    covariates: Mapping[str, Floats],
    *,
    draws: int = DRAWS,
    seed: int,
    task: str,
) -> pd.DataFrame:
    """The comparison and what could be behind it: 1 + 2 x covariates tests, BH over all.

    Parameters
    ----------
    aurocs
        Of each regulator.
    members
        Who is in the class.
    covariates
        Values of each regulator, by name.
    draws, seed, task
        Of the permutations.

    Returns
    -------
    pandas.DataFrame
        With the five covariates of the specification the eleven published tests: the class
        and AUROC, the class and each covariate, each covariate and AUROC. A covariate that does
        not vary has no test.
    """
    settings = {"draws": draws, "seed": seed}
    rows = [_row("class and AUROC", "AUROC", class_difference(
        aurocs, members, task=f"{task}/class", **settings))]  # fmt: skip
    for name, values in covariates.items():
        varies = bool(np.ptp(values) > 0)
        found = (
            class_difference(values, members, task=f"{task}/class/{name}", **settings)
            if varies
            else None
        )
        rows.append(_row("class and covariate", name, found))
    for name, values in covariates.items():
        varies = bool(np.ptp(values) > 0 and np.ptp(aurocs) > 0)
        found = (
            association(aurocs, values, task=f"{task}/auroc/{name}", **settings) if varies else None
        )
        rows.append(_row("covariate and AUROC", name, found))
    table = pd.DataFrame(rows)
    return table.assign(q=bh(table["p"].to_numpy()))


def _row(test: str, what: str, found: NullDistribution | None) -> dict[str, object]:
    return {
        "test": test,
        "of": what,
        "statistic": "Spearman correlation" if test.startswith("cov") else "difference of means",
        "value": found.observed if found else np.nan,
        "null_mean": found.mean if found else np.nan,
        "null_sd": found.sd if found else np.nan,
        "p": found.p if found else np.nan,
        "draws": found.draws if found else 0,
    }


def adjusted_difference(
    aurocs: Floats, members: Bools, covariates: Mapping[str, Floats]
) -> tuple[float, float]:
    """Difference between the classes, as it is and with covariates held fixed.

    Parameters
    ----------
    aurocs, members, covariates
        See `class_tests`.

    Returns
    -------
    float, float
        Difference of means, and the coefficient of the class in a least-squares fit in float64;
        nan where the covariates say all of the class.

    Examples
    --------
    >>> x = np.arange(8.0)
    >>> plain, fixed = adjusted_difference(x, x > 3, {"mean": x})
    >>> plain, abs(round(fixed, 6))
    (4.0, 0.0)
    """
    plain = float(_gap(aurocs, members[None])[0])
    columns = [np.ones(len(aurocs)), members.astype(np.float64)]
    for values in covariates.values():
        sd = float(np.std(values))
        if sd > 0:
            columns.append((values - values.mean()) / sd)
    design = np.column_stack(columns)
    if len(aurocs) <= design.shape[1] or np.linalg.matrix_rank(design) < design.shape[1]:
        return plain, np.nan
    return plain, float(np.linalg.lstsq(design, aurocs, rcond=None)[0][1])


def difference_interval(
    aurocs: Floats, members: Bools, *, draws: int, seed: int, task: str
) -> BootstrapResult:
    """Difference of the class means with regulators resampled within classes.

    Parameters
    ----------
    aurocs, members
        See `class_tests`.
    draws, seed, task
        Of the bootstrap.

    Returns
    -------
    BootstrapResult
        ``n`` is that of the smaller class, which makes the interval wide enough for it.
    """
    parts = [
        bootstrap_mean(
            aurocs[chosen], unit="regulator", draws=draws, seed=seed, task=f"{task}/{which}"
        )
        for which, chosen in (("class", members), ("others", ~members))
    ]
    one, two = parts
    return BootstrapResult(
        ("difference of means",), one.estimates - two.estimates, one.draws - two.draws,
        "regulator", min(one.n, two.n), one.level,
    )  # fmt: skip
