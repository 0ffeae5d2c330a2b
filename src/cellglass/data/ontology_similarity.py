"""How specific terms of an ontology are, and how alike: information content, depth, Resnik, Lin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.data.gene_sets import GeneSets
from cellglass.data.ontology import Ontology
from cellglass.errors import InputError

Measure = Literal["lin", "resnik"]


@dataclass(frozen=True, eq=False)
class OntologySimilarity:
    """Information content of terms, and similarity by the most informative common ancestor.

    Parameters
    ----------
    graph
        The is_a graph.
    content
        Information content in bits by term; terms without annotated genes have none.

    Examples
    --------
    >>> from cellglass.data.ontology import Term
    >>> graph = Ontology({
    ...     "r": Term("root", "x", ()),
    ...     "a": Term("a", "x", ("r",)),
    ...     "b": Term("b", "x", ("a",)),
    ... })
    >>> sets = GeneSets({"b": ("G1",), "r": ("G2",)}).propagate(graph)
    >>> similarity = OntologySimilarity.of(graph, sets)
    >>> similarity.content["b"], similarity.depth["b"]
    (1.0, 2)
    """

    graph: Ontology
    content: Mapping[str, float] = field(repr=False)

    @classmethod
    def of(cls, graph: Ontology, sets: GeneSets) -> OntologySimilarity:
        """Information content from propagated annotations.

        Parameters
        ----------
        graph
            The is_a graph.
        sets
            Genes of each term, those of the terms below it among them.

        Returns
        -------
        OntologySimilarity
            Content is -log2(genes under the term / genes annotated in its namespace): 0 for a
            root (Resnik, IJCAI 1995).

        Raises
        ------
        InputError
            If no set is a term, or a set holds genes that a parent lacks.
        """
        known = {t: genes for t, genes in sets.sets.items() if t in graph.terms and genes}
        if not known:
            raise InputError(
                f"none of {len(sets):,} sets is a term (such as {', '.join(list(sets.sets)[:2])})",
                where="information content",
                expected=f"ids such as {', '.join(list(graph.terms)[:2])}",
            )
        annotated: dict[str, set[str]] = {}
        for term, genes in known.items():
            annotated.setdefault(graph.terms[term].namespace, set()).update(genes)
            for parent in graph.terms[term].parents:
                if len(known.get(parent, ())) < len(genes):
                    raise InputError(
                        f"{parent} holds fewer genes than {term} below it",
                        where="information content",
                        expected="propagated sets",
                        fix="sets.propagate(ontology) first",
                    )
        total = {space: len(genes) for space, genes in annotated.items()}
        content = {
            t: float(np.log2(total[graph.terms[t].namespace] / len(genes)))
            for t, genes in known.items()
        }
        return cls(graph, content)

    @cached_property
    def depth(self) -> Mapping[str, int]:
        """Longest path from a root, by term."""
        return self._paths(max)

    @cached_property
    def level(self) -> Mapping[str, int]:
        """Shortest path from a root, by term."""
        return self._paths(min)

    def _paths(self, choose: Callable[[Iterable[int]], int]) -> dict[str, int]:
        steps: dict[str, int] = {}
        # a term has more ancestors than each of its parents: parents come first
        for term in sorted(self.graph.terms, key=lambda t: len(self.graph.ancestors[t])):
            above = [p for p in self.graph.terms[term].parents if p in self.graph.terms]
            steps[term] = 1 + choose(steps[p] for p in above) if above else 0
        return steps

    def contents(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """Information content in bits, shape (n,); nan for terms without annotated genes."""
        return np.array([self.content.get(t, np.nan) for t in terms], dtype=np.float64)

    def pairwise(self, terms: Sequence[str], measure: Measure = "lin") -> NDArray[np.float64]:
        """Similarity of each two terms.

        Parameters
        ----------
        terms
            Ids, n of them.
        measure
            ``"resnik"``: content of the most informative common ancestor, in bits (a term is its
            own ancestor); ``"lin"``: twice that over the sum of both contents, 0 to 1 (Lin, ICML
            1998).

        Returns
        -------
        numpy.ndarray
            Symmetric, shape (n, n); nan for terms without content. Terms of different namespaces
            have no common ancestor and similarity 0; so have two roots under ``"lin"``.

        Raises
        ------
        InputError
            If the measure is unknown.
        """
        if measure not in ("lin", "resnik"):
            raise InputError(f"measure is {measure!r}", expected="lin or resnik")
        holders: dict[str, list[int]] = {}
        for i, term in enumerate(terms):
            if term in self.content:
                for above in (term, *self.graph.ancestors[term]):
                    holders.setdefault(above, []).append(i)
        shared = np.zeros((len(terms), len(terms)))
        # rising content: the most informative ancestor is written last
        for above in sorted(holders, key=lambda t: (self.content.get(t, 0.0), t)):
            held = holders[above]
            shared[np.ix_(held, held)] = self.content.get(above, 0.0)
        own = self.contents(terms)
        lost = np.isnan(own)
        shared[lost] = np.nan
        shared[:, lost] = np.nan
        if measure == "resnik":
            return shared
        both = own[:, None] + own[None, :]
        return np.divide(
            2 * shared, both, out=np.where(np.isnan(both), np.nan, 0.0), where=both > 0
        )

    def groups(
        self, first: Sequence[str], second: Sequence[str], measure: Measure = "lin"
    ) -> float:
        """Similarity of two groups of terms: best-match average.

        Parameters
        ----------
        first, second
            Ids; those without content are left out.
        measure
            As for `pairwise`.

        Returns
        -------
        float
            Mean, over the terms of both groups, of the best match in the other one (Azuaje et
            al. 2005); nan where a group has no term with content.
        """
        a = [t for t in first if t in self.content]
        b = [t for t in second if t in self.content]
        if not a or not b:
            return float("nan")
        block = self.pairwise([*a, *b], measure)[: len(a), len(a) :]
        return float(np.concatenate([block.max(1), block.max(0)]).mean())
