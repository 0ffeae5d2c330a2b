"""What a reader should know about how the labels of a screen were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from cellglass._words import plural
from cellglass.data.screens.labels import PerturbationLabel, guide_number, names_no_gene

NAMED = 5


def label_notes(parsed: Mapping[str, PerturbationLabel], genes: Collection[str]) -> list[str]:
    """Say which labels may mean something else than what they were read as.

    Parameters
    ----------
    parsed
        The labels.
    genes
        Names of the measured genes.

    Returns
    -------
    list of str
        Sentences; none where all labels are clear.

    Examples
    --------
    >>> from cellglass.data.screens.labels import parse_labels
    >>> found = parse_labels(["NTC", "AAVS1", "A", "B", "A_Q"], measured={"A", "B"})
    >>> [note.partition(":")[0] for note in label_notes(found, {"A", "B"})]
    ["1 label ('A_Q') read as the name of one gene", "cells labelled 'AAVS1' were left out"]
    """
    measured = set(genes)
    notes = []
    numbered = _numbered(parsed, measured)
    joined = [
        text
        for text, p in parsed.items()
        if text not in numbered and p.kind == "single" and _joined(p.genes[0], measured)
    ]
    if joined:
        notes.append(
            f"{len(joined):,} {plural('label', len(joined))} ({shown(joined)}) read as the name of "
            "one gene: not all parts are genes that are measured or perturbed alone, or a dash "
            "joins them; where several are meant, write them as A+B"
        )
    if numbered:
        stems = sorted(set(numbered.values()))
        name = "that name" if len(numbered) == 1 else "those names"
        notes.append(
            f"{len(numbered):,} {plural('label', len(numbered))} ({shown(list(numbered))}) read as "
            f"{plural('gene', len(numbered))} of {name}: {shown(stems)} being unmeasured, the "
            "number may be a part of the name; where it is a guide's, write the gene alone"
        )
    no_genes = stand_ins(parsed, measured)
    if no_genes:
        controls = [text for text, p in parsed.items() if p.kind == "control"]
        both = ", ".join([*controls, *no_genes])
        notes.append(
            f"cells labelled {shown(no_genes)} were left out: no genes are called so; where they "
            f"are controls, name all labels of controls: control: [{both}]"
        )
    return notes


def stand_ins(parsed: Mapping[str, PerturbationLabel], genes: Collection[str]) -> list[str]:
    """Labels that name no gene and were not told to be controls, such as ``AAVS1``."""
    return [
        text for text, p in parsed.items() if p.kind == "unassigned" and names_no_gene(text, genes)
    ]


def shown(labels: Sequence[str]) -> str:
    """The first labels, in quotes."""
    return ", ".join(f"'{t}'" for t in labels[:NAMED]) + (", ..." if len(labels) > NAMED else "")


def _joined(gene: str, measured: set[str]) -> bool:
    """Whether a name may be those of several genes."""
    if gene in measured:
        return False
    first, dash, second = gene.partition("-")
    return "_" in gene or bool(dash and first in measured and second in measured)


def _numbered(parsed: Mapping[str, PerturbationLabel], measured: set[str]) -> dict[str, str]:
    """Labels of unmeasured genes that may end with the number of a guide, and the gene then.

    One such name is most likely a gene's, as NKX2-1 is; two numbers of one name are most likely
    guides, as is one where other labels of the screen end so.
    """
    stems = {
        text: stem
        for text, p in parsed.items()
        if p.kind == "single" and p.genes[0] not in measured
        and (stem := guide_number(p.genes[0])) is not None
    }  # fmt: skip
    usual = any(
        p.kind == "single" and text.strip() != p.genes[0] and guide_number(text) == p.genes[0]
        for text, p in parsed.items()
    )
    times = Counter(stems.values())
    return {
        text: stem
        for text, stem in stems.items()
        if usual or times[stem] > 1 or "_" in text.removeprefix(stem)
    }
