"""What a screen's own tables say: which column holds perturbations, modality, cell line."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cellglass.data.screens.labels import UNASSIGNED, is_control
from cellglass.data.strata import MISSING
from cellglass.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

Modality = Literal["CRISPRi", "CRISPRa", "CRISPRko"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)

PERTURBATION_COLUMNS = (
    "perturbation", "gene_target", "grna_target", "target_gene", "perturbed_gene",
    "perturbation_name", "target", "gene", "guide_identity", "guide identity", "condition",
)  # fmt: skip
# Columns of these names hold perturbations only if most of their labels are genes.
_AMBIGUOUS = frozenset({"gene", "target", "condition"})
_MODALITY_COLUMNS = (
    "perturbation_type", "modality", "perturbation_modality", "crispr_type", "crispr",
)  # fmt: skip
_GUIDE_COLUMNS = ("guide_id", "grna_id", "grna", "sgrna", "guide", "guide_ids")
_NUMBER_COLUMNS = ("nperts", "n_targets", "n_perts", "num_targets")
_SECOND_COLUMNS = ("perturbation_2", "stimulation", "treatment", "timepoint", "time", "dose")
_WORDS: tuple[tuple[Modality, str], ...] = (
    ("CRISPRi", r"crispr[-_ ]?i(?![a-z])|interference|inhibition|krab|knock[-_ ]?down"),
    ("CRISPRa", r"crispr[-_ ]?a(?![a-z])|activation|suntag|vp64|vpr|over[-_ ]?expression"),
    ("CRISPRko", r"(cas9|crispr[-_ ]?n|(?<![a-z])ko|crisprko)(?![a-z])|knock[-_ ]?out|nuclease"),
)
_DRUG = re.compile(r"\bdrug|chemical|compound|cytokine")


def read_modality(text: str) -> Modality | None:
    """Modality that some words state.

    Parameters
    ----------
    text
        For example the value of scPerturb's ``perturbation_type``.

    Returns
    -------
    str or None
        None where the words leave it open, as ``"CRISPR"`` does, or name two.

    Examples
    --------
    >>> read_modality("dCas9-KRAB interference"), read_modality("CRISPR-cas9")
    ('CRISPRi', 'CRISPRko')
    >>> read_modality("CRISPR") is None
    True
    """
    words = re.sub(r"(dead[-_ ]?|d)(sp|sa)?cas9", "", text.lower())
    found = [name for name, pattern in _WORDS if re.search(pattern, words)]
    return found[0] if len(found) == 1 else None


def perturbation_column(obs: pd.DataFrame, column: str | None, measured: Collection[str]) -> str:
    """Find the column that says what was done to each cell.

    Parameters
    ----------
    obs
        Table of the cells.
    column
        Its name, where that is told.
    measured
        Names of the measured genes.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If there is no such column, or none could be found.

    Examples
    --------
    >>> import pandas as pd
    >>> perturbation_column(pd.DataFrame({"grna_target": ["A", "NT"]}), None, {"A"})
    'grna_target'
    """
    if column is not None:
        if column not in obs.columns:
            raise InputError(
                f"there is no column '{column}' in obs", where="perturbation",
                fix=nearest(column, obs.columns),
            )  # fmt: skip
        if _numeric(obs[column]):
            raise InputError(
                f"column '{column}' holds numbers ({_first(obs[column])})", where="perturbation",
                expected="names of perturbed genes, and a label for controls",
                fix="name another column, or write the names in place of their codes",
            )  # fmt: skip
        return column
    for name in PERTURBATION_COLUMNS:
        found = column_named(obs, (name,))
        if found and _holds_perturbations(obs[found], name, measured):
            return found
    raise InputError(
        f"no column of obs holds perturbations (columns: {', '.join(map(str, obs.columns))})",
        where="perturbation",
        expected="a column with the perturbed gene of each cell and a label for controls",
        fix="name it: perturbation: COLUMN",
    )


def column_named(obs: pd.DataFrame, names: Sequence[str]) -> str:
    """The first column of one of some names, whatever the case; empty where there is none."""
    by_lower = {str(c).lower(): str(c) for c in reversed(obs.columns)}
    return next((by_lower[n] for n in names if n in by_lower), "")


def _numeric(column: Any) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(column)


def _first(column: Any) -> str:
    return ", ".join(map(str, column.unique()[:3])) + (", ..." if column.nunique() > 3 else "")


def _holds_perturbations(column: Any, name: str, measured: Collection[str]) -> bool:
    if _numeric(column):
        return False
    labels = [str(v) for v in column.unique()]
    targets = [s for s in labels if s.lower() not in UNASSIGNED and not is_control(s)]
    if not targets:
        return False
    if name not in _AMBIGUOUS:
        return True
    known = set(measured)
    genes = sum(bool(known & set(re.split(r"[+_;|, ]", s))) for s in targets)
    return any(map(is_control, labels)) and 2 * genes >= len(targets)


def stated_modality(adata: AnnData, cells: NDArray[np.bool_]) -> tuple[Modality | None, str]:
    """Modality that the file's metadata state, and in which words.

    Parameters
    ----------
    adata
        The data set.
    cells
        Cells in use, shape (n_obs,).

    Returns
    -------
    str or None, str
        None with the words found where they leave it open, or with an empty text where there are
        none. The name of the file is never read: Adamson 2016 is called CRISPRa in published
        tables and is CRISPRi.

    Raises
    ------
    InputError
        If the metadata say that perturbations are no CRISPR perturbations, such as drugs, or state
        several modalities.
    """
    told: list[str] = []
    found: set[Modality] = set()
    for place, values in _stated(adata, cells, _MODALITY_COLUMNS):
        words = f"{place} says '{', '.join(values)}'"
        if any(_DRUG.search(v.lower()) for v in values):
            raise InputError(
                words, where="modality",
                expected="genes perturbed by CRISPR",
                fix="choose cells with where={...} if the file holds other perturbations too",
            )  # fmt: skip
        told.append(words)
        found |= {m for m in map(read_modality, values) if m is not None}
    if len(found) > 1:
        raise InputError(
            "; ".join(told), where="modality",
            expected="one modality",
            fix="choose its cells with where={...}, or correct the file's metadata",
        )  # fmt: skip
    return (found.pop() if found else None), "; ".join(told)


def text_of(column: Any) -> NDArray[np.str_]:
    """Values of a column as text, empty where they are missing."""
    text = np.asarray(column.astype(str), dtype=str)
    text[np.asarray(column.isna(), dtype=bool)] = ""
    return text


def number_of_genes(obs: pd.DataFrame, labels: NDArray[np.str_]) -> dict[str, int]:
    """Number of perturbed genes of each label, where a column of obs tells it without doubt.

    Parameters
    ----------
    obs
        Table of cells.
    labels
        Label of each of them.

    Returns
    -------
    dict of str to int
        Labels whose cells all have the same number, 1 or more.
    """
    import pandas as pd

    column = column_named(obs, _NUMBER_COLUMNS)
    if not column:
        return {}
    text = obs[column].astype(object)
    numbers = pd.to_numeric(text, errors="coerce").fillna(-1).to_numpy(float)
    by_label = pd.Series(numbers).groupby(labels).agg(["min", "max"])
    sure = by_label[(by_label["min"] == by_label["max"]) & (by_label["min"] >= 1)]
    return {str(label): int(n) for label, n in sure["min"].items()}


def without_guide(obs: pd.DataFrame) -> tuple[str, NDArray[np.bool_]] | None:
    """Column of guides, and which cells have none; None where there is no such column."""
    column = column_named(obs, _GUIDE_COLUMNS)
    if not column:
        return None
    return column, np.isin(np.char.lower(text_of(obs[column])), list(UNASSIGNED))


def second_conditions(obs: pd.DataFrame, cells: NDArray[np.bool_]) -> dict[str, dict[str, int]]:
    """Other conditions under which the cells are, by column: level to number of cells."""
    found = {}
    for name in _SECOND_COLUMNS:
        column = column_named(obs, (name,))
        if column:
            values, sizes = np.unique(text_of(obs[column])[cells], return_counts=True)
            if 1 < len(values) <= 20:
                levels = zip(values, sizes, strict=True)
                found[column] = {str(v) or "missing": int(k) for v, k in levels}
    return found


def _stated(
    adata: AnnData, cells: NDArray[np.bool_], names: tuple[str, ...]
) -> list[tuple[str, list[str]]]:
    """Distinct values of some columns of obs and entries of uns, of those that are there."""
    found: list[tuple[str, list[str]]] = []
    for name in names:
        column = column_named(adata.obs, (name,))
        if column:
            values = np.unique(text_of(adata.obs[column])[cells])
            kept = [str(v) for v in values if str(v).lower() not in MISSING]
            if kept:
                found.append((f"obs['{column}']", kept))
    uns: Mapping[str, Any] = adata.uns
    found += [(f"uns['{n}']", [str(uns[n])]) for n in names if isinstance(uns.get(n), str)]
    return found
