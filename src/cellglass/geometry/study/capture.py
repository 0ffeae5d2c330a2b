"""Gene states as tasks: shards of cells, summed in a fixed order; clouds that a user brings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import gene_features
from cellglass.data.screens.symbols import gene_symbols
from cellglass.errors import InputError, NotApplicableError
from cellglass.geometry.layers import EMBEDDING, TOKEN_TABLE
from cellglass.geometry.states.accumulator import GeneStateSums
from cellglass.geometry.states.collect import ALL
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.geometry.states.given import read_cloud
from cellglass.models.capture import BATCH, read_genes, with_tokens
from cellglass.models.datasets import CELLS, StudyCells, read_cells
from cellglass.models.inputs import open_transformer
from cellglass.models.networks import held_network
from cellglass.runs.pipeline import INPUTS, SUMMARY
from cellglass.runs.tasks import TaskContext

NO_DOMAIN = "unlabelled"
GENES = "genes.parquet"


def capture_states(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    genes: str,
    layers: Sequence[int] | None,
    domain: str | None,
    untrained: bool,
    device: str,
    dtype: str,
    start: int,
    stop: int,
) -> None:
    """Run some cells through a model; leave sums of the states of its genes, and counts."""
    study = read_cells(context.input(CELLS), slice(start, stop))
    table = read_genes(context.input(genes))
    loaded = open_transformer(model, device, dtype)
    if untrained:
        loaded = loaded.untrained(context.seed)
    keep = with_tokens(loaded, study)
    tokens = loaded.tokenize(study.cells[keep], seed=context.seed)
    kept = _layers(layers, loaded.n_layers)
    found, local = np.unique(_groups(study, domain)[keep], return_inverse=True)
    sums = GeneStateSums(
        tokens, table["id"].to_numpy(), loaded.vocabulary.n_embeddings, local, len(found),
        layers=kept, width=loaded.width,
    )  # fmt: skip
    loaded.forward(tokens, [sums.tap()], batch_size=BATCH)
    out = context.output
    np.save(out / "groups.npy", found.astype(str))
    np.save(out / "sums.npy", sums.sums)
    np.save(out / "counts.npy", sums.counts)
    np.save(out / "layers.npy", np.array(kept))
    if start == 0:
        _save_token_table(out, loaded, table)


def sum_states(
    context: TaskContext,
    *,
    shards: Sequence[str],
    genes: str,
    min_count: int,
    model: str,
    untrained: bool,
) -> None:
    """Add the shards' sums in their order, in float64, so that nobody's speed changes a bit."""
    folders = [context.input(s) for s in shards]
    content = json.loads((context.input(CELLS) / SUMMARY).read_text())
    groups = sorted({str(g) for f in folders for g in np.load(f / "groups.npy")})
    place = {g: i for i, g in enumerate(groups)}
    table = read_genes(context.input(genes))
    layers = np.load(folders[0] / "layers.npy").tolist()
    width = np.load(folders[0] / "sums.npy", mmap_mode="r").shape[-1]
    sums = np.zeros((len(layers), len(groups), len(table), width))
    counts = np.zeros((len(groups), len(table)), dtype=np.int64)
    for folder in folders:
        at = [place[str(g)] for g in np.load(folder / "groups.npy")]
        part = np.load(folder / "sums.npy", mmap_mode="r")
        for local, group in enumerate(at):
            sums[:, group] += part[:, local]
        np.add.at(counts, at, np.load(folder / "counts.npy"))
    static = folders[0] / "token_table.npy"
    if static.is_file():
        layers = [TOKEN_TABLE, *layers]
        sums = np.concatenate([(np.load(static) * counts[..., None])[None], sums])
    domains = sorted({g.partition("\t")[2] for g in groups})
    states = GeneStates(
        sums.astype(np.float32),
        counts,
        tuple(table["gene"].astype(str)),
        tuple(layers),
        np.array([int(g.partition("\t")[0]) for g in groups]),
        np.array([domains.index(g.partition("\t")[2]) for g in groups]),
        tuple(content["blocks"]),
        tuple(domains),
        content["unit"],
        min_count,
        {"model": model, "untrained": str(untrained)},
    )
    states.write(context.output)
    table.to_parquet(context.output / GENES)


def given_states(
    context: TaskContext,
    *,
    cloud: Mapping[str, Any],
    sha256: str,
    min_count: int,
    max_genes: int,
    networks: Sequence[Mapping[str, Any]],
) -> None:
    """Take the gene embeddings of a file as one layer, with the statistics of its genes.

    Of more genes than the study keeps, regulators of its networks come first, then the most
    variable: as for models.
    """
    given = read_cloud(cloud["path"], key=cloud["key"])
    study = read_cells(context.input(CELLS))
    symbols = np.asarray(gene_symbols(study.cells.var), dtype=str)
    features = gene_features(study.cells.X.tocsr(), study.cells.obs["n_counts"].to_numpy())
    table = pd.DataFrame({"gene": symbols, "column": np.arange(len(symbols)),
                          **{c: features[c].to_numpy() for c in features}})  # fmt: skip
    table = table.drop_duplicates("gene").set_index("gene")
    shared = [g for g in given.names if g in table.index]
    if len(shared) < 3:
        raise NotApplicableError(
            f"{len(shared)} of the {len(given)} genes of {cloud['path']} are among the cells' genes"
        )
    shared = _kept(shared, table, max_genes, networks)
    points = given.take(shared).points
    seen = study.cells.X.getnnz(axis=0)
    count = pd.Series(seen, index=symbols).groupby(level=0).sum().reindex(shared).to_numpy()
    counts = np.maximum(count, min_count)[None].astype(np.int64)
    GeneStates(
        (points * counts[0][:, None])[None, None].astype(np.float32),
        counts,
        tuple(shared),
        (0,),
        np.zeros(1, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
        (study.blocks[0],),
        (ALL,),
        study.unit,
        min_count,
        {"model": cloud["name"], "untrained": "False", "given": str(len(given))},
    ).write(context.output)
    held = table.loc[shared].rename_axis("gene").reset_index()
    held.assign(row=True).to_parquet(context.output / GENES)
    (context.output / INPUTS).write_text(json.dumps({cloud["path"]: sha256}))


def _kept(
    genes: list[str], table: pd.DataFrame, most: int, networks: Sequence[Mapping[str, Any]]
) -> list[str]:
    """At most so many genes, in their order."""
    regulators = {s for n in networks for s in held_network(n["source"], n["options"]).sources}
    variance = table.loc[genes, "variance"].to_numpy()
    last = np.array([g not in regulators for g in genes])
    first = np.lexsort((np.arange(len(genes)), -variance, last))[:most]
    return [genes[i] for i in np.sort(first)]


def read_states(folder: Path) -> tuple[GeneStates, pd.DataFrame]:
    """Gene states that a task left, and the table of their genes."""
    return GeneStates.read(folder), pd.read_parquet(folder / GENES)


def _layers(layers: Sequence[int] | None, n_layers: int) -> list[int]:
    every = list(range(EMBEDDING, n_layers))
    if layers is None:
        return every
    wrong = sorted(set(layers) - set(every))
    if wrong:
        raise InputError(
            f"layers {wrong} asked for", where="geometry.layers in study.yaml",
            expected=f"-1 (the input of the first) to {n_layers - 1}",
        )  # fmt: skip
    return list(layers)


def domain_names(study: StudyCells, column: str | None) -> NDArray[np.str_]:
    """Name of the domain of each cell.

    Parameters
    ----------
    study
        The cells.
    column
        Of obs; one domain for all where None.
    """
    if column is None:
        return np.full(len(study.block), ALL)
    held = study.columns[column]
    return np.where(held == "", NO_DOMAIN, held)


def domain_cells(study: StudyCells, domain: str, column: str | None) -> NDArray[np.bool_]:
    """Cells of a domain; all for the one that holds all.

    Parameters
    ----------
    study
        The cells.
    domain
        Its name.
    column
        Of obs.
    """
    if domain == ALL:
        return np.ones(len(study.block), dtype=bool)
    return np.asarray(domain_names(study, column) == domain)


def _groups(study: StudyCells, domain: str | None) -> NDArray[np.str_]:
    """Block and domain of each cell, as one text."""
    names = domain_names(study, domain)
    return np.array([f"{b}\t{d}" for b, d in zip(study.block, names, strict=True)])


def _save_token_table(out: Path, model: Any, table: pd.DataFrame) -> None:
    held = getattr(model.network, "gene_embedding", None)
    if held is not None:
        rows = held.weight.detach().float().cpu().numpy()[table["id"].to_numpy()]
        np.save(out / "token_table.npy", rows)
