"""Products of single-gene statistics as null models of edges, beside every layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.stats import BootstrapResult, wilcoxon

from .baselines import MARGINS, OUT_DEGREE, STATISTICS, margin_scores
from .layer_scores import Score
from .recovery import Pairs
from .resampled import NAN, RegulatorBootstrap, ends, over, three

PRODUCTS = tuple(f"{name} product" for name in STATISTICS)
RECOVERY = (
    "score", "kind", "auroc", "auroc_low", "auroc_high", "auroc_per_regulator",
    "per_regulator_low", "per_regulator_high",
)  # fmt: skip
"""Columns that every row of the table fills."""


@dataclass(frozen=True, eq=False)
class _Looked:
    """What is kept of a score once its matrix is gone."""

    pooled: BootstrapResult
    by_regulator: NDArray[np.float64]

    @classmethod
    def at(cls, scores: NDArray[np.floating], boot: RegulatorBootstrap) -> _Looked:
        return cls(boot.pooled(scores), boot.by_regulator(scores))

    @property
    def auroc(self) -> float:
        return float(self.pooled.estimates[0])


def products_table(
    pairs: Pairs, scores: Sequence[Score], baselines: Sequence[Score], boot: RegulatorBootstrap
) -> pd.DataFrame:
    """Every score and every baseline, with what each score gains over the best of them.

    Parameters
    ----------
    pairs
        The universe.
    scores
        Candidates and references; each is made once and let go.
    baselines
        Scores of single genes, see `single_gene_scores`.
    boot
        Resamples of regulators, shared by all rows.

    Returns
    -------
    pandas.DataFrame
        One row a score: pooled AUROC and mean per-regulator AUROC with intervals; for
        candidates and references also the AUROC of their own column mean and marginal product,
        the best product (of detection, mean, variance, or their own margins), the best of all
        single-gene scores but the out-degree, and what the score gains over each, or over
        chance where that is better, with its interval; mean per-regulator difference from the
        best product with p of Wilcoxon's test.

    Notes
    -----
    Analysis A23, specification 2.3. The best product is the one with the largest pooled AUROC on
    the same pairs, which favours the product: a score has to beat the luckiest of four.

    Examples
    --------
    See `judge_products`.
    """
    held = {s.name: _Looked.at(s.make(), boot) for s in baselines}
    rows = [_row(s, pairs, held, boot) for s in scores]
    rows += [{"score": n, "kind": "baseline", **_own(v, boot)} for n, v in held.items()]
    return pd.DataFrame(rows)


def _own(look: _Looked, boot: RegulatorBootstrap) -> dict[str, float]:
    auroc, low, high = ends(look.pooled)
    mean, mean_low, mean_high = ends(boot.mean(look.by_regulator))
    return {
        "auroc": auroc,
        "auroc_low": low,
        "auroc_high": high,
        "auroc_per_regulator": mean,
        "per_regulator_low": mean_low,
        "per_regulator_high": mean_high,
    }


def _row(
    score: Score, pairs: Pairs, held: Mapping[str, _Looked], boot: RegulatorBootstrap
) -> dict[str, object]:
    matrix = score.make()
    look = _Looked.at(matrix, boot)
    margins = {n: _Looked.at(m, boot) for n, m in margin_scores(matrix, pairs.mask).items()}
    everything = {n: v for n, v in held.items() if n != OUT_DEGREE} | margins
    products = {n: everything[n] for n in (*PRODUCTS, MARGINS[1])}
    best, best_gene = (_best(group) for group in (products, everything))
    of_product = over(look.pooled, products[best].pooled)
    of_gene = over(look.pooled, everything[best_gene].pooled)
    return {
        "score": score.name,
        "kind": score.kind,
        **_own(look, boot),
        **{f"auroc_{n.replace(' ', '_')}": v.auroc for n, v in margins.items()},
        "best_product": best,
        "auroc_best_product": products[best].auroc,
        **three("over_product", of_product),
        "best_single_gene": best_gene,
        "auroc_best_single_gene": everything[best_gene].auroc,
        **three("over_single_gene", of_gene),
        **_by_regulator(look, products[best], boot),
    }


def _best(group: Mapping[str, _Looked]) -> str:
    return max(group, key=lambda n: group[n].auroc)


def _by_regulator(look: _Looked, best: _Looked, boot: RegulatorBootstrap) -> dict[str, float]:
    """The same comparison with each regulator counting once."""
    used = np.isfinite(look.by_regulator)
    gap = look.by_regulator - best.by_regulator
    test = wilcoxon(look.by_regulator[used], best.by_regulator[used]) if used.sum() > 1 else None
    return {
        "per_regulator_best_product": float(np.mean(best.by_regulator[used]))
        if used.any()
        else NAN,
        **three("per_regulator_over_product", boot.mean(gap)),
        "p_over_product": NAN if test is None else test.p,
        "n_regulators": float(used.sum()),
    }
