"""Geneformer's dictionaries: tokens, medians, names, mapping; V1 (30M) and V2 (104M)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import CheckpointError
from cellglass.models.safe_files import load_dictionary
from cellglass.models.vocabulary import Vocabulary

Version = Literal["v1", "v2"]


@dataclass(frozen=True)
class Dictionaries:
    """What Geneformer needs to tokenise.

    Parameters
    ----------
    vocabulary
        Ensembl ids to tokens, with symbols for labels.
    medians
        Corpus non-zero median of each gene by token id; nan where there is none.
    aliases
        Symbols, aliases and old ids (upper case) to Ensembl ids of the vocabulary.
    version
        ``"v1"`` (no ``<cls>``/``<eos>``) or ``"v2"``.
    """

    vocabulary: Vocabulary
    medians: NDArray[np.float64]
    aliases: dict[str, str]
    version: Version


def find_folder(model_folder: Path, n_tokens: int) -> Path | None:
    """Find the folder with the token dictionary of a checkpoint.

    Looks in the checkpoint's folder, its ``dictionaries``, and where the published repository
    keeps them (``geneformer`` and ``geneformer/gene_dictionaries_30m`` beside the checkpoint).
    There, dictionaries of both versions lie side by side, and the smaller V2 one would fit into
    a V1 model: those beside the checkpoint must have as many tokens as the model.

    Parameters
    ----------
    model_folder
        The checkpoint.
    n_tokens
        Rows of its embedding table.
    """
    own, shared = _places(model_folder)
    for folder in own:
        if _find(folder, "token_dictionary"):
            return folder
    for folder in shared:
        path = _find(folder, "token_dictionary")
        if path is not None and 1 + max(load_dictionary(path).values(), default=-1) == n_tokens:
            return folder
    return None


def files_elsewhere(model_folder: Path, dictionaries: str | Path | None = None) -> list[Path]:
    """Files outside a checkpoint's folder that its tokens may come from.

    Both versions of a whole clone are named, as telling them apart needs the weights.

    Parameters
    ----------
    model_folder
        The checkpoint.
    dictionaries
        The folder that was named instead.
    """
    own, shared = _places(model_folder)
    if dictionaries is not None:
        folders: tuple[Path, ...] = (Path(dictionaries),)
    else:
        folders = () if any(_find(folder, "token_dictionary") for folder in own) else shared
    return sorted(p for folder in folders if folder.is_dir() for p in folder.glob("*.pkl"))


def _places(model_folder: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Folders of a checkpoint's own dictionaries, and of those of a whole clone."""
    clone = model_folder.parent / "geneformer"
    own = (model_folder, model_folder / "dictionaries", model_folder / "geneformer")
    return own, (clone, clone / "gene_dictionaries_30m")


def load_dictionaries(folder: Path, version: Version | None = None) -> Dictionaries:
    """Load the dictionaries of one folder.

    Parameters
    ----------
    folder
        With ``token_dictionary*.pkl``, ``gene_median_dictionary*.pkl`` and, where they are,
        ``gene_name_id_dict*.pkl`` and ``ensembl_mapping_dict*.pkl``.
    version
        Told by the special tokens when None.

    Raises
    ------
    CheckpointError
        If a file is missing or ambiguous, or belongs to the other version.
    UnsafeFileError
        If a pickle would construct anything but plain values.
    """
    tokens = {str(k): int(v) for k, v in load_dictionary(_required(folder, "token_dict")).items()}
    found: Version = "v2" if "<cls>" in tokens else "v1"
    if version is not None and version != found:
        raise CheckpointError(
            f"the token dictionary is of version {found}"
            f" ({'with' if found == 'v2' else 'without'} <cls> and <eos>)",
            where=str(folder),
            expected=f"version {version}",
            fix=f'pass version="{found}", or the folder of the other dictionaries',
        )
    median_file = load_dictionary(_required(folder, "gene_median"))
    names_path, mapping_path = _find(folder, "gene_name_id"), _find(folder, "ensembl_mapping")
    symbols = load_dictionary(names_path) if names_path else {}
    mapping = load_dictionary(mapping_path) if mapping_path else {}
    special = {k: v for k, v in tokens.items() if k.startswith("<") and k.endswith(">")}
    genes = {k: v for k, v in tokens.items() if k not in special}
    by_id: dict[str, str] = {}
    for symbol, gene in symbols.items():
        by_id.setdefault(str(gene), str(symbol))
    vocabulary = Vocabulary(genes, special, kind="ensembl", symbols=by_id)
    medians = np.full(vocabulary.n_embeddings, np.nan)
    for gene, token in genes.items():
        if gene in median_file:
            medians[token] = float(median_file[gene])
    return Dictionaries(vocabulary, medians, _aliases(symbols, mapping, genes), found)


def _aliases(
    symbols: dict[str, str], mapping: dict[str, str], genes: dict[str, int]
) -> dict[str, str]:
    """Names (upper case) to Ensembl ids: current symbols win over aliases of other genes."""
    aliases = {str(k).upper(): str(v) for k, v in mapping.items() if str(v) in genes}
    aliases |= {str(k).upper(): str(v) for k, v in symbols.items() if str(v) in genes}
    return aliases


def _find(folder: Path, stem: str) -> Path | None:
    """Return the one dictionary whose name starts with `stem`."""
    if not folder.is_dir():
        return None
    hits = [p for p in sorted(folder.iterdir())
            if p.name.startswith(stem) and p.suffix in (".pkl", ".json")]  # fmt: skip
    if len(hits) > 1:
        raise CheckpointError(
            f"{len(hits)} files start with '{stem}': {', '.join(h.name for h in hits)}",
            where=str(folder),
            fix="keep one version's dictionaries in a folder",
        )
    return hits[0] if hits else None


def _required(folder: Path, stem: str) -> Path:
    path = _find(folder, stem)
    if path is None:
        raise CheckpointError(
            f"no {stem}*.pkl",
            where=str(folder),
            expected="Geneformer's token_dictionary*.pkl and gene_median_dictionary*.pkl",
            fix="copy the dictionaries of the published repository beside the checkpoint",
        )
    return path
