"""Loading references: by name from the cache, or from any file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from cellglass._options import check_options
from cellglass.data.cache import cached, folder_of, read_record
from cellglass.data.catalogue import CATALOGUE, Resource
from cellglass.data.downloads import NotFetched
from cellglass.data.gene_sets import GeneSets, read_gaf
from cellglass.data.gene_table import GeneTable
from cellglass.data.network import Network
from cellglass.data.ontology import Ontology
from cellglass.errors import InputError, nearest


def _locate(
    name_or_path: str | Path, reader: str, cache: str | Path | None
) -> tuple[Path, Resource | None]:
    """Path of a file, and its entry in the catalogue if it is from there."""
    text = str(name_or_path)
    if text in CATALOGUE:
        resource = CATALOGUE[text]
        if resource.reader != reader:
            fitting = [r.name for r in CATALOGUE.values() if r.reader == reader]
            raise InputError(
                f"'{text}' holds no {reader.replace('_', ' ')}",
                where="name",
                expected=", ".join(fitting),
            )
        path = cached(text, cache=cache)
        if path is None:
            raise NotFetched(
                f"'{text}' ({resource.title}) has not been fetched",
                where=str(folder_of(text, cache)),
                fix=f"run: cellglass data fetch {text}",
            )
        return path, resource
    path = Path(text)
    if not path.exists():
        known = [r.name for r in CATALOGUE.values() if r.reader == reader]
        raise InputError(
            f"'{text}' is neither a file nor a name in the catalogue",
            where=reader.replace("_", " "),
            fix=nearest(text, known),
        )
    return path, None


def load_network(
    name_or_path: str | Path, *, cache: str | Path | None = None, **options: Any
) -> Network:
    """Load a reference network.

    Parameters
    ----------
    name_or_path
        Name in the catalogue (``"trrust"``, ``"collectri"``, ``"dorothea"``, ``"string"``), which
        must have been fetched, or a file.
    cache
        Folder of the cache.
    **options
        Passed to `Network.read`.

    Returns
    -------
    Network

    Raises
    ------
    NotFetched
        If the name is in the catalogue but not in the cache: the command that fetches it is given.
    InputError
        If it is neither a file nor a name, or there is no such option.
    NetworkError
        If the file cannot be read as a network.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.data.load_network("collectri").name  # doctest: +SKIP
    'collectri'
    """
    check_options(Network.read, options, where=f"options of the network {name_or_path}")
    path, resource = _locate(name_or_path, "network", cache)
    if resource is None:
        return Network.read(path, **options)
    network = Network.read(path, **{"name": resource.name, **options})
    return replace(network, version=resource.version, licence=resource.licence)


def load_gene_sets(
    name_or_path: str | Path, *, cache: str | Path | None = None, aspect: str | None = None
) -> GeneSets:
    """Load gene sets; those of the Gene Ontology are propagated along is_a.

    Parameters
    ----------
    name_or_path
        ``"go"``, ``"reactome"``, or a file.
    cache
        Folder of the cache.
    aspect
        For ``"go"``: ``"P"``, ``"F"`` or ``"C"``.

    Returns
    -------
    GeneSets

    Raises
    ------
    NotFetched, InputError
        As `load_network`.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.data.load_gene_sets("go", aspect="P").name  # doctest: +SKIP
    'go'
    """
    path, resource = _locate(name_or_path, "gene_sets", cache)
    if resource is None:
        return GeneSets.read(path)
    if resource.name != "go":
        return replace(GeneSets.read(path, name=resource.name), version=resource.version)
    ontology = next(path.parent / n for n in read_record(path.parent) if n.endswith(".obo"))
    sets = read_gaf(path, aspect=aspect, name=resource.name).propagate(Ontology.read(ontology))
    return replace(sets, version=resource.version)


def load_gene_table(
    name_or_path: str | Path = "hgnc", *, cache: str | Path | None = None
) -> GeneTable:
    """Load symbols, aliases and Ensembl ids.

    Parameters
    ----------
    name_or_path
        ``"hgnc"``, or a file.
    cache
        Folder of the cache.

    Returns
    -------
    GeneTable

    Raises
    ------
    NotFetched, InputError
        As `load_network`.

    Examples
    --------
    >>> import cellglass as cg
    >>> table = cg.data.load_gene_table("hgnc_complete_set.txt")  # doctest: +SKIP
    """
    return GeneTable.from_files(_locate(name_or_path, "gene_table", cache)[0])
