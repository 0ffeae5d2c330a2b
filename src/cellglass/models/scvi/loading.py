"""Loading folders that scvi-tools saved, and those of its hub."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from cellglass.data.identifiers import guess_identifier, strip_version
from cellglass.errors import CheckpointError, InputError
from cellglass.models.families import ModelFamily
from cellglass.models.safe_files import load_dictionary, reading_config, sha256
from cellglass.models.vocabulary import Vocabulary
from cellglass.models.weights import assign

from .counts import Missing
from .covariates import Setup, setup_of
from .library import scvi_tools
from .model import ScviModel
from .saved import LEGACY, METADATA, SavedModel, looks_saved, read_saved

WEIGHTS = "model.pt"
SYMBOLS = "symbols.json"  # ours: symbols of genes that go by Ensembl ids, for labels
CELLS = "adata.h5ad"
KINDS = ("SCVI", "SCANVI")
# What SCANVI adds to the module of SCVI: a classifier of labels, which no embedding goes through.
SCANVI_OPTIONS = (
    "linear_classifier", "classifier_parameters", "y_prior", "labels_groups", "use_labels_groups",
)  # fmt: skip
SCANVI_PARTS = (
    "classifier.", "classifier_groups.", "encoder_z2_z1.", "decoder_z1_z2.", "y_prior",
    "groups_index.",
)  # fmt: skip
IGNORED_OPTIONS = (  # of training, or of versions that had them
    "datamodule", "use_cuda", "use_gpu", "unlabeled_category", "pretrained_model",
)  # fmt: skip


def recognise(folder: Path) -> bool:
    """Whether a folder looks like one of scvi-tools; scvi-tools is not imported."""
    if (folder / METADATA).is_file() or (folder / LEGACY).is_file():
        return True
    return any(looks_saved(path) for path in sorted(folder.glob(f"*{WEIGHTS}")))


def load(
    folder: Path,
    *,
    name: str | None = None,
    prefix: str | None = None,
    batch: str | None = None,
    missing_genes: Missing = "error",
) -> ScviModel:
    """Load an scVI model from its folder.

    Parameters
    ----------
    folder
        With ``model.pt`` or ``PREFIXmodel.pt``.
    name
        What reports call the model; the folder's name when None.
    prefix
        Which model of the folder, where it holds several.
    batch
        Read all cells as of this batch; their own where None.
    missing_genes
        ``"zero"`` reads genes that the cells lack as 0; ``"error"`` refuses such cells.

    Returns
    -------
    ScviModel
        On the CPU, in float32. SCANVI models load without their classifier.

    Raises
    ------
    CheckpointError
        If a file is missing, cut short, of another class or does not fit; if scvi-tools is not
        installed.
    UnsafeFileError
        If ``model.pt`` would execute code.
    """
    path = weights_path(folder, prefix)
    saved = read_saved(path)
    if saved.kind not in KINDS:
        raise CheckpointError(
            f"the model is a {saved.kind}",
            where=str(path),
            expected=f"a model of gene expression: {' or '.join(KINDS)}",
            fix="train an SCVI model on the same cells (cellglass models train-scvi)",
        )
    with reading_config(path):
        setup = setup_of(saved)
    return ScviModel(
        build_module(saved, setup),
        vocabulary_of(saved),
        setup,
        name=name or folder.name,
        batch=batch,
        missing_genes=missing_genes,
        provenance={
            "path": str(path),
            "sha256": sha256(path),
            "scvi_tools": saved.version,
            "weights_not_used": sorted(k for k in saved.weights if k.startswith(SCANVI_PARTS)),
        },
    )


def columns(folder: Path, *, prefix: str | None = None, **_: Any) -> list[str]:
    """Columns of ``obs`` that the model of a folder was trained with."""
    setup = setup_of(read_saved(weights_path(folder, prefix)))
    batch = [setup.batch.key] if setup.batch is not None else []
    return [*batch, *(c.key for c in setup.categorical), *setup.continuous]


def weights_path(folder: Path, prefix: str | None = None) -> Path:
    """Find the ``model.pt`` of a folder.

    Raises
    ------
    CheckpointError
        If there is none, or more than one and no prefix is given.
    """
    found = sorted(p for p in folder.glob(f"*{WEIGHTS}") if p.is_file())
    if prefix is not None:
        found = [p for p in found if p.name in (f"{prefix}{WEIGHTS}", f"{prefix}_{WEIGHTS}")]
    elif folder / WEIGHTS in found:
        found = [folder / WEIGHTS]
    if len(found) == 1:
        return found[0]
    if not found and (folder / LEGACY).is_file():
        raise CheckpointError(
            f"the folder was saved by scvi-tools before 0.15 ({LEGACY})",
            where=str(folder),
            expected=WEIGHTS,
            fix="scvi.model.SCVI.convert_legacy_save(FOLDER, NEW_FOLDER) writes one",
        )
    prefixes = sorted(p.name.removesuffix(WEIGHTS) for p in folder.glob(f"*{WEIGHTS}"))
    raise CheckpointError(
        f"{len(found)} files {prefix or '*'}{WEIGHTS}" if found else f"no {prefix or ''}{WEIGHTS}",
        where=str(folder),
        expected=f"{WEIGHTS}, as scvi-tools saves it",
        fix=f"name one: prefix={' or '.join(map(repr, prefixes))}" if prefixes
        else "download the folder again",
    )  # fmt: skip


def vocabulary_of(saved: SavedModel) -> Vocabulary:
    """Genes of a saved model, in the order of its input.

    Versions of Ensembl ids are cut where that leaves all names different.

    Raises
    ------
    CheckpointError
        If two genes have the same name.
    """
    names = list(saved.genes)
    kind = "ensembl" if guess_identifier(names) == "ensembl" else "symbol"
    if kind == "ensembl" and len({strip_version(n) for n in names}) == len(names):
        names = [strip_version(n) for n in names]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise CheckpointError(
            f"gene '{twice}' occurs {names.count(twice)} times among the model's inputs",
            where=str(saved.path),
            expected="one input for each gene",
            fix="train it again after adata.var_names_make_unique()",
        )
    ids = {name: i for i, name in enumerate(names)}
    if kind != "ensembl":
        return Vocabulary(ids, kind="symbol")
    symbols = {strip_version(k): v for k, v in _symbols_beside(saved.path).items()}
    return Vocabulary(ids, kind="ensembl", symbols={k: v for k, v in symbols.items() if k in ids})


def _symbols_beside(path: Path) -> dict[str, str]:
    """Ensembl id to symbol, from the files beside the weights; empty where none tells them."""
    import anndata

    from cellglass.data.screens.symbols import gene_symbols

    table = path.with_name(SYMBOLS)
    if table.is_file():
        return {str(k): str(v) for k, v in load_dictionary(table).items()}
    cells = path.with_name(path.name.removesuffix(WEIGHTS) + CELLS)
    if not cells.is_file():
        return {}
    try:
        var = anndata.read_h5ad(cells, backed="r").var
        return dict(zip(var.index.astype(str), gene_symbols(var), strict=True))
    except (OSError, InputError):  # cells are optional: without them ids are the labels
        return {}


def build_module(saved: SavedModel, setup: Setup) -> Any:
    """Build the ``scvi.module.VAE`` of a saved model and load its weights strictly.

    Raises
    ------
    CheckpointError
        If options or weights do not fit.
    """
    vae = scvi_tools().module.VAE
    options = {k: v for k, v in saved.options.items() if k not in IGNORED_OPTIONS}
    weights = dict(saved.weights)
    if saved.kind == "SCANVI":
        options = {k: v for k, v in options.items() if k not in SCANVI_OPTIONS}
        weights = {k: v for k, v in weights.items() if not k.startswith(SCANVI_PARTS)}
    _refuse_unknown(vae, options, saved)
    if "library_log_means" in weights:
        for name in ("library_log_means", "library_log_vars"):
            options[name] = weights[name].numpy()
    draws = torch.random.fork_rng(devices=[])  # of weights that are replaced at once
    with reading_config(saved.path), draws, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = vae(
            n_input=len(saved.genes),
            n_batch=setup.n_batch,
            n_labels=_n_labels(saved, setup),
            n_continuous_cov=len(setup.continuous),
            n_cats_per_cov=[len(c.levels) for c in setup.categorical] or None,
            use_size_factor_key=setup.size_factor is not None,
            **options,
        )
    extra = sorted(set(weights) - set(module.state_dict()))
    if extra:
        raise CheckpointError(
            f"{len(extra)} weights have no place in the module, the first is '{extra[0]}'",
            where=str(saved.path),
            expected="the weights of an scVI module with the options saved beside them",
            fix="load it with the scvi-tools that wrote it and save it again",
        )
    assign(module, weights, saved.path)
    return module.eval()


def _n_labels(saved: SavedModel, setup: Setup) -> int:
    """Labels of the module; those of SCANVI are fewer by the one that means unlabelled."""
    return max(setup.n_labels - 1, 1) if saved.kind == "SCANVI" else setup.n_labels


def _refuse_unknown(vae: Any, options: Mapping[str, Any], saved: SavedModel) -> None:
    known = inspect.signature(vae.__init__).parameters
    unknown = sorted(k for k in options if k not in known)
    if unknown:
        raise CheckpointError(
            f"the model was made with '{unknown[0]}', which this scvi-tools does not know",
            where=str(saved.path),
            expected=f"options of version {saved.version or 'of the installed scvi-tools'}",
            fix="install the scvi-tools that wrote it",
        )
    if options.get("latent_distribution", "normal") != "normal":
        raise CheckpointError(
            f"the latent space is '{options['latent_distribution']}'",
            where=str(saved.path),
            expected="'normal': the mean of a logistic normal can only be drawn, not computed",
            fix="train the model with latent_distribution='normal'",
        )


FAMILY = ModelFamily(
    "scvi",
    recognise=recognise,
    load=load,
    layout="model.pt, as scvi-tools or its hub has it",
    attention=False,
    columns=columns,
    swaps=True,
)
