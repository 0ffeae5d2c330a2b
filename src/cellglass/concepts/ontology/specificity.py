"""How specific, coherent and unique the terms of units are, and what a dictionary covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cellglass.concepts.ontology.enrichment import Enrichment
from cellglass.concepts.ontology.redundancy import distinct_by_genes, distinct_by_lin
from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

UNIT_COLUMNS = ("n_terms", "n_distinct", "max_ic", "mean_ic", "max_depth", "mean_depth",
                "coherence", "top_term")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Specificity:
    """Terms of units, units of terms, and coverage.

    Attributes
    ----------
    units
        One row a unit: n_terms, n_distinct (after redundancy removal), max_ic and mean_ic (bits),
        max_depth and mean_depth (longest path from a root; nan without a graph), coherence (mean
        Lin similarity of each two significant terms; nan for fewer than two or without a graph),
        top_term.
    terms
        One row a significant term: n_units, share_of_units, entropy (bits, of the term's -log10 p
        over the units that have it: 0 where one unit owns it), relative_entropy (over log2 of all
        units), best_unit.
    coverage
        Distinct terms of the whole dictionary.
    covered
        Their names, best first.
    """

    units: pd.DataFrame
    terms: pd.DataFrame
    coverage: int
    covered: tuple[str, ...]


def specificity(
    enrichment: Enrichment,
    method: str = "ora",
    *,
    by: Literal["genes", "lin"] = "genes",
    threshold: float = 0.5,
) -> Specificity:
    """Describe the significant terms of an enrichment.

    Parameters
    ----------
    enrichment
        What was found.
    method
        One of its methods.
    by
        What makes terms redundant: shared genes (Jaccard index of overlap or leading edge), or
        Lin similarity along the graph.
    threshold
        Above which two terms are one.

    Returns
    -------
    Specificity

    Raises
    ------
    InputError
        If ``by="lin"`` and the library has no graph, or `by` is unknown.

    Examples
    --------
    >>> specificity(found).units["max_ic"].mean()  # doctest: +SKIP
    """
    import pandas as pd

    if by not in ("genes", "lin"):
        raise InputError(f"by is {by!r}", where="specificity", expected="genes or lin")
    table = enrichment.frame(method)
    rows = {u: _unit(part, enrichment, by, threshold) for u, part in table.groupby("unit")}
    nothing = dict(zip(UNIT_COLUMNS, (0, 0, *[np.nan] * 5, ""), strict=True))
    units = pd.DataFrame([rows.get(u, nothing) for u in enrichment.units],
                         index=pd.Index(enrichment.units, name="unit"))  # fmt: skip
    terms = _terms(table, len(enrichment.units))
    covered = _covered(table, enrichment, by, threshold)
    return Specificity(units, terms, len(covered), covered)


def _unit(part: pd.DataFrame, enrichment: Enrichment, by: str, threshold: float) -> dict:
    library, terms = enrichment.library, part["term"].tolist()
    content = np.array([library.content.get(t, np.nan) for t in terms])
    depth = np.full(len(terms), np.nan)
    coherence = np.nan
    if library.similarity is not None:
        depth = np.array([library.similarity.depth[t] for t in terms], dtype=float)
        if len(terms) > 1:
            lin = library.similarity.pairwise(terms)
            coherence = float(lin[np.triu_indices(len(terms), 1)].mean())
    return {
        "n_terms": len(terms),
        "n_distinct": len(_distinct(part, enrichment, by, threshold)),
        "max_ic": content.max(),
        "mean_ic": content.mean(),
        "max_depth": depth.max(),
        "mean_depth": depth.mean(),
        "coherence": coherence,
        "top_term": terms[0],
    }


def _distinct(part: pd.DataFrame, enrichment: Enrichment, by: str, threshold: float) -> list[int]:
    if by == "lin":
        return distinct_by_lin(
            part["term"].tolist(), enrichment.library.similarity, threshold=threshold
        )
    return distinct_by_genes([set(g.split(";")) for g in part["genes"]], threshold=threshold)


def _terms(table: pd.DataFrame, n_units: int) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for term, part in table.groupby("term", sort=True):
        weight = -np.log10(np.maximum(part["p"].to_numpy(), 1e-300))
        share = weight / weight.sum() if weight.sum() > 0 else np.full(len(part), 1 / len(part))
        entropy = float(-(share * np.log2(np.where(share > 0, share, 1.0))).sum()) + 0.0
        rows.append(
            {
                "term": term,
                "n_units": len(part),
                "share_of_units": len(part) / n_units,
                "entropy": entropy,
                "relative_entropy": entropy / np.log2(n_units) if n_units > 1 else 0.0,
                "best_unit": part["unit"].iloc[int(np.argmax(weight))],
            }
        )
    columns = ["term", "n_units", "share_of_units", "entropy", "relative_entropy", "best_unit"]
    return pd.DataFrame(rows, columns=columns).set_index("term")


def _covered(
    table: pd.DataFrame, enrichment: Enrichment, by: str, threshold: float
) -> tuple[str, ...]:
    """Distinct terms over all units, the smallest p first; genes of a term pooled over units."""
    import pandas as pd

    if table.empty:
        return ()
    grouped = table.groupby("term", sort=True)
    pooled = pd.DataFrame(
        {
            "p": grouped["p"].min(),
            "genes": grouped["genes"].agg(lambda g: ";".join(sorted(set(";".join(g).split(";"))))),
        }
    ).reset_index()
    pooled = pooled.sort_values(["p", "term"], kind="stable").reset_index(drop=True)
    return tuple(pooled["term"].iloc[np.array(_distinct(pooled, enrichment, by, threshold))])
