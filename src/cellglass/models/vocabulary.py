"""The genes a model knows: names, integer ids, special tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

GeneKind = Literal["symbol", "ensembl"]


@dataclass(frozen=True)
class Vocabulary:
    """A model's vocabulary.

    Parameters
    ----------
    ids
        Name of each gene (symbol or Ensembl id, see `kind`) to its integer id.
    special
        Special tokens (``"<pad>"``, ``"<cls>"``, ...) to their ids; disjoint from `ids`.
    kind
        Which identifiers `ids` uses.
    symbols
        For Ensembl vocabularies: Ensembl id to symbol, for labels that people read.

    Examples
    --------
    >>> v = Vocabulary({"CD3E": 0, "LYZ": 1}, special={"<pad>": 2})
    >>> v.lookup(["LYZ", "nothing"]).tolist()
    [1, -1]
    """

    ids: Mapping[str, int]
    special: Mapping[str, int] = field(default_factory=dict)
    kind: GeneKind = "symbol"
    symbols: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, gene: str) -> bool:
        return gene in self.ids

    @cached_property
    def n_embeddings(self) -> int:
        """Rows an embedding table needs: the largest id plus one."""
        return 1 + max(max(self.ids.values(), default=-1), max(self.special.values(), default=-1))

    @cached_property
    def names(self) -> NDArray[np.str_]:
        """Gene name by id; empty string where no gene has the id. Shape (n_embeddings,)."""
        names = np.full(self.n_embeddings, "", dtype=object)
        for name, index in self.ids.items():
            names[index] = name
        return names.astype(str)

    @cached_property
    def labels(self) -> NDArray[np.str_]:
        """Symbols by id where they are known, else `names`. Shape (n_embeddings,)."""
        if not self.symbols:
            return self.names
        return np.array([self.symbols.get(n, n) for n in self.names], dtype=str)

    @cached_property
    def is_special(self) -> NDArray[np.bool_]:
        """Which ids are special tokens. Shape (n_embeddings,)."""
        flags = np.zeros(self.n_embeddings, dtype=bool)
        flags[list(self.special.values())] = True
        return flags

    def lookup(self, names: Iterable[str]) -> NDArray[np.int64]:
        """Ids of the names given, shape (n_names,); -1 where a name is not in the vocabulary."""
        return np.fromiter((self.ids.get(str(n), -1) for n in names), dtype=np.int64)

    def gene_id(self, gene: str) -> int:
        """Id of one gene, by name or by the symbol people read.

        Raises
        ------
        InputError
            If the vocabulary does not hold the gene.
        """
        if gene in self.ids:
            return int(self.ids[gene])
        if gene in self._by_symbol:
            return self._by_symbol[gene]
        from cellglass.errors import InputError, nearest

        raise InputError(
            f"gene '{gene}' is not in the model's vocabulary of {len(self)} genes",
            fix=nearest(gene, list(self._by_symbol) or list(self.ids)),
        )

    @cached_property
    def _by_symbol(self) -> dict[str, int]:
        return {self.symbols[n]: int(i) for n, i in self.ids.items() if n in self.symbols}
