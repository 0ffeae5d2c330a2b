"""Enrichment of gene sets: over-representation and preranked running sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellglass._lazy import attach, keep_names

if TYPE_CHECKING:
    from cellglass.stats.enrichment.hypergeometric import upper_tail
    from cellglass.stats.enrichment.incidence import Incidence, incidence
    from cellglass.stats.enrichment.ora import OraResult, ora
    from cellglass.stats.enrichment.prerank import PrerankResult, prerank
    from cellglass.stats.enrichment.ranking import name_hash, share_of_ties
    from cellglass.stats.enrichment.topology import elim, parent_child

_NAMES = {
    "Incidence": ".incidence",
    "OraResult": ".ora",
    "PrerankResult": ".prerank",
    "elim": ".topology",
    "incidence": ".incidence",
    "name_hash": ".ranking",
    "ora": ".ora",
    "parent_child": ".topology",
    "prerank": ".prerank",
    "share_of_ties": ".ranking",
    "upper_tail": ".hypergeometric",
}

__all__ = [
    "Incidence",
    "OraResult",
    "PrerankResult",
    "elim",
    "incidence",
    "name_hash",
    "ora",
    "parent_child",
    "prerank",
    "share_of_ties",
    "upper_tail",
]

keep_names(__name__, _NAMES)


def __getattr__(name: str) -> Any:
    return attach(__name__, _NAMES, name)
