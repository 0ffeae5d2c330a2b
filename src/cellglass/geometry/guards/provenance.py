"""Where features and labels come from, and whether they share a source."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellglass._words import listed
from cellglass.errors import InputError, nearest

from .guard import GuardResult

if TYPE_CHECKING:
    from cellglass.data.network import Network


@dataclass(frozen=True)
class Source:
    """Something that features or labels can be made of.

    Attributes
    ----------
    tag
        Its name.
    holds
        Sources that it took in, wholly or in part.
    literature
        Whether people or programs read it out of articles: two such sources know the same
        articles without one holding the other.
    note
        Why.
    """

    tag: str
    holds: tuple[str, ...] = ()
    literature: bool = False
    note: str = ""


_TABLE = (
    Source("model", note="states, attention or weights of the model that is judged"),
    Source("tokens", note="static token embeddings of a model"),
    Source("expression", note="the user's cells: means, variances, detection, correlation"),
    Source("perturbation", note="measured responses to perturbation"),
    Source("sequence", note="binding motifs, promoters, protein sequences"),
    Source("tfs", literature=True, note="lists of transcription factors"),
    Source("training labels", note="labels of training rows alone, refitted in every fold"),
    Source("trrust", literature=True, note="TRRUST: sentences of abstracts (Han et al. 2018)"),
    Source(
        "dorothea", ("trrust",), literature=True,
        note="DoRothEA: curated databases, TRRUST among them, besides ChIP-seq, motifs and "
        "co-expression (Garcia-Alonso et al. 2019)",
    ),
    Source(
        "collectri", ("trrust", "dorothea", "signor"), literature=True,
        note="CollecTRI: twelve collections, with TRRUST, DoRothEA A and SIGNOR "
        "(Mueller-Dott et al. 2023)",
    ),
    Source(
        "omnipath", ("trrust", "dorothea", "collectri", "signor"), literature=True,
        note="OmniPath: a collection of collections; its transcriptional part serves DoRothEA "
        "and CollecTRI (Tuerei et al. 2021)",
    ),
    Source(
        "string", ("kegg", "reactome", "go"), literature=True,
        note="STRING: text mining, and pathways and complexes of other databases "
        "(Szklarczyk et al. 2023)",
    ),
    Source("signor", literature=True, note="SIGNOR: curated causal interactions"),
    Source("kegg", literature=True, note="KEGG pathways"),
    Source("reactome", literature=True, note="Reactome pathways"),
    Source("go", literature=True, note="Gene Ontology annotations"),
)  # fmt: skip
SOURCES: Mapping[str, Source] = {s.tag: s for s in _TABLE}
"""Known sources by tag, and what each holds."""


def closure(tags: Collection[str], extra: Mapping[str, Collection[str]] | None = None) -> set[str]:
    """Return tags with everything that their sources hold.

    Parameters
    ----------
    tags
        Names of sources.
    extra
        Sources of the user's own: what each holds.

    Returns
    -------
    set of str
        The tags, and those of all sources held by them, at any depth.

    Raises
    ------
    InputError
        If a tag is in neither table: a misspelt one would overlap with nothing.

    Examples
    --------
    >>> sorted(closure(["dorothea", "model"]))
    ['dorothea', 'model', 'trrust']
    >>> sorted(closure(["our atlas"], {"our atlas": ["string"]}))
    ['go', 'kegg', 'our atlas', 'reactome', 'string']
    """
    known = {**{t: s.holds for t, s in SOURCES.items()}, **(extra or {})}
    found: set[str] = set()
    waiting = list(tags)
    while waiting:
        tag = waiting.pop()
        if tag not in known:
            raise InputError(
                f"there is no source {tag!r}", where="provenance",
                expected="a tag of cellglass.geometry.guards.provenance.SOURCES, or of `extra`",
                fix=nearest(tag, known),
            )  # fmt: skip
        if tag not in found:
            found.add(tag)
            waiting.extend(known[tag])
    return found


def source_tag(name: str) -> str | None:
    """Guess the source that a network's name means.

    Parameters
    ----------
    name
        Such as ``"TRRUST v2"`` or a file name.

    Returns
    -------
    str or None
        The tag in the name; None where there is none, or more than one.

    Examples
    --------
    >>> source_tag("trrust_rawdata.human.tsv"), source_tag("my edges")
    ('trrust', None)
    """
    databases = [t for t, s in SOURCES.items() if s.literature and t not in ("go", "tfs")]
    found = [t for t in databases if t in name.lower()]
    return found[0] if len(found) == 1 else None


def provenance_overlap(
    tags: Collection[str],
    labels: Collection[str],
    name: str = "feature",
    *,
    extra: Mapping[str, Collection[str]] | None = None,
    networks: Mapping[str, Network] | None = None,
) -> GuardResult:
    """Refuse a feature that shares a source with the labels.

    Parameters
    ----------
    tags
        Sources of the feature, at least one; see `SOURCES`.
    labels
        Sources of the labels.
    name
        Of the feature, for the sentence.
    extra
        Sources of the user's own: what each holds.
    networks
        Networks by tag: of those that the feature and the labels name, the overlap of edges is
        measured and told.

    Returns
    -------
    GuardResult
        G2: failed where a source stands, directly or held by another, on both sides; with a
        warning where both were read out of articles.

    Raises
    ------
    InputError
        If a tag is unknown or either side has none.

    Examples
    --------
    >>> provenance_overlap(["dorothea", "model"], ["trrust"], "prior").detail
    'prior and the labels share trrust (dorothea holds trrust)'
    >>> provenance_overlap(["model"], ["trrust"], "distance").state
    'passed'
    """
    for side, given in ((name, tags), ("the labels", labels)):
        if isinstance(given, str) or not given:
            raise InputError(
                f"{side}: provenance is {given!r}", where="provenance",
                expected="at least one tag", fix='such as ["model"] or ["trrust"]',
            )  # fmt: skip
    mine, theirs = closure(tags, extra), closure(labels, extra)
    shared = sorted(mine & theirs)
    detail = f"{name} ({listed(sorted(tags))}) and the labels ({listed(sorted(labels))}) share none"
    if shared:
        held = _who_holds(tags, labels, shared, extra)
        detail = f"{name} and the labels share {listed(shared)}" + (f" ({held})" if held else "")
    measured = [
        str(measured_overlap(networks[a], networks[b]))
        for a in sorted(tags)
        for b in sorted(labels)
        if networks and a != b and a in networks and b in networks
    ]
    read = [t for t in mine if t in SOURCES and SOURCES[t].literature]
    also = [t for t in theirs if t in SOURCES and SOURCES[t].literature]
    warning = ""
    if read and also and not shared:
        both = listed(sorted({*read, *also} & {*tags, *labels}) or sorted({*read, *also}))
        warning = f"{both} were read out of articles, perhaps the same ones"
    return GuardResult.of(
        "G2", failed=bool(shared), detail="; ".join([detail, *measured]), warning=warning
    )


def _who_holds(
    tags: Collection[str],
    labels: Collection[str],
    shared: Collection[str],
    extra: Mapping[str, Collection[str]] | None,
) -> str:
    """Which named sources hold the shared ones."""
    told = []
    for tag in sorted({*tags, *labels}):
        held = sorted((closure([tag], extra) - {tag}) & set(shared))
        told += [f"{tag} holds {listed(held)}"] if held else []
    return ", ".join(told)


@dataclass(frozen=True)
class MeasuredOverlap:
    """Edges that two networks share, among the pairs that both could hold.

    Attributes
    ----------
    first, second
        Names of the networks.
    n_first, n_second, n_shared
        Edges from sources of both to targets of both.
    expected
        Shared edges that two random networks of these sizes would have.
    """

    first: str
    second: str
    n_first: int
    n_second: int
    n_shared: int
    expected: float

    def __str__(self) -> str:
        if not self.n_first or not self.n_second:
            return f"{self.first} and {self.second} have no source or target in common"
        return (
            f"of {self.n_first:,} edges of {self.first} among their common genes "
            f"{self.n_shared / self.n_first:.1%} are in {self.second}, and "
            f"{self.n_shared / self.n_second:.1%} the other way; chance would share "
            f"{self.expected:.1f} and there are {self.n_shared:,}"
        )


def measured_overlap(first: Network, second: Network) -> MeasuredOverlap:
    """Count the edges that two networks share.

    Parameters
    ----------
    first, second
        The networks; an undirected edge counts in both directions.

    Returns
    -------
    MeasuredOverlap
        Restricted to regulators and genes that both networks have.

    Examples
    --------
    >>> import pandas as pd
    >>> from cellglass.data import Network
    >>> rows = pd.DataFrame({"source": ["A", "A", "B"], "target": ["X", "Y", "X"]})
    >>> both = measured_overlap(
    ...     Network.from_frame(rows, name="n"), Network.from_frame(rows[:2], name="m")
    ... )
    >>> both.n_first, both.n_second, both.n_shared, both.expected
    (2, 2, 2, 2.0)
    """
    one, other = first.directed_pairs(), second.directed_pairs()
    sources = {s for s, _ in one} & {s for s, _ in other}
    targets = {t for _, t in one} & {t for _, t in other}
    one = {p for p in one if p[0] in sources and p[1] in targets}
    other = {p for p in other if p[0] in sources and p[1] in targets}
    possible = len(sources) * len(targets) - len(sources & targets)
    return MeasuredOverlap(
        first.name, second.name, len(one), len(other), len(one & other),
        len(one) * len(other) / possible if possible else 0.0,
    )  # fmt: skip
