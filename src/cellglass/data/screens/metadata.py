"""What a screen's own tables say: which column holds perturbations, modality, cell line."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
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
_LINE_COLUMNS = ("cell_line", "cell line", "cellline", "line")
_TYPE_COLUMNS = ("cell_type", "celltype", "cell type")
_GUIDE_COLUMNS = ("guide_id", "grna", "grna_id", "gRNA_ID", "sgRNA", "guide", "guide_ids")
_NUMBER_COLUMNS = ("nperts", "n_targets", "n_perts", "num_targets")
_SECOND_COLUMNS = ("perturbation_2", "stimulation", "treatment", "timepoint", "time", "dose")
_WORDS: tuple[tuple[Modality, str], ...] = (
    ("CRISPRi", r"crispr[-_ ]?i\b|interference|krab|knock[-_ ]?down"),
    ("CRISPRa", r"crispr[-_ ]?a\b|activation|suntag|vp64|vpr|over[-_ ]?expression"),
    ("CRISPRko", r"crispr[-_ ]?(ko\b|cas9)|knock[-_ ]?out|\bcas9\b|\bko\b|nuclease"),
)


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
    words = re.sub(r"dcas9", "", text.lower())
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
        return column
    by_lower = {str(c).lower(): str(c) for c in obs.columns}
    for name in PERTURBATION_COLUMNS:
        found = by_lower.get(name)
        if found is not None and _holds_perturbations(obs[found], name, measured):
            return found
    raise InputError(
        f"no column of obs holds perturbations (columns: {', '.join(map(str, obs.columns))})",
        where="perturbation",
        expected="a column with the perturbed gene of each cell and a label for controls",
        fix="name it: perturbation=COLUMN",
    )


def _holds_perturbations(column: Any, name: str, measured: Collection[str]) -> bool:
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
        If the metadata say that perturbations are no CRISPR perturbations, such as drugs.
    """
    for name, values in _stated(adata, cells, _MODALITY_COLUMNS):
        told = ", ".join(values)
        if any(re.search(r"\bdrug|chemical|compound|cytokine", v.lower()) for v in values):
            raise InputError(
                f"{name} says '{told}'", where="modality",
                expected="genes perturbed by CRISPR",
                fix="choose cells with where={...} if the file holds other perturbations too",
            )  # fmt: skip
        found = {read_modality(v) for v in values}
        words = f"{name} says '{told}'"
        return (found.pop() if len(found) == 1 else None), words
    return None, ""


def cell_lines(adata: AnnData, cells: NDArray[np.bool_]) -> tuple[str, dict[str, int]]:
    """Column of cell lines (or of cell types where there is none), and cells of each line.

    Returns
    -------
    str, dict of str to int
        An empty name where there is no such column.
    """
    by_lower = {str(c).lower(): str(c) for c in adata.obs.columns}
    for name in (*_LINE_COLUMNS, *_TYPE_COLUMNS):
        column = by_lower.get(name)
        if column is None:
            continue
        values = adata.obs[column].astype(str).to_numpy()[cells]
        known = values[~np.isin(np.char.lower(values.astype(str)), list(MISSING))]
        names, sizes = np.unique(known, return_counts=True)
        if len(names):
            return column, {str(n): int(k) for n, k in zip(names, sizes, strict=True)}
    return "", {}


def number_of_genes(obs: pd.DataFrame, labels: NDArray[np.str_]) -> dict[str, int]:
    """Number of perturbed genes of each label, where a column of obs tells it without doubt."""
    for name in _NUMBER_COLUMNS:
        if name not in obs.columns:
            continue
        values = np.asarray(obs[name].astype(float).fillna(-1))
        told: dict[str, int] = {}
        for label in np.unique(labels):
            numbers = np.unique(values[labels == label])
            if len(numbers) == 1 and numbers[0] >= 1:
                told[str(label)] = int(numbers[0])
        return told
    return {}


def without_guide(obs: pd.DataFrame) -> tuple[str, NDArray[np.bool_]] | None:
    """Column of guides, and which cells have none; None where there is no such column."""
    for name in _GUIDE_COLUMNS:
        if name in obs.columns:
            raw = obs[name]
            text = np.char.lower(np.asarray(raw.astype(str), dtype=str))
            missing = np.asarray(raw.isna(), dtype=bool) | np.isin(text, list(UNASSIGNED))
            return name, missing
    return None


def second_conditions(obs: pd.DataFrame, cells: NDArray[np.bool_]) -> dict[str, dict[str, int]]:
    """Other conditions under which the cells are, by column: level to number of cells."""
    found = {}
    for name in _SECOND_COLUMNS:
        if name in obs.columns:
            values, sizes = np.unique(
                obs[name].astype(str).to_numpy()[cells].astype(str), return_counts=True
            )
            if 1 < len(values) <= 20:
                found[name] = {str(v): int(k) for v, k in zip(values, sizes, strict=True)}
    return found


def _stated(
    adata: AnnData, cells: NDArray[np.bool_], names: tuple[str, ...]
) -> list[tuple[str, list[str]]]:
    """Distinct values of the first of some columns of obs, or entries of uns, that are there."""
    found: list[tuple[str, list[str]]] = []
    for name in names:
        if name in adata.obs.columns:
            values = adata.obs[name].astype(str).to_numpy()[cells]
            kept = sorted({v for v in map(str, values) if v.lower() not in MISSING})
            if kept:
                found.append((f"obs['{name}']", kept))
    uns: Mapping[str, Any] = adata.uns
    found += [(f"uns['{n}']", [str(uns[n])]) for n in names if isinstance(uns.get(n), str)]
    return found
