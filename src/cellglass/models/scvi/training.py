"""Training an scVI model with scvi-tools: same cells, seed and thread count, same bytes."""

from __future__ import annotations

import io
import json
import logging
import random
import shutil
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, integer_seed

from .library import scvi_tools
from .loading import SYMBOLS, load
from .model import ScviModel

if TYPE_CHECKING:
    from anndata import AnnData

    from cellglass.data.count_sources import Counts

BATCH_SIZE = 128
TRAIN_SHARE = 0.9  # of the cells; the others tell when more epochs stop to help
EPOCH_CELLS, MOST_EPOCHS = 20_000, 400  # scvi-tools' own rule: 400 epochs of 20,000 cells
UUID = "_scvi_uuid"
LOGGERS = ("scvi", "lightning", "lightning.pytorch", "lightning.fabric", "lightning_utilities")

Progress = Callable[[int, int], None]


def train_scvi(
    cells: AnnData,
    folder: str | Path,
    *,
    batch: str | None = None,
    layer: str | None = None,
    n_genes: int | None = None,
    n_latent: int = 10,
    n_hidden: int = 128,
    n_layers: int = 1,
    gene_likelihood: Literal["zinb", "nb", "poisson"] = "zinb",
    encode_covariates: bool = False,
    max_epochs: int | None = None,
    seed: int = DEFAULT_SEED,
    device: str = "cpu",
    progress: Progress | None = None,
) -> ScviModel:
    """Train an scVI model and save it as scvi-tools does.

    Parameters
    ----------
    cells
        Counts, wherever they are.
    folder
        Where the model goes; must not exist or be empty. It is written whole or not at all.
    batch
        Column of ``obs`` with batches.
    layer
        Where the counts are, if it should not be found out.
    n_genes
        Train on this many genes: those whose log(1 + counts per 10,000) varies most. All that
        some cell expresses when None.
    n_latent, n_hidden, n_layers, gene_likelihood, encode_covariates
        Of ``scvi.model.SCVI``; the last gives the batch to the encoder as well.
    max_epochs
        Passes over the cells; when None, 400 up to 20,000 cells and fewer in proportion beyond.
    seed
        Of weights, splits and order.
    device
        ``"cpu"`` or ``"cuda"``.
    progress
        Called with the epochs done and all of them.

    Returns
    -------
    ScviModel
        Read from the folder.

    Raises
    ------
    InputError
        If the folder holds files, a column is missing, or names of genes or numbers do not fit.
    CheckpointError
        If scvi-tools is not installed.

    Examples
    --------
    >>> import cellglass as cg
    >>> cells = cg.data.pbmc68k_reduced()
    >>> train_scvi(cells, "my_scvi", max_epochs=50).width  # doctest: +SKIP
    10
    """
    out = Path(folder).expanduser()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("the folder is not empty", where=str(out), fix="choose another folder")
    _refuse_odd_numbers(n_latent=n_latent, n_hidden=n_hidden, n_layers=n_layers, n_genes=n_genes,
                        max_epochs=max_epochs)  # fmt: skip
    scvi = scvi_tools()
    data = training_cells(cells, batch=batch, layer=layer, n_genes=n_genes)
    epochs = max_epochs or max(1, min(MOST_EPOCHS, round(MOST_EPOCHS * EPOCH_CELLS / data.n_obs)))
    with _quiet(), _interruptible(), _seeded(scvi, integer_seed(seed, "train_scvi")):
        scvi.model.SCVI.setup_anndata(data, batch_key=batch)
        model = scvi.model.SCVI(
            data, n_latent=n_latent, n_hidden=n_hidden, n_layers=n_layers,
            gene_likelihood=gene_likelihood, encode_covariates=encode_covariates,
        )  # fmt: skip
        model.train(
            max_epochs=epochs,
            accelerator="gpu" if device.startswith("cuda") else "cpu",
            devices=1,
            train_size=TRAIN_SHARE,
            batch_size=_batch_size(data.n_obs),
            enable_progress_bar=False,
            logger=False,
            callbacks=[_epochs_told(epochs, progress)] if progress else [],
        )
        # a clock and a random number that scvi-tools saves; without them bytes are reproducible
        model.run_name_ = ""
        model.registry_[UUID] = f"cellglass-{seed}"
    _write(model, _symbols(data), out)
    return load(out)


def training_cells(
    cells: AnnData, *, batch: str | None, layer: str | None, n_genes: int | None
) -> AnnData:
    """Cells as scvi-tools gets them: counts of the chosen genes, the batch, nothing else.

    Raises
    ------
    InputError
        If a column is missing or has gaps, or genes share a name.
    """
    from anndata import AnnData

    from cellglass.data import counts_of
    from cellglass.data.strata import UNLABELLED, column

    counts = counts_of(cells, layer=layer)
    names = pd.Index(counts.var.index.astype(str))
    if not names.is_unique:
        twice = names[names.duplicated()][0]
        raise InputError(
            f"gene '{twice}' occurs more than once", where="var_names",
            expected="one name for each gene", fix="cells.var_names_make_unique()",
        )  # fmt: skip
    genes = variable_genes(counts, n_genes)
    obs = pd.DataFrame(index=cells.obs_names.astype(str))
    if batch is not None:
        values = column(cells.obs, batch, role="batch", min_levels=1).values
        if missing := int((values == UNLABELLED).sum()):
            raise InputError(
                f"{missing} cells have no value", where=f"obs['{batch}']",
                expected="a batch for each cell", fix="drop these cells or fill the column",
            )  # fmt: skip
        obs[batch] = pd.Categorical(values)
    kept = counts.var.iloc[genes]
    var = pd.DataFrame({str(c): kept[c].astype(str) for c in kept.columns}, index=names[genes])
    return AnnData(counts.matrix[:, genes].astype(np.float32).tocsr(), obs=obs, var=var)


def variable_genes(counts: Counts, n_genes: int | None) -> NDArray[np.int64]:
    """Columns of the most variable genes, ascending; of all expressed ones when None."""
    from cellglass.data import gene_features

    features = gene_features(counts.matrix, counts.n_counts)
    expressed = np.flatnonzero(features["detection"].to_numpy() > 0)
    if n_genes is None or n_genes >= len(expressed):
        return np.asarray(expressed, dtype=np.int64)
    variance = features["variance"].to_numpy()[expressed]
    best = np.argsort(-variance, kind="stable")[:n_genes]
    return np.asarray(np.sort(expressed[best]), dtype=np.int64)


def _refuse_odd_numbers(**numbers: int | None) -> None:
    for name, value in numbers.items():
        if value is not None and value < 1:
            raise InputError(
                f"{name} is {value}", where="train_scvi", expected="1 or more",
                fix="give another number",
            )  # fmt: skip


def _batch_size(n_cells: int) -> int:
    """Cells a step, so that no step is left with one cell, of which there is no variance."""
    n = int(np.ceil(TRAIN_SHARE * n_cells))
    size = BATCH_SIZE
    while n % size in (1, 2) and size > 2:
        size -= 1
    return size


def _symbols(data: AnnData) -> dict[str, str]:
    """Symbols of genes that go by Ensembl ids, where the cells tell them."""
    from cellglass.data.identifiers import guess_identifier
    from cellglass.data.screens.symbols import gene_symbols

    names = [str(n) for n in data.var_names]
    if guess_identifier(names) != "ensembl":
        return {}
    try:
        return dict(zip(names, gene_symbols(data.var), strict=True))
    except InputError:  # Ensembl ids only: they are the labels then
        return {}


def _write(model: Any, symbols: dict[str, str], out: Path) -> None:
    scratch = out.with_name(f".{out.name}.partial")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _quiet():
            model.save(str(scratch), save_anndata=False)
        if symbols:
            (scratch / SYMBOLS).write_text(json.dumps(symbols))
        if out.exists():
            out.rmdir()
        scratch.rename(out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _epochs_told(epochs: int, progress: Progress) -> Any:
    """A callback of lightning that tells the epochs done."""
    from lightning.pytorch.callbacks import Callback

    class EpochsTold(Callback):
        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            progress(trainer.current_epoch + 1, epochs)

    return EpochsTold()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings and log lines of scvi-tools and lightning."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl+C as anywhere else: lightning ignores it from the first one on, and exits."""
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)


@contextmanager
def _seeded(scvi: Any, seed: int) -> Iterator[None]:
    """Seed every generator that scvi-tools draws from, and put their states back."""
    import torch

    states = np.random.get_state(), random.getstate()  # noqa: NPY002 - theirs, not ours
    before = scvi.settings._seed
    try:
        with torch.random.fork_rng():
            scvi.settings.seed = seed
            yield
    finally:
        scvi.settings._seed = before
        np.random.set_state(states[0])  # noqa: NPY002
        random.setstate(states[1])
