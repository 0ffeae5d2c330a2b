"""Gene space of a layer and domain, or why there is none."""

from __future__ import annotations

from cellglass.errors import NotApplicableError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.states.collect import ALL
from cellglass.geometry.states.gene_states import GeneStates

from .names import cells_of

FEWEST_GENES = 60
"""Genes with a state of their own below which nothing is said about gene space."""


def domain_cloud(states: GeneStates, layer: int, domain: str) -> PointCloud:
    """Gene states of a layer over the cells of a domain, copies of a state included.

    Parameters
    ----------
    states
        Of all layers and domains.
    layer
        One of its layers.
    domain
        One of its domains, or ``"all"`` for all cells.

    Returns
    -------
    PointCloud
        Genes that enough cells of the domain contain.

    Raises
    ------
    NotApplicableError
        If fewer than 60 genes have a state of their own in these cells.

    Examples
    --------
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:40]
    >>> len(domain_cloud(cg.geometry.gene_states(model, cells, min_count=2), 0, "all")) > 60
    True
    """
    told = domain in states.domains
    n = 0
    if told or domain == ALL:
        own = domain if told else None
        n = int((states.count(domain=own) >= states.min_count).sum())
    if n >= FEWEST_GENES:
        cloud = states.cloud(layer, domain=own)
        n = len(cloud.distinct())
        if n >= FEWEST_GENES:
            return cloud
    raise NotApplicableError(
        f"{n} genes have a state of their own in {cells_of(domain)} (a gene must be in "
        f"{states.min_count} of them); {FEWEST_GENES} are needed to speak of gene space"
    )
