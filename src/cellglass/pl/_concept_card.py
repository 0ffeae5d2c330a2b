"""The card of a unit: everything an expert looks at first, on one figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from cellglass.concepts.study.atlas_analysis import active_by_label

from ._exchange_curves import exchange_curves
from ._style import SMALL, TEXT, ink, plain_text
from ._unit_genes import unit_genes
from ._unit_labels import unit_labels
from ._unit_map import unit_map
from ._unit_terms import unit_terms

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes

    from cellglass.concepts import ConceptAtlas


def concept_card(atlas: ConceptAtlas, unit: int | str, *, blind: bool = False) -> Figure:
    """Draw the card of a unit: cells, labels, genes, terms and the curve of exchanges.

    Parameters
    ----------
    atlas
        The atlas.
    unit
        Number or name of a unit of any kind.
    blind
        Leave out name and kind, so that a rater cannot tell concepts from neurons and decoys.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; pyplot does not know of it. Panels without data say so.

    Raises
    ------
    InputError
        If there is no such unit.

    Examples
    --------
    >>> import cellglass as cg
    >>> atlas = cg.concepts.ConceptAtlas.open("atlas/scvi")  # doctest: +SKIP
    >>> cg.pl.concept_card(atlas, "concept 17").savefig("concept.png")  # doctest: +SKIP
    """
    number = atlas.number(unit)
    row = atlas.units.iloc[number]
    name = "" if blind else str(row["name"])
    figure = Figure(figsize=(11, 8.2), layout="constrained")
    axes: dict[str, Axes] = figure.subplot_mosaic(
        [["map", "labels"], ["genes", "terms"], ["genes", "curve"]],
        height_ratios=[1.15, 1.0, 0.9],
    )
    activation = atlas.activation(number)
    cells = atlas.cells.assign(unit=name, activation=activation)
    unit_map(cells, ax=axes["map"])
    unit_labels(active_by_label(cells), ax=axes["labels"])
    unit_genes(atlas.attribution(number).assign(unit=name), ax=axes["genes"], n=20)
    unit_terms(atlas.enrichment(number).assign(unit=name), ax=axes["terms"])
    exchange_curves(atlas.of("curves", number), ax=axes["curve"])
    for key, title in (
        ("labels", "Where it is active"), ("genes", "Genes that drive it"),
        ("terms", "What these genes have in common"), ("curve", "Exchanging genes, best first"),
    ):  # fmt: skip
        # the name of the line at q = 0.05 stands between the panel of terms and its title
        axes[key].set_title(title, fontsize=TEXT, loc="left", color=ink(), fontweight="bold",
                            pad=16 if key == "terms" else 6)  # fmt: skip
    for key in ("terms", "curve"):  # low panels: their legends would lie on the labels
        if (box := axes[key].get_legend()) is not None:
            box.set_bbox_to_anchor((1.0, -0.28))
    told = _told(row, activation)
    figure.suptitle(f"{name}   {told}" if name else told, fontsize=TEXT + 1, x=0.01, ha="left",
                    color=ink())  # fmt: skip
    for ax in axes.values():
        plain_text(ax)
        for text in ax.texts:
            text.set_fontsize(max(text.get_fontsize(), SMALL))
    return figure


def _told(row: pd.Series, activation: np.ndarray) -> str:
    active = int((activation > 0).sum())
    parts = [f"active in {active:,} of {len(activation):,} cells"]
    if bool(row.get("technical", False)):
        parts.append("technical: tied to donor or batch")
    return "; ".join(parts)
