"""The card of a gene: the units that it drives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from ._style import TEXT, ink
from ._unit_genes import unit_genes

if TYPE_CHECKING:
    from cellglass.concepts import ConceptAtlas


def gene_card(
    atlas: ConceptAtlas, gene: str, *, kinds: tuple[str, ...] = ("concept",), n: int = 20
) -> Figure:
    """Draw the units that a gene drives or works against, strongest first.

    Parameters
    ----------
    atlas
        The atlas.
    gene
        Name of the gene.
    kinds
        Kinds of units.
    n
        Units at most.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; pyplot does not know of it.

    Raises
    ------
    InputError
        If the atlas does not know the gene; the nearest names are given.

    Examples
    --------
    >>> import cellglass as cg
    >>> atlas = cg.concepts.ConceptAtlas.open("atlas/scvi")  # doctest: +SKIP
    >>> cg.pl.gene_card(atlas, "ISG15").savefig("ISG15.png")  # doctest: +SKIP
    """
    found = atlas.gene(gene)
    shown = found[found["kind"].isin(kinds)]
    figure = Figure(figsize=(6.4, 1.4 + 0.24 * max(min(len(shown), n), 3)), layout="constrained")
    ax = figure.subplots()
    unit_genes(shown.assign(unit=gene, gene=shown["name"]), ax=ax, n=n)
    ax.set_title(f"{gene}: units that it drives", fontsize=TEXT, loc="left", color=ink(),
                 fontweight="bold", parse_math=False)  # fmt: skip
    return figure
