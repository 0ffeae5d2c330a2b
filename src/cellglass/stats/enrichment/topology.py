"""Over-representation along an is_a graph: what a term adds to its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.errors import InputError
from cellglass.stats.enrichment.hypergeometric import bh_of_counts, distinct_tails, upper_tail
from cellglass.stats.enrichment.incidence import Groups, Incidence
from cellglass.stats.enrichment.ora import LARGEST, SMALLEST, OraResult, ora

Parents = Mapping[str, Sequence[str]]
CUTOFF = 0.01


def parent_child(
    lists: Groups | Incidence,
    sets: Groups | Incidence,
    universe: Sequence[str],
    parents: Parents,
    *,
    tested: ArrayLike | None = None,
    smallest: int = SMALLEST,
    largest: int = LARGEST,
    allow_empty: bool = False,
) -> OraResult:
    """Test each term against the genes of its parents instead of all genes.

    Parameters
    ----------
    lists, sets, universe, tested, smallest, largest, allow_empty
        As for `ora`; sets hold the genes of the terms below them.
    parents
        Parents of each term, by the names of `sets`; parents that are no set are left out. A
        term without parents is tested against all genes.

    Returns
    -------
    OraResult
        `p` and `q` are those of the conditional test; the rest is that of `ora`.

    Raises
    ------
    InputError
        As `ora`, or if a set holds a gene that its parents lack.

    Notes
    -----
    Parent-child union (Grossmann, Bauer, Robinson and Vingron, Bioinformatics 2007): background
    is the union of the parents' genes, and the list is cut to it. A term with the same genes as
    that union has p = 1: it adds nothing.

    Examples
    --------
    >>> genes = [f"g{i}" for i in range(200)]
    >>> sets = {"up": genes[:40], "down": genes[:10]}
    >>> flat = ora({"mine": genes[:12]}, sets, genes)
    >>> nested = parent_child({"mine": genes[:12]}, sets, genes, {"down": ["up"]})
    >>> bool(nested.dense()[0, 1] > flat.dense()[0, 1])
    True
    """
    flat = ora(
        lists, sets, universe, tested=tested, smallest=smallest, largest=largest,
        allow_empty=allow_empty,
    )  # fmt: skip
    union = _parent_union(flat.sets, parents)
    ground = flat.background
    inside = (flat.lists.matrix @ union.T).tocsr()
    n = np.asarray(inside[flat.rows, flat.columns], dtype=np.int64).ravel()
    if ground.masks is None:
        totals = np.diff(union.indptr).astype(np.int64)[None, :]
    else:
        totals = np.ascontiguousarray((union @ ground.masks.T.astype(np.int32)).T, dtype=np.int64)
    group = ground.of_list[flat.rows]
    p, codes = distinct_tails(
        flat.overlap, n, ground.set_sizes[group, flat.columns], totals[group, flat.columns]
    )
    q = bh_of_counts(p, np.bincount(codes, minlength=p.size), flat.n_tests)
    return replace(flat, p=p[codes], q=q[codes], conditional="parent-child union")


def elim(
    lists: Groups | Incidence,
    sets: Groups | Incidence,
    universe: Sequence[str],
    parents: Parents,
    *,
    cutoff: float = CUTOFF,
    tested: ArrayLike | None = None,
    smallest: int = SMALLEST,
    largest: int = LARGEST,
    allow_empty: bool = False,
) -> OraResult:
    """Test terms from the leaves up, taking the genes of significant terms from those above.

    Parameters
    ----------
    lists, sets, universe, tested, smallest, largest, allow_empty
        As for `ora`; sets hold the genes of the terms below them.
    parents
        Parents of each term; a parent that is no set passes nothing up.
    cutoff
        Raw p at or below which a term takes its genes with it.

    Returns
    -------
    OraResult
        `p` and `q` are those of the remaining genes; `overlap` and `set_sizes` are those of
        `ora`, before any gene was taken.

    Raises
    ------
    InputError
        As `ora`, if a set holds a gene that its parents lack, or the graph has a cycle.

    Notes
    -----
    The elim method (Alexa, Rahnenfuehrer and Lengauer, Bioinformatics 2006), with a 0.01 cutoff
    as in topGO: levels are longest paths to a root, and universe and list keep their sizes. p
    values depend on one another by construction; q is given for orientation.

    Examples
    --------
    >>> genes = [f"g{i}" for i in range(200)]
    >>> sets = {"up": genes[:40], "down": genes[:10]}
    >>> elim({"mine": genes[:10]}, sets, genes, {"down": ["up"]}).dense()[0].round(3).tolist()
    [1.0, 0.0]
    """
    flat = ora(
        lists, sets, universe, tested=tested, smallest=smallest, largest=largest,
        allow_empty=allow_empty,
    )  # fmt: skip
    _parent_union(flat.sets, parents)  # checks that genes were passed up
    above, level = _ancestry(flat.sets.names, parents)
    p = flat.p.copy()
    start = np.searchsorted(flat.rows, np.arange(len(flat.lists) + 1))
    if (np.diff(flat.rows) < 0).any():
        raise InputError("tests are not sorted by list", where="elim")
    for row in range(len(flat.lists)):
        tests = slice(start[row], start[row + 1])
        p[tests] = _eliminated(flat, row, tests, above, level, cutoff)
    values, codes = np.unique(p, return_inverse=True)
    q = bh_of_counts(values, np.bincount(codes, minlength=values.size), flat.n_tests)
    return replace(flat, p=p, q=q[codes], conditional=f"elim, cutoff {cutoff:g}")


def _eliminated(
    flat: OraResult,
    row: int,
    tests: slice,
    above: list[NDArray[np.int64]],
    level: NDArray[np.int64],
    cutoff: float,
) -> NDArray[np.float64]:
    """P values of one list, deepest terms first."""
    columns, p = flat.columns[tests], flat.p[tests].copy()
    ground = flat.background
    group = ground.of_list[row]
    mask = None if ground.masks is None else ground.masks[group]
    mine = flat.lists.members(row)
    taken: dict[int, set[int]] = {}
    for i in np.lexsort((columns, -level[columns])):
        term = int(columns[i])
        gone = taken.get(term)
        if gone:
            lost = np.fromiter(gone, dtype=np.int64)
            hits = int(flat.overlap[tests][i]) - int(np.isin(mine, lost).sum())
            size = int(ground.set_sizes[group, term]) - lost.size
            p[i] = upper_tail(hits, mine.size, size, ground.universe[group])
        if p[i] <= cutoff:
            genes = flat.sets.members(term)
            held = set((genes if mask is None else genes[mask[genes]]).tolist())
            for higher in above[term]:
                taken.setdefault(int(higher), set()).update(held)
    return p


def _parent_union(sets: Incidence, parents: Parents) -> sparse.csr_matrix:
    """Genes of the parents of each set, sets x genes; all genes where it has none."""
    place = {name: i for i, name in enumerate(sets.names)}
    rows, columns, rootless = [], [], []
    for i, name in enumerate(sets.names):
        known = [place[p] for p in parents.get(name, ()) if p in place]
        rows += [i] * len(known)
        columns += known
        if not known:
            rootless.append(i)
    n = len(sets)
    links = sparse.csr_matrix((np.ones(len(rows), np.int32), (rows, columns)), shape=(n, n))
    union = (links @ sets.matrix).tocsr()
    union.data[:] = 1
    if rootless:
        full = np.zeros((n, 1), np.int32)
        full[rootless] = 1
        everything = sparse.csr_matrix(np.ones((1, len(sets.genes)), np.int32))
        union = (union + sparse.csr_matrix(full) @ everything).tocsr()
    kept = np.asarray(union.multiply(sets.matrix).sum(1)).ravel()
    short = np.flatnonzero(kept < sets.sizes)
    if short.size:
        raise InputError(
            f"{short.size:,} of {n:,} sets hold genes that their parents lack, such as "
            f"{sets.names[short[0]]}",
            where="gene sets along a graph",
            expected="terms that hold the genes of the terms below them",
            fix="sets.propagate(ontology) first",
        )
    return union


def _ancestry(
    names: Sequence[str], parents: Parents
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Ancestors of each set among the sets, and its longest path to a root."""
    place = {name: i for i, name in enumerate(names)}
    direct = [[place[p] for p in parents.get(name, ()) if p in place] for name in names]
    waiting = np.array([len(d) for d in direct])
    children: list[list[int]] = [[] for _ in names]
    for child, above in enumerate(direct):
        for parent in above:
            children[parent].append(child)
    ancestors: list[set[int]] = [set() for _ in names]
    level = np.zeros(len(names), dtype=np.int64)
    ready = np.flatnonzero(waiting == 0).tolist()
    done = 0
    while ready:
        term = ready.pop()
        done += 1
        for child in children[term]:
            ancestors[child] |= ancestors[term] | {term}
            level[child] = max(level[child], level[term] + 1)
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    if done < len(names):
        stuck = names[int(np.argmax(waiting > 0))]
        raise InputError(
            f"the graph has a cycle through or above {stuck}", where="gene sets along a graph",
            expected="a graph without cycles",
        )  # fmt: skip
    return [np.array(sorted(a), dtype=np.int64) for a in ancestors], level
