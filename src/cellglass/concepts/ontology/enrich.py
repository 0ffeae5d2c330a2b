"""Enrichment of the genes of units in a library: one pipeline for concepts, neurons and nulls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.ontology.enrichment import Enrichment, EnrichmentOptions, Inputs, Method
from cellglass.concepts.ontology.gene_lists import THRESHOLD, ListRule, gene_lists
from cellglass.concepts.ontology.libraries import Library
from cellglass.errors import InputError
from cellglass.stats.enrichment import (
    Incidence,
    OraResult,
    PrerankResult,
    elim,
    incidence,
    ora,
    parent_child,
    prerank,
)

METHODS = ("ora", "prerank", "parent-child", "elim")


def enrich(
    scores: Any,
    library: Library,
    *,
    tested: ArrayLike | None = None,
    genes: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    gene_q: ArrayLike | None = None,
    methods: Sequence[Method] = ("ora", "prerank"),
    threshold: float = THRESHOLD,
    q: float = 0.05,
    list_rule: ListRule = "cutoff",
    **options: Any,
) -> Enrichment:
    """Test which terms the genes of each unit share.

    Parameters
    ----------
    scores
        Genes x units: mean attribution over prototypes, as a DataFrame (its index names genes,
        its columns units) or an array.
    library
        Gene sets; the false discovery rate is over units x its terms.
    tested
        Genes x units, True where the gene was tested for the unit, for example in at least 10
        prototypes; where None, wherever the score is finite. It is the background: genes that
        the model could see and that were tested, never all annotated genes.
    genes, units
        Names, for an array.
    gene_q
        Genes x units: adjusted p of each score; only genes below ``gene_level`` make lists.
    methods
        ``"ora"`` and ``"prerank"``; along the library's graph ``"parent-child"`` and ``"elim"``.
    threshold
        Score above which a gene is in the list, for the rule ``"cutoff"``.
    q
        Level at which a term is called.
    list_rule
        ``"cutoff"``, ``"participation ratio"``, or a number of genes; see `gene_lists`.
    **options
        Other fields of `EnrichmentOptions`: ``gene_level`` (0.05), ``smallest`` and ``largest``
        (10, 500: sizes after the cut to the background), ``permutations`` (10,000), ``weight``
        (1), ``ranking`` (``"all"``, or ``"positive"``: only genes with a positive score are
        ranked, and only positive deviations count), ``most_ties`` (0.5), ``size_step``
        (0; 0.05 makes prerank several times as fast), ``elim_cutoff`` (0.01), ``unit_level``
        (True: a term is called only in units that hold any, see `Enrichment`), ``seed``,
        ``workers``.

    Returns
    -------
    Enrichment
        A unit without genes in its list has p = 1 throughout and counts. Units whose ranking has
        more ties than allowed have no prerank tests; `notes` names them, with the share of ties.

    Raises
    ------
    InputError
        If scores of tested genes are not finite, shapes differ, no gene is in a list of any
        unit, the library does not meet the genes, or an option is unknown.

    Examples
    --------
    >>> from cellglass.data import GeneSets
    >>> genes = [f"g{i}" for i in range(200)]
    >>> scores = np.zeros((200, 1))
    >>> scores[:12, 0] = 1.0
    >>> library = Library("mine", GeneSets({"program": tuple(genes[:10])}))
    >>> found = enrich(scores, library, genes=genes, units=["concept 1"], methods=["ora"])
    >>> found.frame()["term"].tolist()
    ['program']
    """
    names, labels, values = _named(scores, genes, units)
    judged = _tested(values, tested, names, labels)
    given = None if gene_q is None else _shaped(gene_q, values.shape, "gene_q")
    chosen = _options(tuple(methods), threshold, q, list_rule, options)
    kept = np.asarray(judged.any(axis=1))
    notes = []
    if not kept.any():
        raise InputError(
            "no unit has a tested gene", where="tested",
            fix="attribute more prototypes, or lower the number that is asked for",
        )  # fmt: skip
    if not kept.all():
        lost = [u for u, k in zip(labels, kept, strict=True) if not k]
        notes.append(f"{len(lost):,} units without a tested gene were left out: "
                     + ", ".join(lost[:5]))  # fmt: skip
    inputs = Inputs(values[kept], judged[kept], None if given is None else given[kept])
    labels = tuple(u for u, k in zip(labels, kept, strict=True) if k)
    return run(inputs, labels, names, library, chosen, tuple(notes))


def run(
    inputs: Inputs,
    units: tuple[str, ...],
    genes: tuple[str, ...],
    library: Library,
    options: EnrichmentOptions,
    notes: tuple[str, ...] = (),
) -> Enrichment:
    """Choose lists and run every method: the pipeline that nulls run too.

    Parameters
    ----------
    inputs
        Units x genes.
    units, genes
        Their names.
    library
        Gene sets.
    options
        How.
    notes
        What is known already.

    Returns
    -------
    Enrichment
    """
    mask = gene_lists(
        inputs.scores, inputs.tested, genes, rule=options.list_rule, seed=options.seed,
        threshold=options.threshold, gene_q=inputs.gene_q, gene_level=options.gene_level,
    )  # fmt: skip
    lists = Incidence.of_mask(mask, units, genes)
    sets = incidence(library.sets.sets, genes, what=f"gene sets of {library.name}")
    enough = np.flatnonzero(sets.sizes >= options.smallest)  # what is below them is smaller still
    sets = sets.take(enough) if enough.size else sets
    tested = None if inputs.tested.all() else inputs.tested
    limits = {"smallest": options.smallest, "largest": options.largest}
    told = list(notes)
    results: dict[str, OraResult | PrerankResult] = {}
    for method in options.methods:
        if method == "prerank":
            results[method] = ranked = _prerank(inputs, sets, units, genes, options)
            told += _ties(ranked) + _resolution(ranked, options.q)
            continue
        if not lists.matrix.nnz:
            raise InputError(
                f"no gene is in the list of any of {len(units):,} units", where="gene lists",
                expected=f"scores above {options.threshold:g}"
                + ("" if inputs.gene_q is None else f" with q < {options.gene_level:g}"),
                fix="lower threshold=, use list_rule='participation ratio', or prerank alone",
            )  # fmt: skip
        common: dict[str, Any] = {"tested": tested, "allow_empty": True, **limits}
        if method == "ora":
            results[method] = ora(lists, sets, genes, **common)
        elif method == "parent-child":
            results[method] = parent_child(lists, sets, genes, library.parents, **common)
        else:
            results[method] = elim(
                lists, sets, genes, library.parents, cutoff=options.elim_cutoff, **common
            )
    empty = int((lists.sizes == 0).sum())
    if empty and set(options.methods) != {"prerank"}:
        told.append(f"{empty:,} of {len(units):,} units have an empty list: p = 1 for all terms")
    return Enrichment(library, units, genes, lists, results, options, inputs, tuple(told))


def rerun(enrichment: Enrichment, library: Library, **changes: Any) -> Enrichment:
    """The same scores through the same pipeline, in another library.

    Parameters
    ----------
    enrichment
        What was done.
    library
        The other library.
    **changes
        Options to change.

    Returns
    -------
    Enrichment

    Examples
    --------
    >>> rerun(found, library.thinned(0.5))  # doctest: +SKIP
    """
    options = replace(enrichment.options, **changes)
    return run(enrichment.inputs, enrichment.units, enrichment.genes, library, options)


def _prerank(
    inputs: Inputs,
    sets: Incidence,
    units: tuple[str, ...],
    genes: tuple[str, ...],
    options: EnrichmentOptions,
) -> PrerankResult:
    scores, tested = inputs.scores, inputs.tested
    if options.ranking == "positive":
        positive = tested & (np.where(tested, scores, 0.0) > 0)
        # a unit without a positive score is all ties at 0, and refused as such
        none = ~np.asarray(positive.any(axis=1))
        scores = np.where(none[:, None], 0.0, scores)
        tested = np.where(none[:, None], tested, positive)
    return prerank(
        scores, sets, genes, names=units, tested=None if tested.all() else tested,
        weight=options.weight, permutations=options.permutations,
        side="positive" if options.ranking == "positive" else "both",
        smallest=options.smallest, largest=options.largest, ties="skip",
        most_ties=options.most_ties, size_step=options.size_step,
        seed=options.seed, workers=options.workers,
    )  # fmt: skip


def _ties(result: PrerankResult) -> list[str]:
    told = [
        f"tied genes in a ranking: median {np.median(result.ties):.1%}, at most "
        f"{result.ties.max():.1%}"
    ]
    if result.refused.any():
        lost = [n for n, r in zip(result.names, result.refused, strict=True) if r]
        told.append(
            f"prerank refused {len(lost):,} of {len(result.names):,} units with too many tied "
            f"genes ({', '.join(lost[:5])}): their order would be arbitrary"
        )
    return told


def _resolution(result: PrerankResult, q: float) -> list[str]:
    """Say where the smallest p that permutations can give is too large for a single term."""
    largest = int(np.isfinite(result.p).sum(axis=1).max())
    smallest = 2 / (result.permutations + 1)  # about half of the random sets share the sign
    needed = int(np.ceil(smallest * largest / q))
    if needed <= 1:
        return []
    return [
        f"with {result.permutations:,} permutations a unit needs about {needed:,} of {largest:,} "
        f"terms at the smallest p to be called at {q:g}; for one term take "
        f"{int(np.ceil(2 * largest / q)):,} permutations, or a smaller library"
    ]


def _named(
    scores: Any, genes: Sequence[str] | None, units: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float64]]:
    """Names of genes and units, and scores as units x genes."""
    if hasattr(scores, "columns") and hasattr(scores, "index"):
        genes = list(scores.index) if genes is None else genes
        units = list(scores.columns) if units is None else units
        scores = scores.to_numpy()
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2 or genes is None:
        raise InputError(
            f"scores of shape {values.shape}" + ("" if genes else " without gene names"),
            where="scores", expected="genes x units, a DataFrame or an array with genes=",
        )  # fmt: skip
    labels = tuple(map(str, range(values.shape[1]) if units is None else units))
    names = tuple(map(str, genes))
    if values.shape != (len(names), len(labels)):
        raise InputError(
            f"scores of shape {values.shape} for {len(names):,} genes and {len(labels):,} units",
            where="scores", expected="genes x units",
        )  # fmt: skip
    if len(set(labels)) < len(labels):
        raise InputError("a unit is named twice", where="units", expected="each once")
    return names, labels, np.ascontiguousarray(values.T)


def _shaped(values: ArrayLike, shape: tuple[int, ...], where: str) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64).T
    if array.shape != shape:
        raise InputError(f"an array of shape {array.T.shape}", where=where,
                         expected=f"genes x units, {shape[::-1]}")  # fmt: skip
    return np.ascontiguousarray(array)


def _tested(
    values: NDArray[np.float64],
    tested: ArrayLike | None,
    genes: tuple[str, ...],
    units: tuple[str, ...],
) -> NDArray[np.bool_]:
    if tested is None:
        return np.isfinite(values)
    judged = _shaped(tested, values.shape, "tested") > 0
    bad = judged & ~np.isfinite(values)
    if bad.any():
        unit, gene = np.argwhere(bad)[0]
        raise InputError(
            f"{int(bad.sum()):,} scores of tested genes are not finite, such as that of "
            f"{genes[gene]} for {units[unit]}",
            where="scores",
            fix="mark genes without a score as not tested",
        )
    return judged


def _options(
    methods: tuple[Method, ...],
    threshold: float,
    q: float,
    rule: ListRule,
    others: Mapping[str, Any],
) -> EnrichmentOptions:
    unknown = [m for m in methods if m not in METHODS]
    if unknown or not methods:
        raise InputError(f"methods {list(methods)}", where="enrich", expected=", ".join(METHODS))
    fields = set(EnrichmentOptions.__dataclass_fields__)
    strange = sorted(set(others) - fields)
    if strange:
        raise InputError(f"there is no option {strange[0]}", where="enrich",
                         expected=", ".join(sorted(fields)))  # fmt: skip
    chosen = EnrichmentOptions(methods, threshold, q, rule, **others)
    if chosen.ranking not in ("all", "positive"):
        raise InputError(f"ranking {chosen.ranking!r}", expected="all or positive")
    return chosen
