"""Genes of concepts tested in an earlier edition of a library as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from cellglass.concepts.ontology.enrichment import Enrichment
from cellglass.concepts.ontology.libraries import Library, load_library
from cellglass.concepts.ontology.thinning import compare_vintages
from cellglass.errors import InputError

COLUMNS = [
    "library", "older", "method", "shared_terms", "terms_only_older", "terms_only_library",
    "annotated_older", "annotated_share", "pairs_older", "pairs", "jaccard", "units_agree",
]  # fmt: skip


def under_older_edition(
    found: Enrichment, library: Library, older: str | None, graph: str | None
) -> tuple[pd.DataFrame, list[str]]:
    """Test the same units in an earlier edition.

    Parameters
    ----------
    found
        Units tested in ``library``.
    library
        The edition of the study.
    older
        File of the earlier one; None where the study names none.
    graph
        The ontology, along which both editions are propagated.

    Returns
    -------
    pandas.DataFrame, list of str
        One row a method: terms in both and in one only, annotated shares of the units,
        significant pairs of unit and term among terms testable in both, their Jaccard index, share
        of units whose status agrees; no row without an earlier edition. And why it could not be
        compared, where it could not.
    """
    nothing = pd.DataFrame({c: pd.Series(dtype=object) for c in COLUMNS})
    if older is None:
        return nothing, []
    name = Path(older).name.split(".")[0]
    try:
        compared = compare_vintages(load_library(older, name=name, ontology=graph), library, found)
    except InputError as error:
        return nothing, [f"{library.name} was not compared with {name}: {error.found}."]
    rows: list[dict[str, Any]] = [] if compared.results is None else [
        {
            "library": library.name, "older": name, "method": row.method,
            "shared_terms": compared.shared, "terms_only_older": compared.only_first,
            "terms_only_library": compared.only_second, "annotated_older": row.annotated_first,
            "annotated_share": row.annotated_second, "pairs_older": row.pairs_first,
            "pairs": row.pairs_second, "jaccard": row.jaccard, "units_agree": row.units_agree,
        }
        for row in compared.results.itertuples()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS), []
