"""The labelled table of concepts that people ask for first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cellglass.errors import InputError

if TYPE_CHECKING:
    from .atlas import ConceptAtlas

TOP_GENES, TOP_TERMS = 10, 3


def concept_table(atlas: ConceptAtlas, *, kinds: tuple[str, ...] = ("concept",)) -> pd.DataFrame:
    """One row a unit: statistics, genes that drive it, terms, what experts called it.

    Parameters
    ----------
    atlas
        The atlas.
    kinds
        Kinds of units.

    Returns
    -------
    pandas.DataFrame
        Columns of the table of units, then ``genes_for`` and ``genes_against`` (highest and lowest
        scores with q <= 0.05 or, where none is, the ten highest marked by a question mark),
        ``terms`` and ``expert_label``.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.concepts.ConceptAtlas.open("atlas/scvi").concept_table()  # doctest: +SKIP
    """
    units = atlas.units[atlas.units["kind"].isin(kinds)].copy()
    rows = []
    for unit in units["unit"]:
        genes = atlas.attribution(unit)
        sure = genes[genes["q"] <= 0.05]
        mark = "" if len(sure) else "?"
        shown = sure if len(sure) else genes
        up, down = shown[shown["score"] > 0], shown[shown["score"] < 0][::-1]
        terms = atlas.enrichment(unit)
        terms = terms[terms["q"] <= 0.05].drop_duplicates("term_name")
        rows.append(
            {
                "genes_for": ", ".join(f"{g}{mark}" for g in up["gene"][:TOP_GENES]),
                "genes_against": ", ".join(f"{g}{mark}" for g in down["gene"][:TOP_GENES]),
                "terms": "; ".join(terms["term_name"][:TOP_TERMS].astype(str)),
            }
        )
    told = pd.DataFrame(rows, index=units.index, columns=["genes_for", "genes_against", "terms"])
    labels = atlas.expert_labels
    named = labels.groupby("unit")["label"].agg(lambda s: " | ".join(dict.fromkeys(map(str, s))))
    units["expert_label"] = units["unit"].map(named).fillna("")
    return pd.concat([units.drop(columns="expert_label"), told, units["expert_label"]], axis=1)


def write_concept_table(atlas: ConceptAtlas, path: str | Path) -> Path:
    """Write `concept_table` as TSV.

    Parameters
    ----------
    atlas
        The atlas.
    path
        The file, whose name ends in ``.tsv``.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        If the name has another ending.

    Examples
    --------
    >>> import cellglass as cg
    >>> atlas = cg.concepts.ConceptAtlas.open("atlas/scvi")  # doctest: +SKIP
    >>> cg.concepts.write_concept_table(atlas, "concepts.tsv")  # doctest: +SKIP
    """
    target = Path(path)
    if target.suffix != ".tsv":
        raise InputError(f"'{target.name}'", where="concept table", expected="a name in .tsv")
    scratch = target.with_name(f".{target.name}.partial")
    concept_table(atlas).to_csv(scratch, sep="\t", index=False)
    scratch.replace(target)
    return target
