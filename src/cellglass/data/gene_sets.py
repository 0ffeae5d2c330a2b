"""Gene sets: GMT and decoupler tables, GO annotations, propagation along an ontology."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellglass.data.columns import choose_column
from cellglass.data.ontology import Ontology
from cellglass.data.tables import read_table, read_text
from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SET_COLUMNS = ("source", "set", "geneset", "gene_set", "term", "pathway", "cell type")
GENE_COLUMNS = ("target", "gene", "genesymbol", "gene_symbol", "symbol", "official gene symbol")
GAF_COLUMNS = 17
GAF_ASPECTS = {
    "P": "biological_process",
    "F": "molecular_function",
    "C": "cellular_component",
}


@dataclass(frozen=True)
class GeneSets:
    """Named sets of genes.

    Parameters
    ----------
    sets
        Genes of each set, in the order of the file, without repeats.
    descriptions
        Text of each set, where there is one.
    name
        Where they come from.
    version
        Release.
    notes
        What reading or propagating them did.

    Examples
    --------
    >>> s = GeneSets({"tcell": ("CD3E", "CD2")})
    >>> s.frame()["source"].tolist()
    ['tcell', 'tcell']
    """

    sets: Mapping[str, tuple[str, ...]]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    version: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sets)

    @property
    def genes(self) -> list[str]:
        """All genes, sorted."""
        return sorted({g for genes in self.sets.values() for g in genes})

    def frame(self) -> pd.DataFrame:
        """Long format of decoupler: source (set), target (gene), weight 1."""
        import pandas as pd

        rows = [(s, g, 1.0) for s, genes in self.sets.items() for g in genes]
        return pd.DataFrame(rows, columns=["source", "target", "weight"])

    def within(
        self, genes: Collection[str], *, smallest: int = 1, largest: int = 10**9
    ) -> GeneSets:
        """Restrict sets to the genes of a universe, then to sizes.

        Parameters
        ----------
        genes
            The universe.
        smallest, largest
            Sizes kept, after restriction.

        Returns
        -------
        GeneSets
        """
        known = set(genes)
        cut = {s: tuple(g for g in members if g in known) for s, members in self.sets.items()}
        kept = {s: m for s, m in cut.items() if smallest <= len(m) <= largest}
        sizes = f"{smallest} to {largest} of the {len(known):,} genes given"
        note = f"{len(kept):,} of {len(self):,} sets have {sizes}"
        return replace(self, sets=kept, notes=(*self.notes, note))

    def propagate(self, graph: Ontology) -> GeneSets:
        """Give every term the genes of the terms below it (is_a).

        Parameters
        ----------
        graph
            Ontology whose ids name the sets.

        Returns
        -------
        GeneSets
            Alternative ids go to the live term; sets of obsolete or unknown terms are left out and
            counted in `notes`. Genes are sorted, and so are the sets.

        Raises
        ------
        InputError
            If no set is a term of the graph.

        Examples
        --------
        >>> from cellglass.data.ontology import Term
        >>> graph = Ontology({"a": Term("root", "x", ()), "b": Term("leaf", "x", ("a",))})
        >>> GeneSets({"b": ("G",)}).propagate(graph).sets
        {'a': ('G',), 'b': ('G',)}
        """
        closed: dict[str, set[str]] = {}
        lost = []
        for name, genes in self.sets.items():
            term = graph.live(name)
            if term is None:
                lost.append(name)
                continue
            for above in (term, *graph.ancestors[term]):
                closed.setdefault(above, set()).update(genes)
        if not closed:
            raise InputError(
                f"none of {len(self):,} sets is a term of the ontology (such as "
                f"{', '.join(list(self.sets)[:3])})",
                where="propagate",
                expected=f"ids such as {', '.join(list(graph.terms)[:3])}",
            )
        sets = {t: tuple(sorted(closed[t])) for t in sorted(closed)}
        note = f"propagated along is_a: {len(self):,} sets became {len(sets):,}"
        if lost:
            note += f"; {len(lost):,} of obsolete or unknown terms were left out"
        descriptions = {t: graph.terms[t].name for t in sets}
        return replace(self, sets=sets, descriptions=descriptions, notes=(*self.notes, note))

    @classmethod
    def read(cls, path: str | Path, *, name: str | None = None) -> GeneSets:
        """Read gene sets, the format found out from the content.

        Parameters
        ----------
        path
            GMT (also Enrichr's, with an empty description, and Reactome's zip archive), GAF
            annotations, or a long table with a column of sets and one of genes.
        name
            What to call them; the file name by default.

        Returns
        -------
        GeneSets

        Raises
        ------
        InputError
            If the file holds no sets.
        """
        path = Path(path)
        label = name or path.name
        if path.is_file() and path.read_bytes()[:4] == b"PK\x03\x04":
            return replace(_parse_gmt(_gmt_member(path), path), name=label)
        if path.is_file() and path.read_bytes()[:4] == b"PAR1":
            return replace(_from_table(read_table(path)), name=label)
        text = read_text(path)
        if text.startswith("!gaf-version"):
            return read_gaf(path, name=label)
        first = text.split("\n", 1)[0].lower().split("\t" if "\t" in text[:5000] else ",")
        if set(first) & set(SET_COLUMNS) and set(first) & set(GENE_COLUMNS):
            return replace(_from_table(read_table(path)), name=label)
        return replace(_parse_gmt(text, path), name=label)


def _gmt_member(path: Path) -> str:
    """Return the GMT file of a zip archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            members = [n for n in archive.namelist() if n.lower().endswith(".gmt")]
            if len(members) == 1:
                return archive.read(members[0]).decode("utf-8-sig")
            raise InputError(
                f"the archive holds {len(members)} GMT files", where=str(path), expected="one"
            )
    except zipfile.BadZipFile as error:
        raise InputError(
            f"the archive is truncated or damaged: {error}",
            where=str(path),
            fix="fetch it again",
        ) from error


def _parse_gmt(text: str, path: Path) -> GeneSets:
    """Lines of name, description, genes; Enrichr may add ",weight" to a gene."""
    sets: dict[str, tuple[str, ...]] = {}
    descriptions: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        fields = [f.strip() for f in line.rstrip("\r").split("\t")]
        if len(fields) < 3:
            if any(fields):
                raise InputError(
                    f"line {number} has {len(fields)} fields",
                    where=str(path),
                    expected="GMT: name, description, genes, separated by tabs",
                )
            continue
        genes = tuple(dict.fromkeys(g.split(",")[0] for g in fields[2:] if g))
        name = fields[0]
        if name in sets and fields[1]:
            name = f"{name} ({fields[1]})"  # Reactome: the description is the id
        if name in sets:
            raise InputError(
                f"set '{name}' stands twice (line {number})",
                where=str(path),
                expected="unique names of sets",
            )
        if genes:
            sets[name] = genes
            descriptions[name] = fields[1]
    if not sets:
        raise InputError("no gene set was found", where=str(path), expected="a GMT file")
    return GeneSets(sets, descriptions)


def _from_table(frame: pd.DataFrame) -> GeneSets:
    source = choose_column(frame, None, SET_COLUMNS, "set")
    target = choose_column(frame, None, GENE_COLUMNS, "gene")
    return GeneSets(_collect(zip(frame[source], frame[target], strict=True)))


def _collect(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    members: dict[str, dict[str, None]] = {}
    for name, gene in pairs:
        if name and gene:
            members.setdefault(str(name), {})[str(gene)] = None
    return {name: tuple(genes) for name, genes in members.items()}


def read_gaf(
    path: str | Path,
    *,
    aspect: str | None = None,
    exclude_evidence: Collection[str] = ("ND",),
    name: str | None = None,
) -> GeneSets:
    """Read direct GO annotations of gene symbols from a GAF file.

    Parameters
    ----------
    path
        GAF 2.x, compressed or not.
    aspect
        ``"P"``, ``"F"`` or ``"C"``; all if None.
    exclude_evidence
        Evidence codes left out; ND ("no data") says that nothing is known.
    name
        What to call the sets.

    Returns
    -------
    GeneSets
        One set a term, direct annotations only: `GeneSets.propagate` adds those of terms below.
        Annotations qualified by NOT are left out and counted.

    Raises
    ------
    InputError
        If a line has too few fields or nothing is left.

    Notes
    -----
    Format: geneontology.org, GAF 2.2 (symbol in column 3, qualifier 4, term 5, evidence 7,
    aspect 9).

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.data.read_gaf("goa_human.gaf.gz", aspect="P").name  # doctest: +SKIP
    'goa_human'
    """
    path = Path(path)
    pairs, n_not, n_excluded = [], 0, 0
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip() or line.startswith("!"):
            continue
        fields = line.split("\t")
        if len(fields) < GAF_COLUMNS - 2:  # columns 16 and 17 are optional
            raise InputError(
                f"line {number} has {len(fields)} fields", where=str(path), expected="GAF 2.x"
            )
        if "NOT" in fields[3].split("|"):
            n_not += 1
        elif fields[6] in exclude_evidence:
            n_excluded += 1
        elif aspect is None or fields[8] == aspect:
            pairs.append((fields[4], fields[2]))
    sets = _collect(pairs)
    if not sets:
        wanted = "" if aspect is None else f" of aspect {aspect} ({GAF_ASPECTS.get(aspect, '?')})"
        raise InputError(f"no annotation{wanted} is left", where=str(path))
    notes = (f"left out: {n_not:,} qualified by NOT, {n_excluded:,} by evidence code",)
    return GeneSets(dict(sorted(sets.items())), name=name or path.name, notes=notes)
