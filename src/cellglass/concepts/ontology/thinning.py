"""How much of a result hangs on the annotations: thinned ones, and those of another year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellglass.concepts.ontology.enrich import rerun
from cellglass.concepts.ontology.enrichment import Enrichment
from cellglass.concepts.ontology.libraries import Library
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED

if TYPE_CHECKING:
    import pandas as pd

SHARES = (0.25, 0.5, 0.75)
Pairs = set[tuple[str, str]]


def thinning(
    enrichment: Enrichment,
    *,
    shares: Sequence[float] = SHARES,
    repeats: int = 3,
    seed: int = DEFAULT_SEED,
    **changes: Any,
) -> pd.DataFrame:
    """Run an enrichment again with annotations removed at random.

    Parameters
    ----------
    enrichment
        With all annotations.
    shares
        Shares removed.
    repeats
        Random removals a share.
    seed
        Root seed.
    **changes
        Options to change in the reruns, for example ``permutations``.

    Returns
    -------
    pandas.DataFrame
        A row for each share, repeat and method (first the full annotations, share 0): `terms`
        (tested ones), `annotated_share`, `pairs` (significant unit and term), `kept` (share of the
        full result's pairs found again), `jaccard` (of pairs), `lost_terms` (share of its pairs
        whose term is no longer tested), `units_agree` (share of units with the same status).

    Raises
    ------
    InputError
        If a share is out of range or there are no repeats.

    Examples
    --------
    >>> thinning(found, shares=[0.5], repeats=1)["annotated_share"]  # doctest: +SKIP
    """
    import pandas as pd

    if repeats < 1 or not len(shares):
        raise InputError(f"{repeats} repeats of {len(shares)} shares", where="thinning",
                         expected="at least 1")  # fmt: skip
    rows = [_compared(enrichment, enrichment, m, 0.0, 0) for m in enrichment.results]
    for share in shares:
        for repeat in range(repeats):
            less = enrichment.library.thinned(share, seed=seed + repeat)
            again = rerun(enrichment, less, **changes)
            rows += [_compared(enrichment, again, m, share, repeat) for m in enrichment.results]
    return pd.DataFrame(rows)


def _compared(full: Enrichment, less: Enrichment, method: str, share: float, repeat: int) -> dict:
    before, after = _pairs(full, method), _pairs(less, method)
    tested = _tested_terms(less, method)
    gone = sum(term not in tested for _, term in before)
    same = full.annotated(method) == less.annotated(method)
    return {
        "share_removed": share,
        "repeat": repeat,
        "method": method,
        "terms": len(tested),
        "annotated_share": less.annotated_share(method),
        "pairs": len(after),
        "kept": len(before & after) / len(before) if before else np.nan,
        "jaccard": _jaccard(before, after),
        "lost_terms": gone / len(before) if before else np.nan,
        "units_agree": float(same.mean()),
    }


def _pairs(enrichment: Enrichment, method: str) -> Pairs:
    found = enrichment.significant(method).tocoo()
    names = enrichment.result(method).sets.names
    return {(enrichment.units[r], names[c]) for r, c in zip(found.row, found.col, strict=True)}


def _tested_terms(enrichment: Enrichment, method: str) -> set[str]:
    result = enrichment.result(method)
    used = np.asarray(result.background.fits.any(axis=0))
    return {t for t, u in zip(result.sets.names, used, strict=True) if u}


def _jaccard(first: set, second: set) -> float:
    together = first | second
    return len(first & second) / len(together) if together else float("nan")


@dataclass(frozen=True, eq=False)
class VintageComparison:
    """Two libraries of one ontology from different years.

    Attributes
    ----------
    first, second
        Their names.
    shared, only_first, only_second
        Terms by name (GO id).
    terms
        A row for each shared term: genes in each, and their Jaccard index.
    results
        A row a method: annotated share in each, significant pairs on shared terms in each, their
        Jaccard index, share of units with the same status; None without an enrichment.
    """

    first: str
    second: str
    shared: int
    only_first: int
    only_second: int
    terms: pd.DataFrame
    results: pd.DataFrame | None = None

    def __str__(self) -> str:
        return (
            f"{self.first} and {self.second}: {self.shared:,} shared terms (median Jaccard of "
            f"genes {self.terms['jaccard'].median():.2f}), {self.only_first:,} and "
            f"{self.only_second:,} in one only"
        )


def compare_vintages(
    first: Library, second: Library, enrichment: Enrichment | None = None, **changes: Any
) -> VintageComparison:
    """Compare two vintages of annotations, and what they make of the same units.

    Parameters
    ----------
    first, second
        Libraries whose sets have the same ids; `load_library` names Enrichr's sets by GO id.
    enrichment
        Units to test in both; its own library is not used.
    **changes
        Options to change.

    Returns
    -------
    VintageComparison

    Raises
    ------
    InputError
        If no term is in both.

    Examples
    --------
    >>> print(compare_vintages(go_2021, go_2024))  # doctest: +SKIP
    """
    import pandas as pd

    both = sorted(set(first.sets.sets) & set(second.sets.sets))
    if not both:
        raise InputError(
            f"{first.name} and {second.name} share no term (such as "
            f"{next(iter(first.sets.sets))} and {next(iter(second.sets.sets))})",
            where="vintages", expected="ids of one ontology, for example GO:0006955",
        )  # fmt: skip
    rows = []
    for term in both:
        a, b = set(first.sets.sets[term]), set(second.sets.sets[term])
        rows.append((term, first.label(term), len(a), len(b), _jaccard(a, b)))
    columns = ["term", "label", "genes_first", "genes_second", "jaccard"]
    terms = pd.DataFrame(rows, columns=columns).set_index("term")
    results = None
    if enrichment is not None:
        results = _results(rerun(enrichment, first, **changes),
                           rerun(enrichment, second, **changes), set(both))  # fmt: skip
    return VintageComparison(
        first.name, second.name, len(both), len(first) - len(both), len(second) - len(both),
        terms, results,
    )  # fmt: skip


def _results(first: Enrichment, second: Enrichment, shared: set[str]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for method in first.results:
        testable = shared & _tested_terms(first, method) & _tested_terms(second, method)
        a, b = ({p for p in _pairs(e, method) if p[1] in testable} for e in (first, second))
        rows.append(
            {
                "method": method,
                "annotated_first": first.annotated_share(method),
                "annotated_second": second.annotated_share(method),
                "pairs_first": len(a),
                "pairs_second": len(b),
                "jaccard": _jaccard(a, b),
                "units_agree": float((first.annotated(method) == second.annotated(method)).mean()),
            }
        )
    return pd.DataFrame(rows)
