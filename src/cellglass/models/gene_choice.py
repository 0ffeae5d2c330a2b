"""Which genes are evaluated, and which of them are rows of the edge tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError, NetworkError

from .networks import held_network

MIN_ROWS = 150  # enough rows for the endpoints that need no network


def choose_genes(
    table: pd.DataFrame,
    genes: Mapping[str, Any],
    networks: Sequence[Mapping[str, Any]],
    *,
    forced: Sequence[str] = (),
    forced_only: bool = False,
    sources: Collection[str] | None = None,
) -> tuple[pd.DataFrame, str]:
    """Keep the regulators, then the most variable genes, and say which are rows.

    Parameters
    ----------
    table
        One row a gene: ``gene``, ``token_cells``, ``variance`` and what else is to be kept.
    genes
        Section ``genes`` of the study.
    networks
        Networks at hand: source and options of each.
    forced
        Genes that are rows wherever they are evaluable: those perturbed in a screen.
    forced_only
        Whether they are the only rows.
    sources
        Genes that can be rows, where not all can: those an edge table has scores of.

    Returns
    -------
    pandas.DataFrame, str
        The genes kept, in the order of the table, with a column ``row``; a note for the report.

    Raises
    ------
    InputError
        If no gene is a token in enough cells.
    NetworkError
        If none of the regulators given is evaluable, or a network has no regulator among the genes.
    """
    table = table[table["token_cells"] >= genes["min_cells"]].reset_index(drop=True)
    if table.empty:
        raise InputError(
            f"no gene is a token in {genes['min_cells']} cells or more",
            fix="lower genes.min_cells, or use more cells",
        )
    by_variance = np.argsort(-table["variance"].to_numpy(), kind="stable")
    possible = np.ones(len(table), bool)
    if sources is not None:
        possible = table["gene"].astype(str).isin(set(sources)).to_numpy()
    first, note = np.zeros(len(table), bool), ""
    if not forced_only:
        first, note = _regulators(table, genes, networks)
    if forced or forced_only:
        perturbed = table["gene"].astype(str).isin(set(forced)).to_numpy()
        first |= perturbed
        told = (
            f"{int(perturbed.sum())} of the {len(set(forced))} perturbed genes (the others are not "
            f"measured, or expressed in fewer than {genes['min_cells']} cells)"
        )
        note = f"{note}, and {told}" if note else f"rows are {told}"
    first &= possible
    limit = max(genes["max_genes"], int(first.sum()))
    keep = _filled(first, by_variance, limit)
    rows = first
    if genes["regulators"] == "all" and not forced_only:
        rows = keep & possible
        note = f"rows are all {int(rows.sum())} genes kept"
    elif genes["regulators"] == "networks" and not forced_only:
        usable = by_variance[(possible & keep)[by_variance]]
        rows = _filled(first, usable, min(MIN_ROWS, limit))
        n_regulators, n_rows = int(first.sum()), int(rows.sum())
        if not n_regulators:
            note = f"no network is at hand: rows are the {n_rows} most variable genes"
        elif n_rows > n_regulators:
            note += f", filled up to {n_rows} with the most variable genes"
    return table.assign(row=rows)[keep].reset_index(drop=True), note


def _filled(mask: NDArray[np.bool_], order: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """The mask with the first genes of an order added until so many, or all of them, are in it."""
    out = mask.copy()
    missing = max(size - int(mask.sum()), 0)
    out[order[~mask[order]][:missing]] = True
    return out


def _regulators(
    table: pd.DataFrame,
    genes: Mapping[str, Any],
    networks: Sequence[Mapping[str, Any]],
    *,
    forced: Sequence[str] = (),
    forced_only: bool = False,
    sources: Collection[str] | None = None,
) -> tuple[NDArray[np.bool_], str]:
    """Regulators that are kept whatever their variance, and how the report calls them."""
    names = table["gene"].astype(str)
    wanted = genes["regulators"]
    if isinstance(wanted, list):
        rows = names.isin(wanted).to_numpy()
        if not rows.any():
            raise NetworkError(
                f"none of the {len(wanted)} regulators given is evaluable", where="genes.regulators"
            )
        return rows, f"rows are the {int(rows.sum())} evaluable regulators of the list given"
    rows = np.zeros(len(table), bool)
    for params in networks:
        network = held_network(params["source"], params["options"])
        universe = network.universe(list(names), min_targets=genes["min_targets"])
        rows |= names.isin(universe.sources).to_numpy()
    return rows, f"rows are the {int(rows.sum())} regulators of the networks"
