"""Gene sets of a study: found, propagated along the ontology where it is at hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cellglass.data import CATALOGUE, GeneSets, Ontology, cached, load_gene_sets
from cellglass.errors import InputError
from cellglass.runs.keys import digest, file_digest
from cellglass.runs.study import Study

GO_ID = re.compile(r"GO:\d{7}")
GRAPHS = ("go-basic.obo*", "go_basic*", "go.obo*")
"""Files beside a file of GO sets that are taken for the ontology."""
EXPECTED = {
    "ontology": "go-basic.obo or a table of is_a links",
    "older": "a GMT file or set-gene table of an earlier edition",
}


def gene_set_params(study: Study) -> tuple[list[dict[str, Any]], list[str]]:
    """What tasks need to load the gene sets of a study.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    list of dict, list of str
        Those at hand, with the hashes of their files and of the ontology; and a sentence for each
        that is not.
    """
    found, missing = [], []
    for config in study.gene_sets:
        path = cached(config.source) if config.source in CATALOGUE else Path(config.source)
        if path is None or not path.is_file():
            how = (
                f"cellglass data fetch {config.source}"
                if config.source in CATALOGUE
                else f"there is no file {config.source}"
            )
            missing.append(f"Gene sets {config.label} were not used: {how}.")
            continue
        graph, older = _named("ontology", config.ontology), _named("older", config.older)
        graph = graph or ontology_beside(path)
        found.append(
            {
                "source": config.source,
                "name": config.label,
                "graph": None if graph is None else str(graph),
                "aspect": config.aspect,
                "older": None if older is None else str(older),
                "sha256": digest([f and file_digest(f) for f in (path, graph, older)]),
            }
        )
    return found, missing


def ontology_beside(path: Path) -> Path | None:
    """The Gene Ontology graph in the folder of a file, or that of the cache.

    Parameters
    ----------
    path
        A file of gene sets.

    Returns
    -------
    pathlib.Path or None
        None where there is none.
    """
    for folder in (path.parent, _cached_folder()):
        if folder is None or not folder.is_dir():
            continue
        for pattern in GRAPHS:
            hits = sorted(folder.glob(pattern))
            if hits:
                return hits[0]
    return None


def _named(key: str, file: str | None) -> Path | None:
    """A file that the study names beside its sets; None where it names none."""
    if file is None:
        return None
    path = Path(file)
    if not path.is_file():
        raise InputError(
            "there is no such file", where=f"gene_sets, {key} {file}", expected=EXPECTED[key]
        )
    return path


def _cached_folder() -> Path | None:
    held = cached("go")
    return None if held is None else held.parent


def open_gene_sets(params: Mapping[str, Any]) -> tuple[GeneSets, str]:
    """Load gene sets; those named by GO ids are closed along the ontology.

    Parameters
    ----------
    params
        One of `gene_set_params`.

    Returns
    -------
    GeneSets, str
        The sets, and a sentence on propagation; empty for sets that are no GO terms.
    """
    source, name = params["source"], params["name"]
    if source == "go":
        kind = {"P": "process", "F": "function", "C": "component"}[params["aspect"]]
        sets = load_gene_sets(source, aspect=params["aspect"])
        return sets, f"{name}: GO {kind} terms, propagated."
    sets = load_gene_sets(source)
    if not is_go(sets):
        return sets, ""
    if params["graph"] is None:
        return sets, (
            f"{name}: direct annotations only. Put go-basic.obo beside the file, or run cellglass "
            "data fetch go, and terms get the genes of the terms below them."
        )
    graph = Path(params["graph"])
    closed = sets.propagate(Ontology.read(graph))
    return closed, f"{name}: {closed.notes[-1]} ({graph.name})."


def is_go(sets: GeneSets) -> bool:
    """Whether the sets are named by GO ids.

    Parameters
    ----------
    sets
        Gene sets.

    Examples
    --------
    >>> is_go(GeneSets({"GO:0000001": ("A",)})), is_go(GeneSets({"HALLMARK_X": ("A",)}))
    (True, False)
    """
    named = sum(GO_ID.fullmatch(name) is not None for name in sets.sets)
    return named > 0.9 * len(sets)
