"""What scvi-tools writes into ``model.pt``, read without executing any of it."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellglass.errors import CheckpointError
from cellglass.models.safe_files import load_torch, reading_config

if TYPE_CHECKING:
    from torch import Tensor

METADATA = "_scvi_required_metadata.json"
LEGACY = "model_params.pt"  # before scvi-tools 0.15
HEAD_BYTES = 4096

# The training history: pandas tables, which nobody needs here and older pandas wrote otherwise.
_TABLES = (
    "pandas.core.frame.DataFrame",
    "pandas.core.series.Series",
    "pandas.core.internals.managers.BlockManager",
    "pandas.core.internals.managers.SingleBlockManager",
    "pandas.core.indexes.base.Index",
    "pandas.core.indexes.range.RangeIndex",
    "pandas.core.indexes.numeric.Int64Index",
    "pandas.core.indexes.numeric.Float64Index",
    "pandas.core.indexes.multi.MultiIndex",
    "pandas._libs.internals.BlockPlacement",
)
_TABLE_MAKERS = (
    "pandas.core.indexes.base._new_Index",
    "pandas._libs.internals._unpickle_block",
    "pandas.core.internals.blocks.new_block",
)


class Ignored:
    """Stands where a table of the training history was; holds nothing."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __setstate__(self, _: Any) -> None: ...


def _ignored(*_: Any, **__: Any) -> Ignored:
    return Ignored()


def _dictionary(*_: Any) -> dict[Any, Any]:
    """Stand in for ``defaultdict``, whose factory is not needed to read it."""
    return {}


def allowed() -> list[Any]:
    """Everything that a file may ask for beside tensors, as `safe_files.load_torch` takes it.

    Examples
    --------
    >>> any(entry is eval for entry in allowed())
    False
    """
    multiarray = np.core.multiarray if np.__version__ < "2" else np._core.multiarray
    arrays = [
        (getattr(multiarray, name), f"numpy.{core}.multiarray.{name}")
        for name in ("_reconstruct", "scalar")
        for core in ("core", "_core")
    ]
    kinds = {type(np.dtype(code)) for code in ("O", "U1", "S1", *"?bBhHiIlLqQefd")}
    plain = [dict, slice, bytes, set, (_dictionary, f"{defaultdict.__module__}.defaultdict")]
    tables: list[Any] = [(Ignored, name) for name in _TABLES]
    makers: list[Any] = [(_ignored, name) for name in _TABLE_MAKERS]
    return [np.ndarray, np.dtype, *kinds, *arrays, *plain, *tables, *makers]


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A model as scvi-tools saved it.

    Parameters
    ----------
    path
        The ``model.pt``.
    kind
        Class of the model: ``"SCVI"``, ``"SCANVI"``, ...
    version
        Of scvi-tools that wrote it; empty where it does not say.
    genes
        Names of the input genes in their order.
    options
        What the model was made with (``n_latent``, ``encode_covariates``, ...).
    setup
        Arguments of its ``setup_anndata``.
    fields
        What it registered of its cells: field to ``state_registry``.
    weights
        Tensors of its module.
    """

    path: Path
    kind: str
    version: str
    genes: tuple[str, ...]
    options: Mapping[str, Any]
    setup: Mapping[str, Any]
    fields: Mapping[str, Mapping[str, Any]]
    weights: Mapping[str, Tensor]


def looks_saved(path: Path) -> bool:
    """Whether a file looks like a ``model.pt`` of scvi-tools; a few of its bytes are read.

    A file that was cut short still does, so that it is told as such and not as of no family.
    """
    with path.open("rb") as file:
        if b"model_state_dict" not in file.read(HEAD_BYTES):
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(
                b"attr_dict" in archive.read(name) and b"registry_" in archive.read(name)
                for name in archive.namelist()
                if name.endswith("data.pkl")
            )
    except (zipfile.BadZipFile, OSError):
        return path.name.endswith("model.pt")


def read_saved(path: Path) -> SavedModel:
    """Read a ``model.pt``.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    UnsafeFileError
        If it would execute code; nothing is executed.
    CheckpointError
        If it is cut short, or lacks what scvi-tools writes.
    """
    import torch

    content = load_torch(path, allowed(), expected="a model.pt of scvi-tools")
    with reading_config(path):
        attributes = dict(content["attr_dict"])
        registry = attributes["registry_"]
        names = content["var_names"]
        if isinstance(names, dict):
            raise CheckpointError(
                f"the model reads several modalities ({', '.join(map(str, names))})",
                where=str(path),
                expected="a model of gene expression alone: SCVI or SCANVI",
            )
        state = content["model_state_dict"]
        return SavedModel(
            path,
            str(registry["model_name"]),
            str(registry.get("scvi_version", "")),
            tuple(str(n) for n in names),
            init_options(attributes["init_params_"]),
            dict(registry["setup_args"]),
            {
                str(name): dict(field.get("state_registry", {}))
                for name, field in registry["field_registries"].items()
            },
            {k: v for k, v in state.items() if isinstance(v, torch.Tensor)},
        )


def init_options(params: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments a model was made with, as one dictionary.

    Parameters
    ----------
    params
        ``init_params_``: ``non_kwargs`` beside ``kwargs``, whose values are dictionaries; files
        of the first versions hold both kinds side by side.

    Examples
    --------
    >>> init_options({"non_kwargs": {"n_latent": 10}, "kwargs": {"kwargs": {"n_layers": 2}}})
    {'n_latent': 10, 'n_layers': 2}
    """
    if "non_kwargs" in params:
        named, further = dict(params["non_kwargs"]), dict(params["kwargs"])
    else:
        named = {k: v for k, v in params.items() if not isinstance(v, dict)}
        further = {k: v for k, v in params.items() if isinstance(v, dict)}
    for values in further.values():
        named |= values
    return named
