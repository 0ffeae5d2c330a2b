"""Data sets of a run: the chosen cells, counted once, as every later task reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data import Prepared, cell_groups, replicate_blocks
from cellglass.data.strata import column
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.study import COPY
from cellglass.stats.parquet import write_parquet

if TYPE_CHECKING:
    from anndata import AnnData

CELLS = "cells"
UNLABELLED = "unlabelled"
INDEX = "_index"  # no column of an AnnData table may be called so
COLUMN = "obs:"  # start of the names of further columns of obs


def genes_name(subject: str, dataset: str = CELLS) -> str:
    """Name of the task that chose the genes of a model or edge table in a data set."""
    return f"genes/{_within(subject, dataset)}"


def edges_name(model: str, dataset: str = CELLS, *, untrained: bool = False) -> str:
    """Name of the task that holds a model's edges and cell embeddings in a data set."""
    return f"capture/{_within(model, dataset)}{COPY if untrained else ''}"


def _within(subject: str, dataset: str) -> str:
    return subject if dataset == CELLS else f"{subject}@{dataset.rpartition('/')[2]}"


@dataclass(frozen=True)
class StudyCells:
    """The chosen cells of a study, in the order of their groups.

    Parameters
    ----------
    cells
        Counts, with ``obs["n_counts"]``.
    stratum, block, group
        Codes of each cell; stratum -1 where it has no label or no strata were given.
    strata, blocks
        Names.
    unit
        ``"donor"`` or ``"fold of cells"``.
    group_stratum, group_block
        Of each group.
    report
        What was found and used (see `cellglass.data.CellsReport`).
    forced
        Genes that must be rows of the edges: those perturbed in a screen.
    columns
        Further columns of obs that were kept, as text: those of batches, donors and what a study
        names; missing values are empty.
    """

    cells: AnnData
    stratum: NDArray[np.int64]
    block: NDArray[np.int64]
    group: NDArray[np.int64]
    strata: tuple[str, ...]
    blocks: tuple[str, ...]
    unit: str
    group_stratum: NDArray[np.int64]
    group_block: NDArray[np.int64]
    report: dict[str, Any]
    forced: tuple[str, ...] = ()
    columns: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)

    @property
    def labels(self) -> NDArray[np.str_] | None:
        """Label of each cell; None where no strata were given."""
        if not self.strata:
            return None
        names = np.array([*self.strata, UNLABELLED])
        return names[self.stratum]


def write_cells(
    output: Path,
    adata: AnnData,
    chosen: Prepared,
    *,
    donor: str | None,
    edges: Mapping[str, Any],
    seed: int,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
) -> None:
    """Form blocks and groups of the chosen cells and write what shards read.

    Parameters
    ----------
    output
        Folder of the data set.
    adata, chosen
        The cells and which of them were chosen.
    donor
        Column of donors, whose cells form the replicate blocks; folds of cells when None.
    edges
        Section ``edges`` of the study: numbers of blocks and of cells in a group.
    seed
        Root seed.
    rows
        Genes that must be rows of the edges wherever they are evaluable.
    columns
        Further columns of obs to keep, as text.

    Raises
    ------
    InputError
        If there is no such column.
    """
    counts = chosen.counts()
    obs = adata.obs.iloc[chosen.cells]
    blocks = replicate_blocks(obs, donor, edges["replicate_blocks"], seed)
    codes, names = _strata(chosen.labels.get("strata"), len(obs))
    groups = cell_groups(codes + 1, blocks.codes, edges["group_cells"], seed=seed)
    # block by block, so that a shard holds sums of few blocks and groups
    order = np.lexsort((np.arange(len(obs)), groups.group, blocks.codes))
    matrix = counts.matrix[order]
    for part in ("data", "indices", "indptr"):
        np.save(output / f"{part}.npy", getattr(matrix, part))
    table = pd.DataFrame(
        {
            "cell": counts.cells[order].astype(str),
            "n_counts": counts.n_counts[order],
            "stratum": codes[order],
            "block": blocks.codes[order],
            "group": groups.group[order],
        }
    )
    for name in columns:
        table[f"{COLUMN}{name}"] = column(obs, name, role="a column to keep").values[order]
    write_parquet(table, output / "obs.parquet", {})
    write_parquet(_text_columns(counts.var), output / "var.parquet", {})
    content = {
        "strata": names,
        "blocks": list(blocks.names),
        "unit": blocks.unit,
        "group_stratum": (groups.stratum - 1).tolist(),
        "group_block": groups.block.tolist(),
        "rows": list(rows),
        "report": chosen.report.to_dict(),
    }
    (output / SUMMARY).write_text(json.dumps(content, indent=1))


def read_cells(folder: Path, rows: slice | None = None) -> StudyCells:
    """Read the chosen cells, or some of them, from the result of `prepare_cells`.

    The counts are memory-mapped, so that a shard reads its own rows only.
    """
    from anndata import AnnData

    content = json.loads((folder / SUMMARY).read_text())
    obs = pd.read_parquet(folder / "obs.parquet")
    var = pd.read_parquet(folder / "var.parquet").set_index(INDEX).rename_axis("gene")
    data, indices, indptr = (
        np.load(folder / f"{part}.npy", mmap_mode="r") for part in ("data", "indices", "indptr")
    )
    start, stop, _ = (rows or slice(None)).indices(len(obs))
    first, last = int(indptr[start]), int(indptr[stop])
    matrix = sparse.csr_matrix(
        (
            np.array(data[first:last]),
            np.array(indices[first:last]),
            np.array(indptr[start : stop + 1]) - first,
        ),
        shape=(stop - start, len(var)),
    )
    obs = obs.iloc[start:stop]
    cells = AnnData(
        matrix,
        obs=pd.DataFrame({"n_counts": obs["n_counts"].to_numpy()}, index=obs["cell"].astype(str)),
        var=var,
    )
    return StudyCells(
        cells,
        obs["stratum"].to_numpy(),
        obs["block"].to_numpy(),
        obs["group"].to_numpy(),
        tuple(content["strata"]),
        tuple(content["blocks"]),
        content["unit"],
        np.array(content["group_stratum"], dtype=np.int64),
        np.array(content["group_block"], dtype=np.int64),
        content["report"],
        tuple(content["rows"]),
        {
            name.removeprefix(COLUMN): obs[name].to_numpy().astype(str)
            for name in obs.columns
            if name.startswith(COLUMN)
        },
    )


def _strata(labels: Any, n: int) -> tuple[NDArray[np.int64], list[str]]:
    """Codes with -1 for cells without a label, and the names of the levels."""
    if labels is None:
        return np.full(n, -1, dtype=np.int64), []
    levels = [level for level in labels.levels if level != UNLABELLED]
    position = {level: i for i, level in enumerate(levels)}
    codes = np.array([position.get(str(v), -1) for v in labels.values], dtype=np.int64)
    return codes, levels


def _text_columns(var: pd.DataFrame) -> pd.DataFrame:
    """Gene names and the identifier columns, all as text."""
    table = pd.DataFrame({INDEX: var.index.astype(str)})
    for name in var.columns:
        if var[name].dtype == object or isinstance(var[name].dtype, pd.CategoricalDtype):
            table[str(name)] = var[name].astype(str).to_numpy()
    return table


def no_genes() -> pd.DataFrame:
    """The table of a subject that no gene of a data set can be evaluated with."""
    return pd.DataFrame({"gene": np.array([], str), "row": np.array([], bool)})
