"""Opening a screen: its labels, controls, modality and cell line, found and held together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass._words import listed, plural
from cellglass.data.cells import open_cells
from cellglass.data.counts import count_source
from cellglass.data.matrices import rows_with_values
from cellglass.data.screens.cell_lines import choose_line
from cellglass.data.screens.label_notes import label_notes, shown, stand_ins
from cellglass.data.screens.labels import PerturbationLabel, has_guide, parse_labels
from cellglass.data.screens.metadata import (
    MODALITIES,
    Modality,
    number_of_genes,
    perturbation_column,
    second_conditions,
    stated_modality,
    text_of,
    without_guide,
)
from cellglass.data.screens.screen import Screen, ScreenReport
from cellglass.data.screens.symbols import gene_symbols
from cellglass.errors import InputError, located, nearest

if TYPE_CHECKING:
    from anndata import AnnData

MIN_CONTROLS = 30
BARE_CONTROLS = ("control", "ctrl")


def open_screen(
    path_or_adata: str | Path | AnnData,
    *,
    name: str | None = None,
    perturbation: str | None = None,
    control: str | Sequence[str] | None = None,
    modality: Modality | None = None,
    cell_line: str | None = None,
    where: Mapping[str, str | Sequence[str]] | None = None,
    replicate: str | None = None,
    layer: str | None = None,
    totals: str | None = None,
) -> Screen:
    """Open a screen, in the layout of scPerturb, pertpy or any other with a column of labels.

    Parameters
    ----------
    path_or_adata
        An ``.h5ad`` file or an AnnData object.
    name
        What to call it; the file's name by default. Nothing else is read from it.
    perturbation
        Column of ``obs``; found by its name and content where None.
    control
        Label or labels of controls; recognised where None.
    modality
        Where the file does not state it. Stating another one than the file is an error.
    cell_line
        Where the file does not state it, or to choose one of several lines. Naming all of them
        takes them together on purpose.
    where
        Values of columns of ``obs`` that cells must have.
    replicate
        Column of ``obs`` with replicates or donors.
    layer
        Where counts are; found out where None. Log values from which counts can be proven are
        turned back into counts.
    totals
        Column of ``obs`` with the total counts of each cell, where the file holds some genes only.

    Returns
    -------
    Screen

    Raises
    ------
    InputError
        If there is no column of perturbations, no or too few controls, a label that does not
        exist, several cell lines without a choice, or a contradiction to the file's metadata.
    ScaleError
        If no matrix holds counts or provably yields them.

    Examples
    --------
    >>> import anndata
    >>> import pandas as pd
    >>> obs = pd.DataFrame({"perturbation": ["control"] * 40 + ["A"] * 30 + ["A+B"] * 30})
    >>> cells = anndata.AnnData(np.ones((100, 3), "float32"), obs=obs.set_index(obs.index.map(str)))
    >>> cells.var_names = ["A", "B", "C"]
    >>> screen = open_screen(cells, modality="CRISPRi")
    >>> screen.report.n_double, len(screen.controls(10, seed=1))
    (1, 10)
    """
    given = isinstance(path_or_adata, str | Path)
    title = name or (Path(str(path_or_adata)).name.split(".")[0] if given else "screen")
    with located(str(path_or_adata) if given else title):
        adata = open_cells(path_or_adata)
        source = count_source(adata, layer=layer, n_counts=totals)
        genes = gene_symbols(source.var)
        kept = _chosen(adata, where or {})
        empty = ~rows_with_values(source.matrix)
        column = perturbation_column(adata.obs, perturbation, genes)
        label, labels, notes = _labels(adata, column, control, kept, genes, empty)
        line, of_line, line_notes = choose_line(adata, label >= 0, cell_line)
        if not of_line.all():
            kept &= of_line
            label, labels, notes = _labels(adata, column, control, kept, genes, empty)
        n_unassigned = int((kept & (label < 0)).sum())
        label, told_empty = _without_empty(label, labels, empty)
        in_use = label >= 0
        found_modality, told = _modality(adata, in_use, modality)
        if replicate is not None and replicate not in adata.obs.columns:
            raise InputError(
                f"there is no column '{replicate}' in obs", where="replicate",
                fix=nearest(replicate, adata.obs.columns),
            )  # fmt: skip
    kinds = np.array([entry.kind for entry in labels])
    is_control = np.isin(label, np.flatnonzero(kinds == "control"))
    measured = set(genes)
    perturbed = dict.fromkeys(g for entry in labels for g in entry.genes)
    report = ScreenReport(
        column,
        tuple(entry.text for entry in labels if entry.kind == "control"),
        adata.n_obs,
        int(is_control.sum()),
        n_unassigned,
        int((~kept).sum()),
        int((kinds == "single").sum()),
        int((kinds == "double").sum()),
        int((kinds == "multiple").sum()),
        tuple(g for g in perturbed if g not in measured),
        told,
        f"{source.report} (from {source.source})",
        (*source.notes, *notes, *told_empty, *line_notes, *_conditions(adata, in_use)),
    )
    return Screen(
        title, source, genes, label, labels, is_control, replicate or "", found_modality, line,
        report,
    )  # fmt: skip


def _chosen(adata: AnnData, where: Mapping[str, str | Sequence[str]]) -> NDArray[np.bool_]:
    """Cells that have the values asked for."""
    kept = np.ones(adata.n_obs, dtype=bool)
    for column, wanted in where.items():
        if column not in adata.obs.columns:
            raise InputError(
                f"there is no column '{column}' in obs", where="where",
                fix=nearest(column, adata.obs.columns),
            )  # fmt: skip
        values = adata.obs[column].astype(str).to_numpy()
        asked = [wanted] if isinstance(wanted, str) else [str(w) for w in wanted]
        lacking = [a for a in asked if a not in set(values)]
        if lacking:
            raise InputError(
                f"no cell has {column} = '{lacking[0]}'", where="where",
                fix=nearest(lacking[0], sorted(set(values))),
            )  # fmt: skip
        kept &= np.isin(values, asked)
    if not kept.any():
        raise InputError(
            f"no cell has {dict(where)}", where="where", expected="values that occur together",
            fix="leave one of them out",
        )  # fmt: skip
    return kept


def _labels(
    adata: AnnData,
    column: str,
    control: str | Sequence[str] | None,
    kept: NDArray[np.bool_],
    genes: tuple[str, ...],
    empty: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], tuple[PerturbationLabel, ...], list[str]]:
    """Label of each cell in use, the labels, and notes on cells that were left out.

    Empty cells keep their label here, but do not count as controls.
    """
    texts = text_of(adata.obs[column])
    present = sorted(set(map(str, texts[kept])))
    controls = None if control is None else [control] if isinstance(control, str) else list(control)
    for text in controls or ():
        if text not in present:
            raise InputError(
                f"no cell has the control label '{text}' in column '{column}'", where="control",
                fix=nearest(text, present),
            )  # fmt: skip
    parsed = parse_labels(
        present, controls=controls, measured=genes,
        n_genes=number_of_genes(adata.obs[kept], texts[kept]),
    )  # fmt: skip
    notes = label_notes(parsed, genes)
    if controls is None:
        parsed = _without_bare_controls(parsed, notes)
    is_control = np.isin(texts, [t for t, p in parsed.items() if p.kind == "control"]) & kept
    kept = kept & ~_guideless_controls(adata, is_control, notes)
    is_control &= kept
    n_controls = int((is_control & ~empty).sum())
    if n_controls < MIN_CONTROLS:
        without = int((is_control & empty).sum())
        beside = f" and {without:,} without any count" if without else ""
        may_be = stand_ins(parsed, genes)
        raise InputError(
            f"{n_controls} control cells{beside} in column '{column}' (its labels: "
            f"{shown(present)})",
            where="control",
            expected=f"at least {MIN_CONTROLS} cells that carry a non-targeting guide",
            fix=f"name their label: control: {', '.join(may_be) or 'LABEL'}",
        )
    used = tuple(p for p in parsed.values() if p.kind != "unassigned")
    place = {p.text: i for i, p in enumerate(used)}
    label = np.array([place.get(t, -1) for t in texts], dtype=np.int64)
    label[~kept] = -1
    if not any(p.genes for p in used):
        raise InputError(
            f"column '{column}' names no perturbed gene", where="perturbation",
            fix="name another column: perturbation: COLUMN",
        )  # fmt: skip
    return label, used, notes


def _without_empty(
    label: NDArray[np.int64], labels: tuple[PerturbationLabel, ...], empty: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], list[str]]:
    """Take cells without any count out of use: they measure nothing, and are no zeros either."""
    out = empty & (label >= 0)
    if not out.any():
        return label, []
    kinds = np.array([entry.kind for entry in labels])[label[out]]
    n_controls = int((kinds == "control").sum())
    n = int(out.sum())
    counted = ((n_controls, plural("control", n_controls)), (n - n_controls, "perturbed"))
    parts = [f"{k:,} {what}" for k, what in counted if k]
    left = np.where(out, -1, label)
    gone = [
        entry.text
        for i, entry in enumerate(labels)
        if entry.genes and (label == i).any() and not (left == i).any()
    ]
    told = f"{n:,} {plural('cell', n)} without any count left out ({listed(parts)})"
    if gone:
        told += f"; no other cell has {shown(gone)}"
    return left, [told]


def _without_bare_controls(
    parsed: dict[str, PerturbationLabel], notes: list[str]
) -> dict[str, PerturbationLabel]:
    """Where labels are guides, a bare 'control' is what cells without any guide were called."""
    controls = [p.text for p in parsed.values() if p.kind == "control"]
    bare = [t for t in controls if t.strip().lower() in BARE_CONTROLS]
    if not bare or not any(map(has_guide, controls)):
        return parsed
    notes.append(
        f"cells labelled {shown(bare)} were left out: the other controls carry a guide "
        f"({shown([t for t in controls if t not in bare])}), so these may have none"
    )
    return parsed | {t: PerturbationLabel(t, "unassigned") for t in bare}


def _guideless_controls(
    adata: AnnData, is_control: NDArray[np.bool_], notes: list[str]
) -> NDArray[np.bool_]:
    """Cells that are called controls only because no guide was found in them."""
    none = np.zeros(adata.n_obs, dtype=bool)
    guides = without_guide(adata.obs)
    if guides is None or not is_control.any():
        return none
    name, missing = guides
    bare = is_control & missing
    if not bare.any():
        return none
    if bare.sum() == is_control.sum():
        notes.append(
            f"no control cell has a guide in '{name}': they may be cells whose guide was missed"
        )
        return none
    notes.append(
        f"{int(bare.sum()):,} of {int(is_control.sum()):,} cells labelled as controls have no "
        f"guide in '{name}': they were left out, because their guide may have been missed"
    )
    return bare


def _modality(
    adata: AnnData, cells: NDArray[np.bool_], stated: Modality | None
) -> tuple[Modality | None, str]:
    """Modality, and who says so."""
    if stated is not None and stated not in MODALITIES:
        raise InputError(f"there is no modality '{stated}'", fix=nearest(stated, MODALITIES))
    found, words = stated_modality(adata, cells)
    if stated is None:
        return found, words or "not stated"
    if found is not None and found != stated:
        raise InputError(
            f"modality {stated} was stated, but {words}", where="modality",
            expected=f"{found}, as the file says",
            fix="leave modality out, or correct the file's metadata",
        )  # fmt: skip
    return stated, f"stated by the user; {words or 'the file says nothing'}"


def _conditions(adata: AnnData, cells: NDArray[np.bool_]) -> list[str]:
    """Say which other conditions the cells are pooled over."""
    return [
        f"cells under {len(levels)} conditions of '{name}' are pooled "
        f"({', '.join(f'{k} {n:,}' for k, n in levels.items())}): choose one with where"
        for name, levels in second_conditions(adata.obs, cells).items()
    ]
