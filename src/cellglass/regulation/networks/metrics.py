"""Tables of ranking metrics: one row a score, one row a regulator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.stats import BootstrapResult, auprc, auroc_by_group, early_precision_ratio, top_k_f1

TOP_K = (20, 50, 100, 200, 500)
MIN_TARGETS = 3


def metrics_table(
    labels: NDArray[np.bool_],
    mask: NDArray[np.bool_],
    named: Sequence[tuple[str, str, NDArray[np.floating]]],
    bootstrap: BootstrapResult,
) -> pd.DataFrame:
    """Every metric of every score; pooled AUROC and mean per-regulator AUROC are both there.

    Parameters
    ----------
    labels, mask
        Regulators x genes.
    named
        Name, kind and matrix of each score, in the order of `bootstrap`.
    bootstrap
        Pooled AUROCs with resamples of regulators.

    Returns
    -------
    pandas.DataFrame
        Columns score, kind, auroc with its interval, auroc_per_regulator, auprc, base_rate,
        early_precision_ratio, f1_top_K, n_pairs, n_positives, n_regulators.
    """
    truth = labels[mask]
    groups = np.nonzero(mask)[0]
    rows = []
    for position, (name, kind, matrix) in enumerate(named):
        scores = np.asarray(matrix, float)[mask]
        by_regulator = auroc_by_group(scores, truth, groups, min_positives=MIN_TARGETS)
        interval = bootstrap.interval(position)
        rows.append(
            {
                "score": name,
                "kind": kind,
                "auroc": float(bootstrap.estimates[position]),
                "auroc_low": interval.low,
                "auroc_high": interval.high,
                "auroc_per_regulator": by_regulator.mean,
                "auprc": auprc(scores, truth),
                "base_rate": float(truth.mean()),
                "early_precision_ratio": early_precision_ratio(scores, truth),
                **{f"f1_top_{k}": top_k_f1(scores, truth, k) for k in TOP_K if k <= truth.size},
                "n_pairs": int(truth.size),
                "n_positives": int(truth.sum()),
                "n_regulators": int((labels.sum(1) > 0).sum()),
            }
        )
    return pd.DataFrame(rows)


def per_regulator_table(
    labels: NDArray[np.bool_],
    mask: NDArray[np.bool_],
    scores: NDArray[np.floating],
    regulators: Sequence[str],
) -> pd.DataFrame:
    """AUROC of each regulator with its number of targets: an AUROC of one target is a rank."""
    rows = []
    for i, name in enumerate(regulators):
        seen = mask[i]
        truth = labels[i, seen]
        if truth.any() and not truth.all():
            only = auroc_by_group(scores[i, seen], truth, np.zeros(seen.sum(), int), 1)
            rows.append({"regulator": name, "n_targets": int(truth.sum()), "auroc": only.mean})
    table = pd.DataFrame(rows, columns=["regulator", "n_targets", "auroc"])
    return table.sort_values(
        ["n_targets", "regulator"], ascending=[False, True], kind="stable"
    ).reset_index(drop=True)
