"""Reading checkpoints and dictionaries without executing anything they contain."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import pickletools
import struct
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

from cellglass.errors import CheckpointError, InputError, UnsafeFileError

_NUMPY_SCALARS = {
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy", "dtype"),
    ("collections", "OrderedDict"),
    ("_codecs", "encode"),  # how bytes inside scalars are written by protocols 0 to 2
}
# What tensors and their dictionaries are rebuilt from; any other module would be foreign code.
_TENSOR_MODULES = ("torch", "collections", "numpy", "_codecs")
# What a damaged pickle makes the interpreter's unpickler raise, found by flipping bytes.
_DAMAGED = (
    pickle.UnpicklingError, EOFError, ValueError, AttributeError, IndexError, KeyError, TypeError,
    OverflowError, MemoryError, SystemError, AssertionError, ImportError, struct.error,
)  # fmt: skip


class _DataOnlyUnpickler(pickle.Unpickler):
    """Unpickler for dictionaries of plain values and NumPy scalars; refuses all else."""

    def __init__(self, file: io.BufferedIOBase, path: Path) -> None:
        super().__init__(file)
        self._path = path

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _NUMPY_SCALARS:
            return super().find_class(module, name)
        raise UnsafeFileError(
            f"the pickle asks for {module}.{name}",
            where=str(self._path),
            expected="a dictionary of plain values (and NumPy scalars); nothing was executed",
            fix="take the file from its publisher, or convert it to JSON where you trust it",
        )


def load_dictionary(path: Path) -> dict[Any, Any]:
    """Load a pickled or JSON dictionary of plain values.

    Parameters
    ----------
    path
        A ``.pkl`` as Geneformer ships, or a ``.json``.

    Raises
    ------
    UnsafeFileError
        If the pickle would construct anything but plain values; nothing is executed.
    CheckpointError
        If the file is truncated or holds no dictionary.
    """
    try:
        if path.suffix == ".json":
            content = json.loads(path.read_text(encoding="utf-8"))
        else:
            with path.open("rb") as file:
                content = _DataOnlyUnpickler(file, path).load()
    except UnsafeFileError:
        raise
    except _DAMAGED as error:
        raise CheckpointError(
            f"the file cannot be read as a dictionary ({error})",
            where=str(path),
            fix="download it again; compare its sha256 with the publisher's",
        ) from error
    if not isinstance(content, dict):
        raise CheckpointError(
            f"the file holds a {type(content).__name__}", where=str(path), expected="a dictionary"
        )
    return content


def load_weights(path: Path) -> dict[str, Any]:
    """Load a state dict of tensors from ``.safetensors``, ``.pt`` or ``.bin``.

    Parameters
    ----------
    path
        The weights file.

    Returns
    -------
    dict of str to torch.Tensor
        On the CPU, in the file's precision.

    Raises
    ------
    UnsafeFileError
        If the file would execute code; nothing is executed.
    CheckpointError
        If it is truncated, not a checkpoint, or not a state dict.
    """
    weights = _load_safetensors(path) if path.suffix == ".safetensors" else load_torch(path)
    for wrapper in ("state_dict", "model_state_dict", "model"):
        if wrapper in weights and isinstance(weights[wrapper], dict):
            weights = weights[wrapper]
    import torch

    tensors = {k: v for k, v in weights.items() if isinstance(v, torch.Tensor)}
    if not tensors:
        raise CheckpointError(
            "the file holds no tensors", where=str(path), expected="a state dict of weights"
        )
    return {k.removeprefix("module."): v for k, v in tensors.items()}


def _load_safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        _truncated(path, error)


def load_torch(
    path: Path, allowed: Sequence[Any] = (), *, expected: str = "a state dict of tensors"
) -> dict[str, Any]:
    """Load a dictionary of plain values and tensors that ``torch.save`` wrote.

    Parameters
    ----------
    path
        The file.
    allowed
        What the file may ask for beside tensors, as `torch.serialization.safe_globals` takes it:
        classes and functions, or pairs of one of them and the name it stands in for.
    expected
        What messages say it should hold.

    Raises
    ------
    UnsafeFileError
        If the file would execute anything else; nothing is executed.
    CheckpointError
        If it is truncated, not a checkpoint, or holds no dictionary.
    """
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of unusual pickle protocols
            if not allowed:
                content = torch.load(path, map_location="cpu", weights_only=True)
            else:
                with torch.serialization.safe_globals(list(allowed)):
                    content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if _is_refusal(str(error)) or (not allowed and _foreign_globals(path)):
            raise UnsafeFileError(
                "the checkpoint would execute code when loaded; nothing was executed",
                where=str(path),
                expected=expected,
                fix="take it from its publisher, or save its state dict as safetensors "
                "where you trust it",
            ) from error
        _truncated(path, error)
    except (RuntimeError, OSError, zipfile.BadZipFile, *_DAMAGED) as error:
        _truncated(path, error)
    if not isinstance(content, dict):
        raise CheckpointError(
            f"the file holds a {type(content).__name__}",
            where=str(path),
            expected=expected,
        )
    return content


def _is_refusal(message: str) -> bool:
    said = (
        "Unsupported global",
        "Unsupported class",
        "unsupported GLOBAL",
        "unrecognized function",
        "Can only create new object",
    )
    return any(m in message for m in said)


def _foreign_globals(path: Path) -> list[str]:
    """Names outside the modules of tensors that the pickles of a file ask for.

    The opcodes are listed, nothing is executed. What is no pickle at all (a page of HTML, a
    pointer of git-lfs) asks for nothing.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            pickles = [archive.read(n) for n in archive.namelist() if n.endswith(".pkl")]
        names = [name for p in pickles for name in _globals_of(io.BytesIO(p))]
    except zipfile.BadZipFile:
        with path.open("rb") as file:
            names = _globals_of(file)
    return [n for n in names if n.partition(".")[0] not in _TENSOR_MODULES]


def _globals_of(stream: IO[bytes]) -> list[str]:
    """Names asked for by consecutive pickles, up to the first byte that is none."""
    found: list[str] = []
    texts: list[str] = []
    try:
        while True:
            for opcode, argument, _ in pickletools.genops(stream):
                if opcode.name in ("GLOBAL", "INST"):
                    found.append(str(argument).replace(" ", "."))
                elif opcode.name == "STACK_GLOBAL":
                    found.append(".".join(texts[-2:]))
                elif isinstance(argument, str):
                    texts.append(argument)
    except _DAMAGED:
        return found


def _truncated(path: Path, error: Exception) -> NoReturn:
    size = path.stat().st_size if path.exists() else 0
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    raise CheckpointError(
        f"the file cannot be read as weights ({first}); it has {size:,} bytes",
        where=str(path),
        expected="a complete checkpoint",
        fix="download it again; compare its size and sha256 with the publisher's",
    ) from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object, or say what is wrong with it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(
            f"not valid JSON ({error})", where=str(path), fix="download the file again"
        ) from error
    if not isinstance(content, dict):
        raise CheckpointError("not a JSON object", where=str(path), fix="download the file again")
    return content


@contextmanager
def reading_config(path: Path) -> Iterator[None]:
    """Turn what a configuration lacks, or holds wrongly, into an error that names its file."""
    try:
        yield
    except KeyError as error:
        raise CheckpointError(
            f"the key {error} is missing",
            where=str(path),
            fix="take the configuration that was published with the weights",
        ) from error
    except InputError as error:
        raise CheckpointError(
            error.found, where=str(path), expected=error.expected, fix=error.fix
        ) from error
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"a value cannot be used ({error})",
            where=str(path),
            fix="take the configuration that was published with the weights",
        ) from error


def sha256(*paths: Path) -> str:
    """Hash of a file, or of several one after the other, in hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
