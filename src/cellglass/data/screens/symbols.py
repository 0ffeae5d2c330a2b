"""Gene symbols of a data set, to meet the names by which screens call perturbed genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellglass.data.identifiers import guess_identifier
from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SYMBOL_COLUMNS = (
    "gene_symbol", "gene_symbols", "symbol", "gene_name", "gene_names", "feature_name", "gene",
)  # fmt: skip


def gene_symbols(var: pd.DataFrame) -> tuple[str, ...]:
    """Symbols of the measured genes: the index, or a column where the index holds Ensembl ids.

    Parameters
    ----------
    var
        Table of the genes.

    Returns
    -------
    tuple of str
        One name a gene, all different: a symbol that stands for several genes is kept for the
        first, and the others go by their index.

    Raises
    ------
    InputError
        If the index holds Ensembl ids and no column holds symbols.

    Examples
    --------
    >>> import pandas as pd
    >>> gene_symbols(pd.DataFrame({"gene_name": ["A", "A"]}, index=["ENSG00000000003",
    ...     "ENSG00000000005"]))
    ('A', 'ENSG00000000005')
    """
    index = [str(g) for g in var.index]
    if guess_identifier(index) != "ensembl":
        return tuple(index)
    by_lower = {str(c).lower(): c for c in reversed(var.columns)}
    for column in (by_lower[n] for n in SYMBOL_COLUMNS if n in by_lower):
        symbols = var[column].astype(str).where(var[column].notna(), "").to_list()
        if guess_identifier(symbols) in ("ensembl", "unknown"):
            continue
        names: list[str] = []
        seen: set[str] = set()
        for symbol, own in zip(symbols, index, strict=True):
            usable = symbol not in seen and symbol not in ("", "nan", "None")
            names.append(symbol if usable else own)
            seen.add(names[-1])
        return tuple(names)
    raise InputError(
        f"genes go by Ensembl ids ({', '.join(index[:2])}, ...), perturbations by symbols",
        where="var",
        expected=f"a column of symbols: {', '.join(SYMBOL_COLUMNS[:3])}",
        fix="adata.var['gene_symbol'] = ..., then write the file again",
    )
