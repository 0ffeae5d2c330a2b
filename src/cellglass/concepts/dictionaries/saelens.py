"""Dictionaries to and from SAELens, by its file layout; the package itself is not needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError, located

from .dictionary import Dictionary, DictionaryKind
from .exchange import NOTE, check_input, known_of, note_of, noted_transform, read_pair, take
from .exchange import write_pair as _write_pair
from .folding import RawWeights, from_raw, to_raw

LAYOUT = "6.54.12"  # the release of SAELens whose layout is written; 6.x reads it
WEIGHTS = "sae_weights.safetensors"
ARCHITECTURE = {
    "topk": "topk",
    "matryoshka": "topk",
    "batchtopk": "jumprelu",
    "jumprelu": "jumprelu",
    "l1": "standard",
}
TRAINING = ("batchtopk", "matryoshka_batchtopk")  # what SAELens itself saves as jumprelu


def to_saelens(
    dictionary: Dictionary, folder: str | Path, *, normalised_input: bool = False
) -> Path:
    """Write a dictionary so that ``sae_lens.SAE.load_from_disk(folder)`` loads it.

    Parameters
    ----------
    dictionary
        Any kind. Top-K and Matryoshka become ``topk``; BatchTopK and JumpReLU ``jumprelu``, which
        is what SAELens makes of its own BatchTopK; L1 becomes ``standard``.
    folder
        New, or an earlier export.
    normalised_input
        Say yes to a dictionary of embeddings that were divided by their norm: the exported one
        then has to be given normalised embeddings.

    Returns
    -------
    pathlib.Path
        The folder: ``cfg.json`` and ``sae_weights.safetensors``.

    Raises
    ------
    InputError
        If the dictionary reads normalised embeddings and `normalised_input` is not set, or the
        folder holds something else.

    Notes
    -----
    Centring and scale are folded: ``W_enc = scale * encoder.T``, ``b_dec = mean + bias / scale``
    (which SAELens subtracts first: ``apply_b_dec_to_input``), ``W_dec = decoder / scale``. Codes
    of raw embeddings are ours. The transform, the groups of a Matryoshka dictionary and `meta`
    go into the metadata, where `from_saelens` finds them.

    Examples
    --------
    >>> to_saelens(dictionary, "exported")  # doctest: +SKIP
    >>> sae_lens.SAE.load_from_disk("exported").encode(torch.tensor(h))  # doctest: +SKIP
    """
    check_input(dictionary, normalised_input=normalised_input)
    raw = to_raw(dictionary)
    architecture = ARCHITECTURE[dictionary.kind]
    tensors = {
        "W_enc": raw.encoder.T,
        "b_enc": raw.encoder_bias,
        "W_dec": raw.decoder,
        "b_dec": raw.bias,
    }
    config: dict[str, Any] = {
        "architecture": architecture,
        "d_in": dictionary.width,
        "d_sae": dictionary.n_concepts,
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": True,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {
            "sae_lens_version": LAYOUT,
            "sae_lens_training_version": None,
            "model_name": dictionary.meta.get("model"),
            "hook_name": "cell embedding",
            NOTE: note_of(dictionary),
        },
    }
    if architecture == "topk":
        config |= {"k": dictionary.k, "rescale_acts_by_decoder_norm": False}
    elif raw.threshold is not None:
        tensors["threshold"] = raw.threshold
    return _write_pair(Path(folder), WEIGHTS, tensors, config)


def from_saelens(folder: str | Path) -> Dictionary:
    """Read a dictionary that SAELens, or `to_saelens`, wrote.

    Parameters
    ----------
    folder
        With ``cfg.json`` and ``sae_weights.safetensors``; architectures ``topk``, ``jumprelu``,
        ``standard``, and checkpoints of ``batchtopk`` and ``matryoshka_batchtopk`` in training.

    Returns
    -------
    Dictionary
        Its codes are SAELens's. Where decoder rows have different norms, they are those after
        SAELens's own ``fold_W_dec_norm()``: code times norm (``meta["imported"]`` says so).

    Raises
    ------
    InputError
        If the folder holds no such files, or something that our dictionaries have no place for:
        another architecture, activations normalised one by one, a Top-K choice among decoder
        rows of different norms.
    CheckpointError
        If files are damaged or shapes disagree.

    Examples
    --------
    >>> from_saelens("exported").encode(embedding)  # doctest: +SKIP
    """
    folder = Path(folder)
    config, tensors = read_pair(folder, WEIGHTS, package="SAELens 6")
    with located(folder):
        _refuse(config)
        architecture = str(config["architecture"])
        raw = _raw(config, tensors, folder, architecture)
        note = (config.get("metadata") or {}).get(NOTE)
        transform = noted_transform(note, raw.decoder.shape[1])
        by_norm = bool(config.get("rescale_acts_by_decoder_norm", architecture in TRAINING))
        unit = from_raw(
            raw, transform,
            selects=architecture == "topk",
            selects_by_norm=by_norm and architecture != "jumprelu",
            threshold_by_norm=by_norm and architecture in TRAINING,
        )  # fmt: skip
        kind, k, groups = _kind(config, note, architecture)
        imported = {
            "format": "SAELens",
            "version": (config.get("metadata") or {}).get("sae_lens_version"),
            "architecture": architecture,
            "norms_folded": unit.norms_folded,
        }
        w = unit.weights
        return Dictionary(
            kind, w.encoder, w.encoder_bias, w.decoder, w.bias, unit.transform,
            k=k, threshold=w.threshold, groups=groups,
            meta=known_of(note, folder / WEIGHTS, imported),
        )  # fmt: skip


def _refuse(config: Mapping[str, Any]) -> None:
    """Say what our dictionaries have no place for."""
    known = {*ARCHITECTURE.values(), *TRAINING}
    architecture = config.get("architecture")
    if architecture not in known:
        raise InputError(
            f"architecture {architecture!r}", where="cfg.json",
            expected=f"one of {', '.join(sorted(known))}",
        )  # fmt: skip
    normalised = config.get("normalize_activations", "none")
    if normalised == "expected_average_only_in":
        raise InputError(
            "the average norm by which SAELens scales activations is not in the file",
            where="cfg.json",
            fix="in SAELens call fold_activation_norm_scaling_factor(factor), then save again",
        )
    if normalised != "none":
        raise InputError(
            f"normalize_activations is '{normalised}'",
            where="cfg.json",
            expected="'none': our dictionaries centre and scale all cells alike",
            fix="retrain without it, or fold it in SAELens where it can (covariance_whitening)",
        )
    if config.get("reshape_activations", "none") != "none":
        raise InputError(
            f"reshape_activations is '{config['reshape_activations']}'", where="cfg.json",
            expected="'none': an embedding is one vector a cell",
        )  # fmt: skip


def _raw(
    config: Mapping[str, Any],
    tensors: Mapping[str, NDArray[np.float32]],
    folder: Path,
    architecture: str,
) -> RawWeights:
    encoder = take(tensors, "W_enc", folder).T
    bias = take(tensors, "b_dec", folder)
    encoder_bias = take(tensors, "b_enc", folder)
    if not config.get("apply_b_dec_to_input", True):
        # h W + b = (h - b_dec) W + (b + b_dec W)
        shift = encoder.astype(np.float64) @ bias.astype(np.float64)
        encoder_bias = (encoder_bias + shift).astype(np.float32)
    threshold = None
    if architecture == "jumprelu":
        threshold = (
            np.exp(tensors["log_threshold"])
            if "log_threshold" in tensors
            else take(tensors, "threshold", folder)
        )
    elif architecture in TRAINING:
        level = float(take(tensors, "topk_threshold", folder))
        threshold = np.full(len(encoder_bias), level, np.float32)
    return RawWeights(encoder, encoder_bias, take(tensors, "W_dec", folder), bias, threshold)


def _kind(
    config: Mapping[str, Any], note: Any, architecture: str
) -> tuple[DictionaryKind, int | None, tuple[int, ...] | None]:
    """Kind, k and groups: those exported, where the architecture is still the same."""
    if note is not None and ARCHITECTURE[note["kind"]] == architecture:
        groups = note.get("groups")
        k = config["k"] if architecture == "topk" else note.get("k")
        return note["kind"], k, None if groups is None else tuple(groups)
    if architecture in TRAINING:
        widths = config.get("matryoshka_widths")
        return "batchtopk", round(float(config["k"])), tuple(widths) if widths else None
    if architecture == "topk":
        return "topk", int(config["k"]), None
    return "jumprelu" if architecture == "jumprelu" else "l1", None, None
