"""The is_a graph of an ontology (Gene Ontology), and closing it upwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cellglass.data.tables import read_table, read_text
from cellglass.errors import InputError


@dataclass(frozen=True)
class Term:
    """One term: name, namespace, parents (is_a) and whether it is obsolete."""

    name: str
    namespace: str
    parents: tuple[str, ...]
    obsolete: bool = False


@dataclass(frozen=True)
class Ontology:
    """Terms and their is_a edges.

    Parameters
    ----------
    terms
        Term by id; obsolete terms have no parents.
    alternatives
        Alternative id to the id of the live term.
    version
        As the file states it.

    Raises
    ------
    InputError
        From `ancestors`, if the graph has a cycle.

    Examples
    --------
    >>> graph = Ontology({"a": Term("root", "x", ()), "b": Term("leaf", "x", ("a",))})
    >>> sorted(graph.ancestors["b"])
    ['a']
    """

    terms: Mapping[str, Term]
    alternatives: Mapping[str, str] = field(default_factory=dict)
    version: str = ""

    def __len__(self) -> int:
        return len(self.terms)

    def live(self, term: str) -> str | None:
        """Id of the live term meant by an id; None if there is none."""
        term = self.alternatives.get(term, term)
        found = self.terms.get(term)
        return None if found is None or found.obsolete else term

    @cached_property
    def ancestors(self) -> Mapping[str, frozenset[str]]:
        """All terms reached upwards along is_a, by term; the term itself is not among them."""
        done: dict[str, frozenset[str]] = {}
        for start in self.terms:
            self._close(start, done)
        return done

    def _close(self, start: str, done: dict[str, frozenset[str]]) -> None:
        """Depth-first without recursion; GO is deep enough to matter for user-made graphs."""
        stack, open_terms = [start], set()
        while stack:
            term = stack[-1]
            if term in done:
                stack.pop()
                continue
            parents = [p for p in self.terms[term].parents if p in self.terms]
            waiting = [p for p in parents if p not in done]
            if not waiting:
                above = frozenset(parents).union(*(done[p] for p in parents))
                done[term] = above
                open_terms.discard(term)
                stack.pop()
                continue
            open_terms.add(term)
            if any(p in open_terms for p in waiting):
                raise InputError(
                    f"the is_a graph has a cycle through {term}",
                    where="ontology",
                    expected="a graph without cycles (go-basic)",
                )
            stack.extend(waiting)

    @classmethod
    def read(cls, path: str | Path) -> Ontology:
        """Read OBO, or a table with columns id, name, namespace, obsolete, is_a.

        Parameters
        ----------
        path
            ``go-basic.obo``, or a TSV in which ``is_a`` holds parents separated by ``|``;
            compressed or not.

        Returns
        -------
        Ontology

        Raises
        ------
        InputError
            If the file holds no terms.
        """
        path = Path(path)
        text = read_text(path)
        found = _parse_obo(text) if "[Term]" in text else _parse_table(path)
        if not found.terms:
            raise InputError("no terms were found", where=str(path), expected="an OBO file")
        return found


def _parse_obo(text: str) -> Ontology:
    terms: dict[str, Term] = {}
    alternatives: dict[str, str] = {}
    header, *stanzas = text.split("\n[")
    version = next(
        (
            line.split(":", 1)[1].strip()
            for line in header.splitlines()
            if _is(line, "data-version")
        ),
        "",
    )
    for stanza in stanzas:
        if not stanza.startswith("Term]"):
            continue
        tags: dict[str, list[str]] = {}
        for line in stanza.splitlines()[1:]:
            key, found, value = line.partition(":")
            if found:
                tags.setdefault(key.strip(), []).append(value.split(" ! ")[0].strip())
        if "id" not in tags:
            continue
        term = tags["id"][0]
        obsolete = tags.get("is_obsolete", ["false"])[0] == "true"
        # an is_a value may carry a modifier in braces after the id
        parents = () if obsolete else tuple(p.split()[0] for p in tags.get("is_a", []) if p)
        terms[term] = Term(
            tags.get("name", [""])[0], tags.get("namespace", [""])[0], parents, obsolete
        )
        if not obsolete:
            alternatives.update(dict.fromkeys(tags.get("alt_id", []), term))
    return Ontology(terms, alternatives, version)


def _is(line: str, key: str) -> bool:
    return line.startswith(f"{key}:")


def _parse_table(path: Path) -> Ontology:
    frame = read_table(path)
    if not {"id", "is_a"} <= set(frame.columns):
        raise InputError(
            f"neither OBO nor a table of terms (columns {', '.join(frame.columns[:6])})",
            where=str(path),
            expected="OBO, or columns id, name, namespace, obsolete, is_a",
        )
    n = len(frame)
    obsolete = [v in ("1", "true", "True") for v in frame.get("obsolete", [""] * n)]
    parents = [tuple(p for p in v.split("|") if p) for v in frame["is_a"]]
    names = list(frame.get("name", [""] * n))
    spaces = list(frame.get("namespace", [""] * n))
    terms = {
        i: Term(name, space, () if dead else above, dead)
        for i, name, space, above, dead in zip(
            frame["id"], names, spaces, parents, obsolete, strict=True
        )
    }
    return Ontology(terms)
