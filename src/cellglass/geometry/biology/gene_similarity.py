"""How alike the annotations of genes are: Gene Ontology terms, closed upwards or flat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data.gene_sets import GeneSets
from cellglass.data.ontology import Ontology
from cellglass.data.ontology_similarity import Measure, OntologySimilarity
from cellglass.errors import InputError
from cellglass.geometry.blocks import blocks
from cellglass.geometry.named import numbered, require_different

Floats = NDArray[np.float64]
GeneMeasure = Literal["lin", "resnik", "jaccard", "overlap"]
PUBLISHED: dict[GeneMeasure, float] = {"lin": 0.55, "jaccard": 0.30, "overlap": 0.15}
PUBLISHED_ANCHORED: dict[GeneMeasure, float] = {
    "lin": 0.65, "jaccard": 0.20, "overlap": 0.15, "resnik": 0.10,
}  # fmt: skip
MOST_ANCHORS = 80


@dataclass(frozen=True, eq=False)
class GeneTerms:
    """Which terms annotate which genes, and how much each term says.

    Attributes
    ----------
    genes
        Names of rows.
    terms
        Ids of columns.
    members
        1 where a gene has a term, csr, shape (genes, terms).
    content
        Information content of each term, shape (terms,).
    direct
        Terms each gene is annotated with itself, before closing upwards; by gene.
    graph
        Similarity of terms, where terms were closed along an ontology.

    Examples
    --------
    >>> terms = GeneTerms.flat(["A", "B"], GeneSets({"t": ("A", "B"), "u": ("A", "C")}))
    >>> terms.measure("jaccard").round(2).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """

    genes: tuple[str, ...]
    terms: tuple[str, ...]
    members: sparse.csr_matrix
    content: Floats
    direct: tuple[tuple[str, ...], ...]
    graph: OntologySimilarity | None = field(default=None, repr=False)

    @classmethod
    def of(cls, genes: Sequence[str], sets: GeneSets, ontology: Ontology) -> GeneTerms:
        """Close annotations upwards: a gene has every term above its terms.

        Parameters
        ----------
        genes
            The genes to compare, all different.
        sets
            Direct annotations of all annotated genes: term to genes. Content is counted over all
            of them, not over `genes`.
        ontology
            The is_a graph.

        Returns
        -------
        GeneTerms
            Content in bits, -log2(genes under the term / genes annotated in its namespace).

        Raises
        ------
        InputError
            If no gene has a term, a gene comes twice, or no set is a term.
        """
        closed = sets.propagate(ontology)
        similarity = OntologySimilarity.of(ontology, closed)
        direct: dict[str, set[str]] = {g: set() for g in genes}
        for name, members in sets.sets.items():
            term = ontology.live(name)
            if term is not None:
                for gene in members:
                    if gene in direct:
                        direct[gene].add(term)
        return cls._made(genes, closed, similarity.contents, direct, similarity)

    @classmethod
    def flat(cls, genes: Sequence[str], sets: GeneSets) -> GeneTerms:
        """Take annotations as they stand, as the published screen did.

        Parameters
        ----------
        genes
            The genes to compare, all different.
        sets
            Term to genes.

        Returns
        -------
        GeneTerms
            Content ln((N + 1) / (n + 1)) with N the genes given and n those of them with the
            term (specification 2.12).

        Raises
        ------
        InputError
            If no gene has a term, or a gene comes twice.
        """
        known = set(genes)
        size = {t: len(known.intersection(members)) for t, members in sets.sets.items()}
        direct: dict[str, set[str]] = {g: set() for g in genes}
        for term, members in sets.sets.items():
            for gene in known.intersection(members):
                direct[gene].add(term)

        def content(terms: Sequence[str]) -> Floats:
            held = np.array([size[t] for t in terms], dtype=np.float64)
            return np.asarray(np.log((len(known) + 1) / (held + 1)))

        return cls._made(genes, sets, content, direct, None)

    @classmethod
    def _made(
        cls,
        genes: Sequence[str],
        sets: GeneSets,
        contents: Callable[[Sequence[str]], Floats],
        direct: Mapping[str, Collection[str]],
        graph: OntologySimilarity | None,
    ) -> GeneTerms:
        require_different(genes, "gene similarity")
        row = numbered(genes)
        ends = [(row[g], term) for term, members in sets.sets.items() for g in members if g in row]
        if not ends:
            raise InputError(
                f"none of {len(genes)} genes (such as {', '.join(list(genes)[:2])}) has a term",
                where="gene similarity",
                expected=f"names such as {', '.join(sets.genes[:2])}",
            )
        terms = tuple(sorted({t for _, t in ends}))
        column = numbered(terms)
        members = sparse.csr_matrix(
            (np.ones(len(ends)), ([i for i, _ in ends], [column[t] for _, t in ends])),
            shape=(len(genes), len(terms)),
        )
        own = tuple(tuple(sorted(direct[g])) for g in genes)
        return cls(tuple(genes), terms, members, contents(terms), own, graph)

    @cached_property
    def annotated(self) -> NDArray[np.bool_]:
        """Genes with any term, shape (genes,)."""
        return np.asarray(self.members.getnnz(axis=1) > 0)

    def restrict(self, terms: Collection[str]) -> GeneTerms:
        """Keep some of the terms.

        Parameters
        ----------
        terms
            Ids.

        Raises
        ------
        InputError
            If none of them is a term of any gene.
        """
        wanted = set(terms)
        kept = [j for j, t in enumerate(self.terms) if t in wanted]
        if not kept:
            raise InputError(f"none of {len(wanted)} terms annotates a gene", where="terms")
        return GeneTerms(
            self.genes, tuple(self.terms[j] for j in kept), self.members[:, kept].tocsr(),
            self.content[kept],
            tuple(tuple(t for t in own if t in wanted) for own in self.direct), self.graph,
        )  # fmt: skip

    def most_frequent(self, genes: Collection[str], n: int = MOST_ANCHORS) -> tuple[str, ...]:
        """Terms that most of some genes have, most frequent first.

        Parameters
        ----------
        genes
            The genes to count over; those not among `self.genes` are left out.
        n
            How many terms at most.
        """
        rows = [i for i, g in enumerate(self.genes) if g in set(genes)]
        count = np.asarray(self.members[rows].sum(0)).ravel()
        order = np.lexsort((np.arange(count.size), -count))[:n]
        return tuple(self.terms[j] for j in order if count[j] > 0)

    def measure(self, name: GeneMeasure) -> Floats:
        """Similarity of each two genes by the terms that they share.

        Parameters
        ----------
        name
            With s and t the term sets of two genes (closed or flat) and IC the content:
            ``"lin"``: 2 sum IC(s and t) / (sum IC(s) + sum IC(t)); ``"jaccard"``: shared terms over
            terms of either; ``"overlap"``: shared terms over sqrt(|s| |t|); ``"resnik"``: largest
            IC of a shared term, over the largest IC of all terms.

        Returns
        -------
        numpy.ndarray
            Symmetric, 0 to 1, shape (genes, genes); nan for genes without terms. ``"lin"`` is 0
            for two genes whose terms say nothing.

        Raises
        ------
        InputError
            If the measure is unknown.
        """
        if name == "resnik":
            return self._blank(self._resnik())
        weights = self.content if name == "lin" else np.ones(len(self.terms))
        weighted = self.members.multiply(weights[None, :]).tocsr()
        shared = np.asarray((weighted @ self.members.T).todense(), dtype=np.float64)
        own = np.asarray(weighted.sum(1), dtype=np.float64).ravel()
        if name == "lin":
            return self._blank(_ratio(2 * shared, own[:, None] + own[None, :]))
        if name == "jaccard":
            return self._blank(_ratio(shared, own[:, None] + own[None, :] - shared))
        if name == "overlap":
            return self._blank(_ratio(shared, np.sqrt(own[:, None] * own[None, :])))
        raise InputError(
            f"measure is {name!r}", where="gene similarity",
            expected="lin, resnik, jaccard or overlap",
        )  # fmt: skip

    def best_match(self, measure: Measure = "lin") -> Floats:
        """Best-match average of the similarity of direct terms.

        Parameters
        ----------
        measure
            Of two terms, ``"lin"`` or ``"resnik"``: see
            `cellglass.data.OntologySimilarity.pairwise`.

        Returns
        -------
        numpy.ndarray
            For two genes the mean, over the direct terms of both, of the best match among those of
            the other (Azuaje et al. 2005); symmetric, shape (genes, genes); nan for genes without
            terms. Terms of several namespaces are matched within theirs, as others have
            similarity 0: read gene sets of one namespace for what the literature reports.

        Raises
        ------
        InputError
            If the terms are flat.

        Notes
        -----
        The same number as `cellglass.data.OntologySimilarity.groups` of each two genes, with one
        matrix of terms for all of them: 8 bytes for each two direct terms (2,000 genes of GO
        biological process: 6,000 terms, 0.3 GB).
        """
        if self.graph is None:
            raise InputError(
                "flat terms have no ancestors to match by", where="best-match average",
                fix="GeneTerms.of(genes, sets, ontology)",
            )  # fmt: skip
        known = self.graph.content
        own = [[t for t in terms if t in known] for terms in self.direct]
        terms = sorted({t for held in own for t in held})
        place = {t: i for i, t in enumerate(terms)}
        between = self.graph.pairwise(terms, measure)
        n = len(self.genes)
        held = [i for i in range(n) if own[i]]
        columns = np.concatenate([[place[t] for t in own[i]] for i in held]).astype(np.int64)
        sizes = np.array([len(own[i]) for i in held])
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        # best match of every term among the terms of every gene, then summed over those of a gene
        best = np.empty((len(terms), len(held)))
        for rows in blocks(len(terms), columns.size):
            best[rows] = np.maximum.reduceat(between[rows][:, columns], starts, axis=1)
        of_gene = sparse.csr_matrix(
            (np.ones(columns.size), (np.repeat(np.arange(len(held)), sizes), columns)),
            shape=(len(held), len(terms)),
        )
        total = np.asarray(of_gene @ best)
        found = np.full((n, n), np.nan)
        found[np.ix_(held, held)] = (total + total.T) / (sizes[:, None] + sizes[None, :])
        return found

    def _resnik(self) -> Floats:
        """Largest content of a shared term: rising content, so that the largest is written last."""
        by_term = self.members.tocsc()
        best = np.zeros((len(self.genes), len(self.genes)))
        for j in np.argsort(self.content, kind="stable"):
            held = by_term.indices[by_term.indptr[j] : by_term.indptr[j + 1]]
            best[np.ix_(held, held)] = self.content[j]
        largest = float(self.content.max())
        return best / largest if largest > 0 else best

    def _blank(self, values: Floats) -> Floats:
        values[~self.annotated] = np.nan
        values[:, ~self.annotated] = np.nan
        return values


def published_similarity(terms: GeneTerms, anchors: Collection[str] | None = None) -> Floats:
    """Blend similarities with the weights of the published screen.

    Parameters
    ----------
    terms
        `GeneTerms.flat` for the published numbers; closed terms are taken as well.
    anchors
        Genes (of TRRUST, in the published screen) whose 80 most frequent terms alone are used,
        with the weights of that version.

    Returns
    -------
    numpy.ndarray
        0.55 Lin + 0.30 Jaccard + 0.15 overlap; with anchors 0.65 Lin + 0.20 Jaccard + 0.15 overlap
        + 0.10 Resnik, whose weights add to 1.1. Shape (genes, genes); nan for genes without terms
        (the published screen had 0).

    Raises
    ------
    InputError
        If no anchor has a term.

    Notes
    -----
    Specification 2.12 (H130). The flat version takes a parent and its child for two things: genes
    annotated at different depths share nothing.

    Examples
    --------
    >>> terms = GeneTerms.flat(["A", "B"], GeneSets({"t": ("A", "B"), "u": ("A", "C")}))
    >>> bool(0.2 < published_similarity(terms)[0, 1] < 0.5)
    True
    """
    weights = PUBLISHED if anchors is None else PUBLISHED_ANCHORED
    used = terms if anchors is None else terms.restrict(terms.most_frequent(anchors))
    parts = [weight * used.measure(name) for name, weight in weights.items()]
    return np.asarray(np.sum(parts, axis=0))


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
