"""What a run will cost: time, memory and disk, from a measured sample of the cells."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cellglass.data import open_cells, pbmc68k_reduced, prepare
from cellglass.errors import located
from cellglass.runs.executors import available_cores
from cellglass.runs.sections import ModelConfig
from cellglass.runs.study import Study

from .accumulate import EdgeAccumulator, EdgeAxes
from .gene_choice import MIN_ROWS
from .inputs import EMBEDDED, model_params, network_or_none, open_model
from .taps import Tap

if TYPE_CHECKING:
    from anndata import AnnData

    from .contract import TransformerModel
    from .tokens import Tokens

SAMPLE_CELLS = 64
TIMED_SECONDS = 2.0
BYTES_PER_PROCESS = 600e6  # interpreter, torch, numba and libraries, measured
STATISTICS_SECONDS = 2.5e-8  # per pair, score and draw of nulls, bootstrap and increments, measured
CONTROL_SECONDS = 4.0  # per control with 1,000 draws, measured
PREPARE_SECONDS = 4e-3  # per cell: reading, counting, tokenising, measured


@dataclass
class Estimate:
    """Forecast of a study.

    Parameters
    ----------
    n_cells
        Cells that will be used.
    workers
        Processes.
    rows
        One a model: name, tokens, seconds a cell with attention, CPU seconds of capture, of
        statistics, memory of a worker, disk.
    seconds
        Wall time of the whole run.
    memory_bytes
        Peak memory of all processes together.
    disk_bytes
        Of the run folder.
    """

    n_cells: int
    workers: int
    rows: list[dict[str, float | str]] = field(default_factory=list)
    seconds: float = 0.0
    memory_bytes: float = 0.0
    disk_bytes: float = 0.0

    def __str__(self) -> str:
        workers = "1 process" if self.workers == 1 else f"{self.workers} processes"
        lines = [f"{self.n_cells:,} cells, {workers}"]
        lines += [
            (
                f"  {row['model']}: {row['tokens']:.0f} tokens a cell (median), "
                f"{1e3 * float(row['seconds_per_cell']):.0f} ms a cell with attention; "
                f"capture {_time(float(row['capture_seconds']))} and statistics "
                f"{_time(float(row['statistics_seconds']))} of CPU; "
                f"memory {_size(float(row['memory_bytes']))} a process; "
                f"disk {_size(float(row['disk_bytes']))}"
            )
            for row in self.rows
        ]
        lines.append(
            f"In all: about {_time(self.seconds)}, memory {_size(self.memory_bytes)}, "
            f"disk {_size(self.disk_bytes)}. Measured on {min(SAMPLE_CELLS, self.n_cells)} cells; "
            "times within a factor of two."
        )
        return "\n".join(lines)


def estimate_study(study: Study) -> Estimate:
    """Forecast time, memory and disk of a study.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    Estimate
        From tokens and timings of a sample of 64 cells, through each model.

    Raises
    ------
    CellglassError
        What the run itself would raise of cells and checkpoints.
    """
    cells, n_cells = _sample(study)
    workers = study.resources.workers or available_cores()
    workers = 1 if study.resources.executor == "inline" else workers
    found = Estimate(n_cells, workers)
    for model in study.models:
        found.rows.append(_model(study, model, cells, n_cells))
    cpu = sum(float(r["capture_seconds"]) + float(r["statistics_seconds"]) for r in found.rows)
    cpu += CONTROL_SECONDS * len(study.controls) + PREPARE_SECONDS * n_cells * len(study.models)
    found.seconds = cpu / workers + 10.0
    found.memory_bytes = workers * max(float(r["memory_bytes"]) for r in found.rows)
    found.disk_bytes = sum(float(r["disk_bytes"]) for r in found.rows)
    return found


def _sample(study: Study) -> tuple[AnnData, int]:
    """A few of the cells that the study would use, and how many those are."""
    path = study.cells.path
    adata = pbmc68k_reduced() if path == EMBEDDED else open_cells(path)
    n_used = min(adata.n_obs, study.cells.max_cells or adata.n_obs)
    from anndata import AnnData

    with located(path):
        chosen = prepare(adata, layer=study.cells.layer, max_cells=SAMPLE_CELLS, seed=study.seed)
        counts = chosen.counts()
    obs = adata.obs.iloc[chosen.cells].copy()
    obs["n_counts"] = counts.n_counts
    return AnnData(counts.matrix, obs=obs, var=counts.var), n_used


def _model(
    study: Study, config: ModelConfig, cells: AnnData, n_cells: int
) -> dict[str, float | str]:
    model = open_model(model_params(config), study.resources.device, study.resources.dtype)
    tokens = model.tokenize(cells, seed=study.seed)
    seen = np.bincount(tokens.gene_ids[tokens.is_gene], minlength=model.vocabulary.n_embeddings)
    n_columns = int(min(study.genes.max_genes, (seen > 0).sum()))
    n_rows = _n_rows(study, model, seen, n_columns)
    seconds = _seconds_per_cell(model, tokens, seen, n_rows, n_columns, study.edges.heads)
    n_strata = 10 if study.cells.strata else 1
    n_groups = max(n_cells / study.edges.group_cells, study.edges.replicate_blocks * n_strata)
    copies = 2 if study.edges.untrained else 1
    pair_bytes = 4.0 * n_rows * n_columns
    heads = model.n_heads * study.edges.replicate_blocks if study.edges.heads else 0
    layer_bytes = model.n_layers * pair_bytes
    n_shards = np.ceil(n_cells / study.resources.shard_cells)
    sums_bytes = layer_bytes * (n_groups + heads) + pair_bytes * n_groups * 2
    copy_bytes = layer_bytes * (study.edges.replicate_blocks + heads) if copies == 2 else 0.0
    # while it runs: each shard holds the heads of about one block
    shard_bytes = layer_bytes * (n_groups + n_shards * (2 + 1.3 * model.n_heads * copies))
    cost = model.cost(int(tokens.lengths.max()))
    views = 2 if n_rows == n_columns else 0  # transposed and symmetric layer means
    n_scores = model.n_layers * (2 + model.n_heads + views) * copies
    statistics = study.statistics
    networks = max(len(study.networks), 1) + 1
    work = (statistics.draws * 5 * 0.01 + statistics.bootstrap * 0.02 + 60) * n_scores
    return {
        "model": config.label,
        "tokens": float(np.median(tokens.lengths)),
        "seconds_per_cell": seconds,
        "capture_seconds": seconds * n_cells * (copies + 0.9),
        "statistics_seconds": STATISTICS_SECONDS * n_rows * n_columns * work * networks,
        "memory_bytes": BYTES_PER_PROCESS + cost.weight_bytes + 8 * cost.activation_bytes
        + max(3 * sums_bytes, n_rows * n_columns * (12.0 * n_scores + 300)),
        "disk_bytes": sums_bytes + copy_bytes + shard_bytes + 40.0 * n_cells * tokens.n_positions,
    }  # fmt: skip


def _n_rows(study: Study, model: TransformerModel, seen: np.ndarray, n_columns: int) -> int:
    """Rows of the edge tables: regulators of the networks at hand, at least `MIN_ROWS`."""
    wanted = study.genes.regulators
    if wanted == "all":
        return n_columns
    if isinstance(wanted, list):
        return len(wanted)
    genes = [str(g) for g in model.vocabulary.labels[seen > 0]]
    regulators: set[str] = set()
    for config in study.networks:
        network = network_or_none(config.source, config.options)
        if network is not None:
            unique = list(dict.fromkeys(genes))
            regulators |= set(network.universe(unique, min_targets=study.genes.min_targets).sources)
    return min(max(len(regulators), MIN_ROWS), n_columns)


def _seconds_per_cell(
    model: TransformerModel,
    tokens: Tokens,
    seen: np.ndarray,
    n_rows: int,
    n_columns: int,
    heads: bool,
) -> float:
    """Time of a forward pass with attention summed, one thread, median over repeats."""
    import torch

    columns = np.sort(np.argsort(-seen, kind="stable")[:n_columns])
    axes = EdgeAxes(np.sort(columns[:n_rows]), columns, model.vocabulary.n_embeddings)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times: list[float] = []
        began = time.perf_counter()
        size = 4
        start = 0
        while time.perf_counter() - began < TIMED_SECONDS or len(times) < 2:
            part = tokens[slice(start, start + size)]
            start = (start + size) % max(len(tokens) - size, 1)
            sinks = [
                EdgeAccumulator(part, axes, np.zeros(len(part), np.int64), 1,
                                layers=range(model.n_layers), n_heads=model.n_heads, per_head=kind)
                for kind in ((False, True) if heads else (False,))
            ]  # fmt: skip
            tick = time.perf_counter()
            model.forward(part, [Tap.attention(reduce=s) for s in sinks], batch_size=size)
            times.append((time.perf_counter() - tick) / len(part))
        return float(np.median(times[1:]))
    finally:
        torch.set_num_threads(threads)


def _time(seconds: float) -> str:
    """Seconds in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _size(n_bytes: float) -> str:
    """Bytes in words."""
    return f"{n_bytes / 1e6:.0f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:.1f} GB"
