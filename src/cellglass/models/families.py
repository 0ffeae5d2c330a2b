"""Model families and how a checkpoint finds its own: entry points ``cellglass.models``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellglass._options import check_options
from cellglass.errors import CheckpointError, located, nearest

if TYPE_CHECKING:
    from .cell_model import CellModel

ENTRY_POINTS = "cellglass.models"
MINI_MODELS = ("mini-scgpt", "mini-geneformer")


@dataclass(frozen=True)
class ModelFamily:
    """How to tell and load one family's checkpoints.

    Parameters
    ----------
    name
        For example ``"scgpt"``.
    recognise
        Whether a folder holds a checkpoint of the family; reads configuration files only.
    load
        ``load(folder, name=..., **options)`` gives the model on the CPU in float32.
    layout
        The files that a checkpoint consists of, for messages.
    weights
        Which files of a folder hold the weights, for `cellglass models convert`; None where the
        family cannot be converted.
    elsewhere
        ``elsewhere(folder, **options)`` names files outside the folder that loading reads, so
        that results are not used again when they change; None where there are none.
    attention
        Whether its models are transformers: what reads attention or tokens is not applicable to
        others.
    columns
        ``columns(folder, **options)`` names columns of ``obs`` that its models may read beside
        counts, so that a study keeps them; None where there are none.
    swaps
        Whether its models have a `CellModel.swap_space` of their own: genes of concepts are found
        by exchanging values between cells, which is not applicable to others.

    Notes
    -----
    Other packages add a family by an entry point of the group ``cellglass.models`` that
    resolves to a `ModelFamily`; `cellglass.testing.check_model` tests what it loads.

    Examples
    --------
    >>> families()["scgpt"].layout
    'args.json, vocab.json and best_model.pt'
    """

    name: str
    recognise: Callable[[Path], bool]
    load: Callable[..., CellModel]
    layout: str = ""
    weights: Callable[[Path], list[Path]] | None = None
    elsewhere: Callable[..., list[Path]] | None = None
    attention: bool = True
    columns: Callable[..., list[str]] | None = None
    swaps: bool = False


def families() -> dict[str, ModelFamily]:
    """All families at hand, those of other packages included.

    Returns
    -------
    dict of str to ModelFamily
        By the name of their entry point.

    Examples
    --------
    >>> {"scgpt", "geneformer"} <= set(families())
    True
    """
    found = {e.name: e.load() for e in sorted(entry_points(group=ENTRY_POINTS))}
    return {name: family for name, family in found.items() if isinstance(family, ModelFamily)}


def mini_model_folder(name: str) -> Path:
    """Folder of a shipped mini model inside the package."""
    return Path(str(files("cellglass.models"))) / "mini" / name.replace("-", "_")


def resolve(path_or_name: str | Path) -> Path:
    """Folder of a model by path or by the name of a shipped model.

    Raises
    ------
    CheckpointError
        If there is neither.
    """
    if str(path_or_name) in MINI_MODELS:
        return mini_model_folder(str(path_or_name))
    path = Path(path_or_name).expanduser()
    if path.is_file():
        path = path.parent
    if not path.is_dir():
        raise CheckpointError(
            f"there is no model '{path_or_name}'",
            expected="the folder of a checkpoint, or a shipped model: " + ", ".join(MINI_MODELS),
            fix=nearest(str(path_or_name), MINI_MODELS, 1) if "/" not in str(path_or_name) else "",
        )
    return path


def family_of(folder: Path, name: str | None = None) -> ModelFamily:
    """Tell the family of a checkpoint folder, or take the one that is named.

    Raises
    ------
    CheckpointError
        If none, or more than one, recognises it, or none is called so.
    """
    known = families()
    if name is not None:
        if name not in known:
            raise CheckpointError(f"no family '{name}'", fix=nearest(name, known))
        return known[name]
    hits = [f for f in known.values() if f.recognise(folder)]
    if len(hits) == 1:
        return hits[0]
    listing = ", ".join(sorted(p.name for p in folder.iterdir())[:12]) or "nothing"
    raise CheckpointError(
        "the folder looks like a checkpoint of "
        + (" and of ".join(h.name for h in hits) if hits else "no known family"),
        where=f"{folder} (holds {listing})",
        expected="; ".join(f"{f.name}: {f.layout}" for f in known.values()),
        fix="name the family (family: in study.yaml, load_model(path, family=...))"
        if hits
        else "give the folder that holds such files; cellglass models list shows the families",
    )


def load_model(
    path_or_name: str | Path,
    *,
    family: str | None = None,
    name: str | None = None,
    device: str = "cpu",
    dtype: str = "float32",
    **options: Any,
) -> CellModel:
    """Load a model, telling its family by the files of its checkpoint.

    Parameters
    ----------
    path_or_name
        Folder of a published checkpoint, or the name of a shipped model (``"mini-scgpt"``,
        ``"mini-geneformer"``).
    family
        Name of the family, if it should not be told.
    name
        What reports call the model.
    device
        For example ``"cpu"`` or ``"cuda"``.
    dtype
        ``"float32"`` (default, for everything reported), ``"bfloat16"``, ``"float16"`` or
        ``"float64"``.
    options
        Options of the family's tokeniser.

    Returns
    -------
    CellModel
        Ready to embed cells; a `TransformerModel` of most families, ready to tokenize and run.

    Raises
    ------
    CheckpointError
        If the checkpoint is missing, truncated, of the wrong family or shape.
    UnsafeFileError
        If a file would execute code when loaded; nothing is executed.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.load_model("mini-geneformer").family
    'geneformer'
    """
    import torch

    folder = resolve(path_or_name)
    chosen = family_of(folder, family)
    if str(path_or_name) in MINI_MODELS:
        name = name or str(path_or_name)
    precision = getattr(torch, dtype, None)
    if not isinstance(precision, torch.dtype) or not precision.is_floating_point:
        raise CheckpointError(
            f"dtype '{dtype}'", fix=nearest(dtype, ["float32", "bfloat16", "float16", "float64"])
        )
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise CheckpointError(
            f"device '{device}' asked for, but torch finds no CUDA device", fix="use device='cpu'"
        )
    check_load_options(chosen, folder, options)
    with _advised(folder, chosen):
        model = chosen.load(folder, name=name, **options)
    return model.to(device, precision)


def check_load_options(family: ModelFamily, folder: Path, options: Mapping[str, Any]) -> None:
    """Refuse options that a family's loader does not take; one that passes them on checks itself.

    Parameters
    ----------
    family, folder
        Of the checkpoint.
    options
        What the loader is to be called with.
    """
    parameters = inspect.signature(family.load).parameters.values()
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        named = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.name != "name"]
        check_options(family.load, options, where=f"options of {folder.name}", names=named)


@contextmanager
def _advised(folder: Path, chosen: ModelFamily) -> Iterator[None]:
    """Say where and what to do in what a family raises of a checkpoint."""
    try:
        with located(folder):
            yield
    except CheckpointError as error:
        if error.fix:
            raise
        others = [f.name for f in families().values() if f is not chosen and f.recognise(folder)]
        fix = (
            f"leave the family out: the folder looks like {others[0]}"
            if others
            else "download the checkpoint again, and keep all its files together in one folder"
        )
        raise CheckpointError(
            error.found, where=error.where, expected=error.expected, fix=fix
        ) from error
