"""Published recipes on simulated points that hold nothing to be found."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats

from cellglass.errors import InputError, nearest
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.recipes.published_alignment import published_cca
from cellglass.geometry.recipes.published_homology import published_homology
from cellglass.geometry.recipes.published_motif import published_motif
from cellglass.seeds import generator

from .published import PublishedTable
from .selecting import Ours

GENES, WIDTH = 320, 48
PAIRS, BASE_AUROC, SIGNED = 260, 0.841, 4859 / 8427
POINTS, DIMENSIONS, COMPONENTS, OFFSET = 350, 64, 20, 3.0
LEVEL = 0.05
DATA_SETS, CLOUDS = 20, 8
"""Simulated data sets, and clouds whose loops are counted; the specification took 5 and 12."""


def of_recipes(table: PublishedTable, seed: int) -> Mapping[str, Ours]:
    """Run the recipes that a table asks for.

    Parameters
    ----------
    table
        Its rows have ``given = {recipe = ..., measure = ...}``; other keys are of the recipe.
    seed
        Root seed.

    Returns
    -------
    mapping of str to Ours
        By row: the mean over simulated data sets, with Student's interval; of what holds or does
        not, the share with the interval of Clopper and Pearson.

    Raises
    ------
    InputError
        If a recipe or a measure of it is not known.

    Examples
    --------
    >>> from cellglass.reproduce import find_paper
    >>> table = find_paper("geometry").by_id["artefacts"]
    >>> of_recipes(table, 42)["cca-retrieval"].value > 0.2  # doctest: +SKIP
    True
    """
    found: dict[str, Ours] = {}
    simulated: dict[tuple[tuple[str, Any], ...], pd.DataFrame] = {}
    for row in table.rows:
        given = dict(row.given)
        recipe, measure = str(given.pop("recipe", "")), str(given.pop("measure", ""))
        if recipe not in RECIPES:
            raise InputError(
                f"no recipe '{recipe}'", where=f"row '{row.id}'", fix=nearest(recipe, RECIPES)
            )
        key = ("recipe", recipe), *sorted(given.items())
        if key not in simulated:
            simulated[key] = RECIPES[recipe](seed, **given)
        held = simulated[key]
        if measure not in held:
            raise InputError(
                f"no measure '{measure}' of the recipe '{recipe}'", where=f"row '{row.id}'",
                fix=nearest(measure, [str(c) for c in held]),
            )  # fmt: skip
        found[row.id] = _mean(held[measure].to_numpy())
    return found


def unrelated_models(seed: int) -> pd.DataFrame:
    """CCA as published, of pairs of clouds that have nothing in common.

    Parameters
    ----------
    seed
        Root seed.

    Returns
    -------
    pandas.DataFrame
        One row a pair of Gaussian clouds: what `published_cca` measures in sample, and
        ``held_out_over_chance``.
    """
    rows = []
    for i in range(DATA_SETS):
        rng = generator(seed, f"reproduce/artefacts/cca/{i}")
        first, second = rng.normal(size=(2, GENES, WIDTH))
        found = published_cca(Matched.of_arrays(first, second), draws=1, seed=seed)
        measured = found.table.set_index("measure")["in_sample"].to_dict()
        rows.append({**measured, "held_out_over_chance": found.held_out_top1 - found.chance})
    return pd.DataFrame(rows)


def flag_of_positives(seed: int) -> pd.DataFrame:
    """The signed motif as published (H123), where gene space knows nothing.

    Parameters
    ----------
    seed
        Root seed.

    Returns
    -------
    pandas.DataFrame
        One row a set of pairs: ``lift`` over the score beside it, and ``off_the_flag``, how far
        the AUROC is from what a flag on some of the positives gives by itself.

    Notes
    -----
    As many pairs as in H123, half of them positive; communities at random; a score with the AUROC
    of the baseline of H70; a sign for the share of positives that has one in TRRUST.
    """
    rows = []
    shift = math.sqrt(2) * float(special.ndtri(BASE_AUROC))
    for i in range(DATA_SETS):
        rng = generator(seed, f"reproduce/artefacts/motif/{i}")
        labels = np.arange(PAIRS) < PAIRS // 2
        signs = labels * (rng.random(PAIRS) < SIGNED) * rng.choice([-1, 1], PAIRS)
        found = published_motif(
            rng.normal(size=PAIRS) + shift * labels, rng.random(PAIRS) < 0.3, signs,
            rng.random(PAIRS) * labels, labels, seed=seed,
        )  # fmt: skip
        off = abs(found.auroc - found.predicted_auroc)
        rows.append({"lift": found.delta, "off_the_flag": off})
    return pd.DataFrame(rows)


def rows_of_zeros(seed: int, *, zeros: float) -> pd.DataFrame:
    """The published test of loops (H01), of clouds that have none.

    Parameters
    ----------
    seed
        Root seed.
    zeros
        Share of points that are rows of zeros.

    Returns
    -------
    pandas.DataFrame
        One row a Gaussian cloud away from the origin: ``z`` and whether the p is ``significant``,
        ``participation_ratio`` and ``top_share`` of its components; ``repaired_z`` without rows
        of zeros, where there are any.
    """
    rows = []
    for i in range(CLOUDS):
        points = generator(seed, f"reproduce/artefacts/loops/{i}").normal(
            OFFSET, 1.0, size=(POINTS, DIMENSIONS)
        )
        points[: round(zeros * POINTS)] = 0.0
        found = published_homology(
            PointCloud.of(points), n_points=POINTS, n_components=COMPONENTS, seed=seed + i
        )
        rows.append(
            {
                "z": found.result.z,
                "significant": found.result.p < LEVEL,
                "participation_ratio": found.participation_ratio,
                "top_share": found.top_share,
                "repaired_z": math.nan if found.repaired is None else found.repaired.z,
            }
        )
    return pd.DataFrame(rows)


RECIPES: Mapping[str, Callable[..., pd.DataFrame]] = {
    "cca": unrelated_models,
    "motif": flag_of_positives,
    "rows of zeros": rows_of_zeros,
}


def _mean(values: np.ndarray) -> Ours:
    n = len(values)
    if values.dtype == np.bool_:
        share = stats.binomtest(int(values.sum()), n)
        ends = share.proportion_ci(0.95, "exact")
        return Ours(float(values.mean()), float(ends.low), float(ends.high), n)
    mean, reach = float(values.mean()), math.nan
    if n > 1:
        student = float(special.stdtrit(n - 1, 0.975))
        reach = student * float(values.std(ddof=1)) / math.sqrt(n)
    return Ours(mean, mean - reach, mean + reach, n)
