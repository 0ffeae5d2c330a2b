"""One table of probes over several representations of the same cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from cellglass.errors import InputError, nearest
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.bootstrap import BootstrapResult

from .probe_design import ProbeDesign
from .probes import METRICS, Metric, ProbeResult, probe

REFERENCE = "raw embedding"


def compare_representations(
    features: Mapping[str, Any],
    labels: ArrayLike,
    groups: ArrayLike,
    *,
    reference: str = REFERENCE,
    folds: int = 5,
    seed: int = DEFAULT_SEED,
    **options: Any,
) -> pd.DataFrame:
    """Probe every representation with the same folds and resamples.

    Parameters
    ----------
    features
        Name to cells x m: raw embedding, codes z, reconstruction, PCA with k and with F
        components, ICA, NMF, random projection with Top-K.
    labels, groups
        Label and donor of each cell.
    reference
        Name of what the others are compared with.
    folds, seed, options
        As in `probe`.

    Returns
    -------
    pandas.DataFrame
        One row a representation, in the order given: the columns of `ProbeResult.to_row`, and
        ``difference`` and ``f1_difference`` to the reference, each with ``_low`` and ``_high``
        (paired by resample; nan in the row of the reference).

    Raises
    ------
    InputError
        If the reference is not among the features.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> types, donors = np.tile(["B", "T"], 60), np.repeat(np.arange(6), 20)
    >>> x = rng.normal(size=(120, 3)) + 4 * (types == "T")[:, None]
    >>> noise = rng.normal(size=(120, 3))
    >>> table = compare_representations({"raw embedding": x, "noise": noise}, types, donors)
    >>> bool(table["difference_high"][1] < 0)
    True
    """
    if reference not in features:
        raise InputError(f"no features called '{reference}'", where="compare_representations",
                         fix=nearest(reference, features))  # fmt: skip
    found = probe_representations(features, labels, groups, folds=folds, seed=seed, **options)
    return representation_table(found, reference)


def probe_representations(
    features: Mapping[str, Any],
    labels: ArrayLike,
    groups: ArrayLike,
    *,
    folds: int = 5,
    seed: int = DEFAULT_SEED,
    **options: Any,
) -> dict[str, ProbeResult]:
    """Probe every representation with the same folds and resamples; the probes themselves.

    Parameters
    ----------
    features, labels, groups, folds, seed, options
        As in `compare_representations`.
    """
    task = str(options.get("task", "probe"))
    design = ProbeDesign.make(labels, groups, folds=folds, seed=seed, task=task)
    options.pop("design", None)
    return {
        name: probe(x, labels, groups, seed=seed, design=design, **options)
        for name, x in features.items()
    }


def representation_table(found: Mapping[str, ProbeResult], reference: str) -> pd.DataFrame:
    """The table of `compare_representations` of probes already made.

    Parameters
    ----------
    found
        Of `probe_representations`.
    reference
        Name of what the others are compared with.
    """
    rows = []
    for name, result in found.items():
        row: dict[str, Any] = {"representation": name, **result.to_row()}
        for metric, prefix in zip(METRICS, ("difference", "f1_difference"), strict=True):
            paired = paired_difference(result, found[reference], metric)
            ends = (float("nan"),) * 3
            if name != reference:
                interval = paired.interval()
                ends = (float(paired.estimates[0]), interval.low, interval.high)
            row.update(zip((prefix, f"{prefix}_low", f"{prefix}_high"), ends, strict=True))
        rows.append(row)
    return pd.DataFrame(rows)


def paired_difference(
    result: ProbeResult, reference: ProbeResult, metric: Metric = "balanced accuracy"
) -> BootstrapResult:
    """What one probe reaches beyond another one of the same design, resample by resample.

    Parameters
    ----------
    result, reference
        Of `probe_representations`.
    metric
        Of which the difference is taken.
    """
    own, base, i = result.bootstrap, reference.bootstrap, METRICS.index(metric)
    return result.design.bootstrap(
        (metric,), own.estimates[[i]] - base.estimates[[i]], own.draws[[i]] - base.draws[[i]],
        own.level,
    )  # fmt: skip
