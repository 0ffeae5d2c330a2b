"""What an enrichment found: tests of units x terms by several methods, and their settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.concepts.ontology.gene_lists import THRESHOLD, ListRule
from cellglass.concepts.ontology.libraries import Library
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.enrichment import Incidence, OraResult, PrerankResult
from cellglass.stats.test_table import TestTable

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["ora", "prerank", "parent-child", "elim"]


@dataclass(frozen=True)
class EnrichmentOptions:
    """How genes are chosen and tested.

    Parameters
    ----------
    methods, threshold, q, list_rule
        See `enrich`.
    gene_level
        Level of the adjusted p that a gene of a list needs, where such p are given.
    smallest, largest
        Genes of a set after the cut to the background.
    permutations
        Of the preranked test.
    ranking
        ``"all"``, or ``"positive"``: only genes with a positive score are ranked.
    weight
        Exponent of the scores in the running sum.
    most_ties
        Share of tied genes above which a unit has no preranked test.
    size_step
        Sets whose sizes differ by at most this share have one null; 0: each size has its own.
    elim_cutoff
        p at which ``"elim"`` takes the genes of a term from those above it.
    unit_level
        Whether a term is called only in units that hold any.
    seed, workers
        Root of every draw; threads, on which no result depends.
    """

    methods: tuple[Method, ...] = ("ora", "prerank")
    threshold: float = THRESHOLD
    q: float = 0.05
    list_rule: ListRule = "cutoff"
    gene_level: float = 0.05
    smallest: int = 10
    largest: int = 500
    permutations: int = 10_000
    ranking: Literal["all", "positive"] = "all"
    weight: float = 1.0
    most_ties: float = 0.5
    size_step: float = 0.0
    elim_cutoff: float = 0.01
    unit_level: bool = True
    seed: int = DEFAULT_SEED
    workers: int = 1


@dataclass(frozen=True, eq=False)
class Inputs:
    """Scores that were tested, units x genes, kept so that nulls run the same pipeline."""

    scores: NDArray[np.float64]
    tested: NDArray[np.bool_]
    gene_q: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class Enrichment:
    """Tests of units x terms of one library.

    Attributes
    ----------
    library
        The gene sets.
    units, genes
        Names; rows and columns of what was tested.
    lists
        Genes of each unit that over-representation took.
    results
        By method; the false discovery rate of each is over units x terms.
    options
        How it was done.
    inputs
        What went in.
    notes
        What was left out, and why.
    """

    library: Library
    units: tuple[str, ...]
    genes: tuple[str, ...]
    lists: Incidence
    results: Mapping[str, OraResult | PrerankResult]
    options: EnrichmentOptions
    inputs: Inputs = field(repr=False)
    notes: tuple[str, ...] = ()

    def result(self, method: str) -> OraResult | PrerankResult:
        """Tests of one method; InputError where it was not run."""
        if method not in self.results:
            raise InputError(
                f"method {method!r} was not run", where=f"enrichment in {self.library.name}",
                expected=", ".join(self.results),
            )  # fmt: skip
        return self.results[method]

    def significant(self, method: str = "ora", q: float | None = None) -> sparse.csr_matrix:
        """Units x terms, True where a term is called.

        Parameters
        ----------
        method
            One that was run.
        q
            Level; that of the options where None.

        Returns
        -------
        scipy.sparse.csr_matrix
            True where the p adjusted over units x terms is at most q, and (option
            ``unit_level``) so is that of the unit as a whole: Simes over its terms, adjusted over
            units. A set at the negative end of a ranking does not speak for a unit and is not
            counted.
        """
        result = self.result(method)
        level = self.options.q if q is None else q
        found = result.significant(level)
        if isinstance(result, PrerankResult):
            found = found.multiply(sparse.csr_matrix(np.nan_to_num(result.es) > 0)).tocsr()
        if self.options.unit_level:
            found = found.multiply((result.list_q <= level)[:, None]).tocsr()
        found.eliminate_zeros()
        return found

    def annotated(self, method: str = "ora") -> NDArray[np.bool_]:
        """Whether each unit has a significant term, shape (units,)."""
        return np.asarray(self.significant(method).getnnz(axis=1) > 0)

    def annotated_share(self, method: str = "ora") -> float:
        """Share of units with a significant term; compare it with `matched_null`."""
        return float(self.annotated(method).mean())

    def frame(self, method: str = "ora", *, q: float | None = None) -> pd.DataFrame:
        """Significant terms with their genes.

        Parameters
        ----------
        method
            One that was run.
        q
            Level; that of the options where None. For all tests see `test_table`.

        Returns
        -------
        pandas.DataFrame
            unit, term, label, method, library, then the columns of the method, genes and unit_q.
        """
        called = self.significant(method, q).tocoo()
        result = self.result(method)
        table = result.frame(q=self.options.q if q is None else q, genes=True)
        unit_of = {u: i for i, u in enumerate(self.units)}
        term_of = {t: i for i, t in enumerate(result.sets.names)}
        rows = table["list"].map(unit_of).to_numpy(dtype=np.int64)
        columns = table["set"].map(term_of).to_numpy(dtype=np.int64)
        table["unit_q"] = result.list_q[rows]
        n = len(result.sets)
        kept = np.isin(rows * n + columns, called.row.astype(np.int64) * n + called.col)
        table = table[kept].reset_index(drop=True)
        table = table.rename(columns={"list": "unit", "set": "term"})
        table.insert(2, "label", [self.library.label(t) for t in table["term"]])
        table.insert(3, "method", method)
        table.insert(4, "library", self.library.name)
        return table

    def test_table(self, method: str = "ora") -> TestTable:
        """All tests as one multiplicity family, those without overlap among them."""
        import pandas as pd

        result = self.result(method)
        if isinstance(result, PrerankResult):
            p, estimate = result.p, result.nes
        else:
            overlap, p = result.dense("overlap"), result.dense("p")
            ground = result.background
            sizes = ground.set_sizes[ground.of_list]
            n = result.list_sizes[:, None] * sizes / ground.universe[ground.of_list][:, None]
            estimate = np.divide(overlap, n, out=np.zeros_like(overlap), where=n > 0)
        rows, columns = np.nonzero(np.isfinite(p))
        names = result.sets.names
        ground = result.background
        frame = pd.DataFrame(
            {
                "test": [f"{self.units[r]} | {names[c]}" for r, c in
                         zip(rows, columns, strict=True)],
                "unit": np.array(self.units, dtype=object)[rows],
                "term": np.array(names, dtype=object)[columns],
                "estimate": estimate[rows, columns],
                "p": p[rows, columns],
                "n": ground.universe[ground.of_list[rows]],
            }
        )  # fmt: skip
        statistic = "normalised enrichment score" if method == "prerank" else "fold enrichment"
        table = TestTable(
            frame, f"enrichment, {method}", self.library.name, statistic, "gene"
        )  # fmt: skip
        return table.adjust()
