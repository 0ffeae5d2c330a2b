"""Which genes are evaluated, and which of them are rows of the edge tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import plural
from cellglass.errors import InputError, NetworkError

from .networks import held_network

MIN_ROWS = 150  # enough rows for the endpoints that need no network
UNDIRECTED_ROWS = 500  # of an undirected network, in which every gene would be a regulator


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
    first, parts = np.zeros(len(table), bool), []
    if not forced_only:
        # with a screen, what its perturbed genes can judge goes on without any network
        required = sources is None and not forced
        first, told = _regulators(table, genes, networks, possible, required=required)
        parts += [told] if told else []
    if forced or forced_only:
        perturbed = table["gene"].astype(str).isin(set(forced)).to_numpy() & possible
        first |= perturbed
        no_score = "" if sources is None else ", or have no score"
        parts.append(
            f"{int(perturbed.sum())} of the {len(set(forced))} perturbed genes (the others are not "
            f"measured, or expressed in fewer than {genes['min_cells']} cells{no_score})"
        )
    limit = max(genes["max_genes"], int(first.sum()))
    keep = _filled(first, by_variance, limit)
    if genes["regulators"] == "networks" and not forced_only:
        partners, told = _partners(table, genes, networks, keep & possible, by_variance)
        first |= partners
        parts += [told] if told else []
    rows, note = first, f"rows are {', and '.join(parts)}"
    if genes["regulators"] == "all" and not forced_only:
        rows = keep & possible
        note = f"rows are all {int(rows.sum())} genes kept"
    elif genes["regulators"] == "networks" and not forced_only:
        usable = by_variance[(possible & keep)[by_variance]]
        rows = _filled(first, usable, min(MIN_ROWS, limit))
        n_regulators, n_rows = int(first.sum()), int(rows.sum())
        if not n_regulators:
            lacking = "is among the genes" if sources is None else "has a score"
            why = f"no regulator of a network {lacking}" if networks else "no network is at hand"
            why += f", and {parts[-1]}" if forced else ""
            note = f"{why}: rows are the {n_rows} most variable genes"
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
    possible: NDArray[np.bool_],
    *,
    required: bool,
) -> tuple[NDArray[np.bool_], str]:
    """Regulators that are kept whatever their variance, and how the report calls them."""
    names = table["gene"].astype(str)
    wanted = genes["regulators"]
    if isinstance(wanted, list):
        rows = names.isin(wanted).to_numpy() & possible
        if not rows.any():
            raise NetworkError(
                f"none of the {len(wanted)} regulators given is evaluable", where="genes.regulators"
            )
        n = int(rows.sum())
        return rows, f"the {n} evaluable {plural('regulator', n)} of the list given"
    rows = np.zeros(len(table), bool)
    failed = []
    for params in networks:
        network = held_network(params["source"], params["options"])
        try:
            universe = network.universe(list(names), min_targets=genes["min_targets"])
        except NetworkError as error:
            failed.append(error)
        else:
            if network.directed:
                rows |= names.isin(universe.sources).to_numpy()
    # One network that cannot judge these genes is told where it is asked; all of them are an error,
    # unless the genes of an edge table were never meant for networks.
    if required and failed and len(failed) == len(networks):
        raise failed[0]
    rows &= possible
    n, which = int(rows.sum()), "" if possible.all() else " with a score"
    return rows, f"the {n} {plural('regulator', n)} of the networks{which}" if n else ""


def _partners(
    table: pd.DataFrame,
    genes: Mapping[str, Any],
    networks: Sequence[Mapping[str, Any]],
    possible: NDArray[np.bool_],
    by_variance: NDArray[np.int64],
) -> tuple[NDArray[np.bool_], str]:
    """The most variable of the genes kept that undirected networks judge, and how to call them.

    Such a network calls every gene a regulator: to keep them all whatever their variance would
    keep most of the genome.
    """
    names = table["gene"].astype(str)
    found = np.zeros(len(table), bool)
    for params in networks:
        network = held_network(params["source"], params["options"])
        if network.directed or not possible.any():
            continue
        with suppress(NetworkError):  # told where the network is asked
            universe = network.universe(list(names[possible]), min_targets=genes["min_targets"])
            found |= names.isin(universe.sources).to_numpy() & possible
    n_all = int(found.sum())
    ranked = by_variance[found[by_variance]][:UNDIRECTED_ROWS]
    rows = np.zeros(len(table), bool)
    rows[ranked] = True
    n = len(ranked)
    if not n:
        return rows, ""
    most = f"{n} most variable of the {n_all:,}" if n < n_all else f"{n}"
    return rows, f"the {most} {plural('gene', n_all)} of undirected networks"
