"""Writing a checkpoint's weights as safetensors, in the published layout."""

from __future__ import annotations

import shutil
from pathlib import Path

from cellglass.errors import CheckpointError, nearest

from .families import family_of, resolve
from .safe_files import load_weights

PRECISIONS = ("float32", "float16", "bfloat16")
_BESIDE = (".json", ".pkl", ".md", ".txt")


def convert_checkpoint(source: str | Path, out: Path, dtype: str = "float32") -> Path:
    """Copy a checkpoint with its weights as ``model.safetensors``.

    Parameters
    ----------
    source
        Folder of a checkpoint (or the name of a shipped model).
    out
        New folder; must not exist or be empty.
    dtype
        Precision of floating-point weights.

    Returns
    -------
    Path
        The new folder, which `load_model` reads.

    Raises
    ------
    CheckpointError
        If the source is no checkpoint, or `out` holds files.
    UnsafeFileError
        If the weights would execute code when loaded.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     out = convert_checkpoint("mini-scgpt", Path(folder) / "half", "float16")
    ...     sorted(p.name for p in out.iterdir())[-2:]
    ['model.safetensors', 'vocab.json']
    """
    import torch
    from safetensors.torch import save_file

    if dtype not in PRECISIONS:
        raise CheckpointError(f"dtype '{dtype}'", fix=nearest(dtype, PRECISIONS))
    folder = resolve(source)
    family = family_of(folder)
    if family.weights is None:
        raise CheckpointError(
            f"checkpoints of the family '{family.name}' cannot be converted", where=str(folder)
        )
    if out.exists() and any(out.iterdir()):
        raise CheckpointError("the folder is not empty", where=str(out), fix="choose another --out")
    weights: dict[str, torch.Tensor] = {}
    for path in family.weights(folder):  # no others: trainers leave pickles beside them
        weights |= load_weights(path)
    precision = getattr(torch, dtype)
    # a tied table is one tensor under two names; safetensors wants each on its own
    own = {
        k: (v.to(precision) if v.is_floating_point() else v).contiguous().clone()
        for k, v in weights.items()
    }
    scratch = out.with_name(f".{out.name}.partial")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        save_file(own, scratch / "model.safetensors")
        for path in folder.iterdir():
            if path.is_file() and path.suffix in _BESIDE and "index" not in path.name:
                shutil.copyfile(path, scratch / path.name)
        dictionaries = folder / "dictionaries"
        if dictionaries.is_dir():
            shutil.copytree(dictionaries, scratch / "dictionaries")
        if out.exists():
            out.rmdir()
        scratch.rename(out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return out
