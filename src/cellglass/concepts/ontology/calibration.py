"""What shortcuts in the correction do to random features: a simulation to run, not to believe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.enrichment import Incidence, OraResult, ora, upper_tail
from cellglass.stats.multiplicity import bh

if TYPE_CHECKING:
    import pandas as pd

RULES = (
    "all tests, and each unit as a whole",
    "all tests",
    "overlap >= 2, pooled",
    "overlap >= 2, per feature",
    "union of top genes, sets not cut, overlap >= 2",
    "all annotated genes as background",
)


def annotation_calibration(
    *,
    n_features: int = 400,
    n_terms: int = 4_000,
    n_genes: int = 6_000,
    n_unseen: int = 6_000,
    list_length: int = 20,
    planted_genes: int = 6,
    q: float = 0.05,
    seed: int = DEFAULT_SEED,
) -> pd.DataFrame:
    """How many random features does each rule call annotated?

    Parameters
    ----------
    n_features
        Half have genes of a term, half are random genes.
    n_terms
        Nested terms: each a part of an earlier one, 10 to 500 genes.
    n_genes
        Genes that the model could see and that were tested.
    n_unseen
        Annotated genes that it could not see; they have a third as many annotations.
    list_length
        Genes of a feature.
    planted_genes
        Of a planted feature's genes, those from its term; the rest are random.
    q
        Level of the false discovery rate.
    seed
        Root seed.

    Returns
    -------
    pandas.DataFrame
        By rule: `random_annotated` and `planted_annotated`, shares of features. The first is what
        `enrich` does. "all tests" adjusts over features x terms alone, which lets features with
        many terms pay for random ones. The others have been used: leaving tests with overlap
        below 2 out of the correction, over all features or within each; the union of the
        features' genes as background with sets left whole; all annotated genes as background,
        seen or not.

    Raises
    ------
    InputError
        If a number is too small.

    Examples
    --------
    >>> annotation_calibration(seed=1)  # doctest: +SKIP
    """
    import pandas as pd

    if min(n_features, n_terms) < 2 or not 0 < planted_genes <= list_length <= n_genes:
        raise InputError("too few features, terms or genes", where="annotation calibration")
    rng = generator(seed, "annotation calibration")
    terms = _nested_terms(rng, n_terms, n_genes, n_unseen)
    lists = _features(rng, terms[:, :n_genes], n_features, list_length, planted_genes)
    seen = _tested(lists, terms[:, :n_genes])
    whole = _tested(np.pad(lists, ((0, 0), (0, n_unseen))), terms)
    annotated = {
        "all tests, and each unit as a whole": (seen.q <= q) & (seen.list_q[seen.rows] <= q),
        "all tests": seen.q <= q,
        "overlap >= 2, pooled": _pooled(seen.overlap, seen.p) <= q,
        "overlap >= 2, per feature": _per_feature(seen) <= q,
        "union of top genes, sets not cut, overlap >= 2": _pooled(
            seen.overlap, _union_p(seen, lists)) <= q,
        "all annotated genes as background": whole.q <= q,
    }  # fmt: skip
    planted = np.arange(n_features) < n_features // 2
    rows = []
    for rule, called in annotated.items():
        source = whole if rule == RULES[-1] else seen
        units = np.zeros(n_features, dtype=bool)
        units[source.rows[called]] = True
        rows.append((rule, float(units[~planted].mean()), float(units[planted].mean())))
    columns = ["rule", "random_annotated", "planted_annotated"]
    return pd.DataFrame(rows, columns=columns).set_index("rule")


def _nested_terms(
    rng: np.random.Generator, n_terms: int, n_genes: int, n_unseen: int
) -> NDArray[np.bool_]:
    """Terms x genes, the genes that were seen first; each term a part of an earlier one."""
    total = n_genes + n_unseen
    weight = np.where(np.arange(total) < n_genes, 3.0, 1.0)
    weight /= weight.sum()
    roots = max(1, n_terms // 40)
    members = [rng.choice(total, size=400, replace=False, p=weight) for _ in range(roots)]
    while len(members) < n_terms:
        above = members[int(rng.integers(len(members)))]
        size = int(above.size * rng.uniform(0.3, 0.9))
        if size >= 12:
            members.append(rng.choice(above, size=size, replace=False))
    terms = np.zeros((n_terms, total), dtype=bool)
    for i, genes in enumerate(members):
        terms[i, genes] = True
    return terms


def _features(
    rng: np.random.Generator,
    terms: NDArray[np.bool_],
    n_features: int,
    length: int,
    planted_genes: int,
) -> NDArray[np.bool_]:
    """Features x genes; the first half takes genes of a term."""
    n_genes = terms.shape[1]
    fitting = np.flatnonzero((terms.sum(1) >= 10) & (terms.sum(1) <= 100))
    lists = np.zeros((n_features, n_genes), dtype=bool)
    for i in range(n_features):
        if i < n_features // 2:
            held = np.flatnonzero(terms[rng.choice(fitting)])
            lists[i, rng.choice(held, size=planted_genes, replace=False)] = True
        others = np.flatnonzero(~lists[i])
        missing = length - int(lists[i].sum())
        lists[i, rng.choice(others, size=missing, replace=False)] = True
    return lists


def _tested(lists: NDArray[np.bool_], terms: NDArray[np.bool_]) -> OraResult:
    genes = [str(j) for j in range(lists.shape[1])]
    features = Incidence.of_mask(lists, [str(i) for i in range(len(lists))], genes)
    return ora(
        features, Incidence.of_mask(terms, [str(t) for t in range(len(terms))], genes), genes
    )


def _pooled(overlap: NDArray[np.int64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjusted p of the tests with overlap 2 or more, as if there were no others; else 1."""
    kept = overlap >= 2
    out = np.ones(p.size)
    out[kept] = bh(p[kept])
    return out


def _per_feature(result: OraResult) -> NDArray[np.float64]:
    out = np.ones(result.p.size)
    for row in range(len(result.lists)):
        mine = result.rows == row
        out[mine] = _pooled(result.overlap[mine], result.p[mine])
    return out


def _union_p(result: OraResult, lists: NDArray[np.bool_]) -> NDArray[np.float64]:
    union = int(lists.any(axis=0).sum())
    sizes = np.minimum(result.background.set_sizes[0, result.columns], union)
    return upper_tail(result.overlap, result.list_sizes[result.rows], sizes, union)
