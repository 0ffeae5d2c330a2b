"""Dictionaries to and from EleutherAI's sparsify, by its file layout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cellglass.errors import InputError, located

from .dictionary import Dictionary, DictionaryKind
from .exchange import NOTE, check_input, known_of, note_of, noted_transform, read_pair, take
from .exchange import write_pair as _write_pair
from .folding import RawWeights, from_raw, to_raw

WEIGHTS = "sae.safetensors"


def to_sparsify(
    dictionary: Dictionary, folder: str | Path, *, normalised_input: bool = False
) -> Path:
    """Write a dictionary so that ``sparsify.SparseCoder.load_from_disk(folder)`` loads it.

    Parameters
    ----------
    dictionary
        Of kind Top-K or Matryoshka: sparsify keeps the k largest of a cell and nothing else.
    folder
        New, or an earlier export.
    normalised_input
        See `to_saelens`.

    Returns
    -------
    pathlib.Path
        The folder: ``cfg.json`` and ``sae.safetensors``, the layout of eai-sparsify 1.3.3.

    Raises
    ------
    InputError
        If the dictionary is of another kind, reads normalised embeddings without
        `normalised_input`, or the folder holds something else.

    Notes
    -----
    Folded as in `to_saelens`. ``normalize_decoder`` is off, because decoder rows carry the scale
    of the embeddings: training on with it would rescale the reconstruction.

    Examples
    --------
    >>> to_sparsify(dictionary, "exported")  # doctest: +SKIP
    """
    if dictionary.kind not in ("topk", "matryoshka"):
        raise InputError(
            f"a dictionary of kind '{dictionary.kind}'",
            where="to_sparsify",
            expected="topk or matryoshka: sparsify has no thresholds, it keeps k concepts a cell",
            fix="export it with to_saelens",
        )
    check_input(dictionary, normalised_input=normalised_input)
    raw = to_raw(dictionary)
    tensors = {
        "encoder.weight": raw.encoder,
        "encoder.bias": raw.encoder_bias,
        "W_dec": raw.decoder,
        "b_dec": raw.bias,
    }
    config = {
        "activation": "topk",
        "expansion_factor": max(1, dictionary.n_concepts // dictionary.width),
        "normalize_decoder": False,
        "num_latents": dictionary.n_concepts,
        "k": dictionary.k,
        "multi_topk": False,
        "skip_connection": False,
        "transcode": False,
        "d_in": dictionary.width,
        NOTE: note_of(dictionary),
    }
    return _write_pair(Path(folder), WEIGHTS, tensors, config)


def from_sparsify(folder: str | Path) -> Dictionary:
    """Read a dictionary that sparsify, or `to_sparsify`, wrote.

    Parameters
    ----------
    folder
        With ``cfg.json`` and ``sae.safetensors``, of one hook point.

    Returns
    -------
    Dictionary
        Of kind Top-K; its codes are sparsify's.

    Raises
    ------
    InputError
        If the folder holds no such files, or something that our dictionaries have no place for:
        GroupMax, a transcoder, a skip connection, decoder rows of different norms.
    CheckpointError
        If files are damaged or shapes disagree.

    Examples
    --------
    >>> from_sparsify("exported").encode(embedding)  # doctest: +SKIP
    """
    folder = Path(folder)
    config, tensors = read_pair(folder, WEIGHTS, package="sparsify")
    with located(folder):
        _refuse(config)
        names = ("encoder.weight", "encoder.bias", "W_dec", "b_dec")
        raw = RawWeights(*(take(tensors, name, folder) for name in names))
        note = config.get(NOTE)
        transform = noted_transform(note, raw.decoder.shape[1])
        unit = from_raw(raw, transform, selects=True)
        groups = (note or {}).get("groups")
        kind: DictionaryKind = (
            "matryoshka" if note is not None and note["kind"] == "matryoshka" else "topk"
        )
        w = unit.weights
        return Dictionary(
            kind, w.encoder, w.encoder_bias, w.decoder, w.bias, unit.transform,
            k=int(config["k"]), groups=None if groups is None else tuple(groups),
            meta=known_of(note, folder / WEIGHTS, {"format": "sparsify"}),
        )  # fmt: skip


def _refuse(config: Mapping[str, Any]) -> None:
    """Say what our dictionaries have no place for."""
    activation = config.get("activation", "topk")
    if activation != "topk":
        raise InputError(
            f"activation '{activation}'", where="cfg.json",
            expected="'topk': GroupMax keeps one concept of each group, which no kind here does",
        )  # fmt: skip
    if config.get("transcode"):
        raise InputError(
            "a transcoder, which maps one state of a model to another",
            where="cfg.json",
            expected="an auto-encoder of embeddings",
        )
    if config.get("skip_connection"):
        raise InputError(
            "a skip connection", where="cfg.json",
            expected="none: a reconstruction is what the concepts say",
        )  # fmt: skip
