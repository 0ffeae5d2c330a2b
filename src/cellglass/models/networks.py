"""Reference networks of a study: each file is parsed once in a process, however often asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cellglass.data import CATALOGUE, Network, cached, load_network
from cellglass.runs.keys import digest, file_digest

MAX_HELD = 8

_held: OrderedDict[str, Network] = OrderedDict()


def held_network(source: str, options: Mapping[str, Any]) -> Network:
    r"""Load a network, or return the one that was loaded from the same content before.

    Parameters
    ----------
    source
        Name in the catalogue or path.
    options
        Options of the reader.

    Returns
    -------
    Network
        Shared: do not change its frame.

    Raises
    ------
    NotFetched, InputError, NetworkError
        See `cellglass.data.load_network`; nothing is held then.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "edges.tsv"
    ...     _ = path.write_text("source\ttarget\nA\tB\n")
    ...     held_network(str(path), {}) is held_network(str(path), {})
    True
    """
    key = _key(source, options)
    if key is None:
        return load_network(source, **options)  # says what is missing
    if key not in _held:
        _held[key] = load_network(source, **options)
        while len(_held) > MAX_HELD:
            _held.popitem(last=False)
    _held.move_to_end(key)
    return _held[key]


def _key(source: str, options: Mapping[str, Any]) -> str | None:
    """Path, content and options, with the content of a second file; None where there is no file."""
    path = cached(source) if source in CATALOGUE else Path(source)
    if path is None or not path.is_file():
        return None
    second = options.get("protein_info")
    beside = file_digest(second) if second and Path(str(second)).is_file() else ""
    return digest([source, str(path.resolve()), file_digest(path), beside, dict(options)])
