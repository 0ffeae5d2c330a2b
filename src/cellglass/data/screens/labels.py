"""Labels of perturbations: controls, single genes, several genes, cells without a guide."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cellglass.data.strata import MISSING

Kind = Literal["control", "single", "double", "multiple", "unassigned"]

UNASSIGNED = MISSING | {
    "*", "unassigned", "no_guide", "no guide", "noguide", "ambiguous", "multiplet", "doublet",
    "unknown",
}  # fmt: skip
# Each is a whole label, or a whole label but for a number of the guide.
_CONTROL = re.compile(
    r"""(p[-_])?(sg[-_]?)?(
        control s? | ctrl | ntc?
      | non?[-_ .]?target(s|ing|ed)? ([-_ ](control|guide|sgrna|ctrl))?
      | neg(ative)?[-_ ]?(ctrl|control) | scrambled? | safe([-_ ]?(targeting|harbou?r))?
      | (one[-_])?intergenic([-_]site)? | no[-_]site
      | \d+\(mod\)_pba\d+ | gal4-\d+\(mod\)_pba\d+ | 3x_neg_ctrl_pmj\d+
    )([-_ .]?(sg|g)?[-_ ]?\d+)*""",
    re.IGNORECASE | re.VERBOSE,
)
# What stands for no gene, but is not surely a control: guides that cut where no gene is or that
# have no target, and cells that nothing was done to. A number is set off, because WT1 is a gene.
_NO_GENE = re.compile(
    r"""(p[-_])?(sg[-_]?)?(?P<what>
        aavs1 | h?rosa26 | [eb]?gfp | mcherry | tdtomato | lacz | luc(iferase)? | fluc | rluc
      | renilla | mock | unperturbed | untransduced | uninfected | parental | wt | wild[-_ ]?type
      | empty[-_ ]vector
    )([-_ .](sg|g)?[-_ ]?\d+)*""",
    re.IGNORECASE | re.VERBOSE,
)
# Replogle 2022 names guides by strand and place: KLF1_+_12995441.23-P1P2.
_PLACE = re.compile(r"_[-+]_\d+(\.\d+)?(-[A-Za-z][A-Za-z0-9.]*)?(?![A-Za-z0-9])")
# How published screens decorate the gene with its guide or plasmid.
_DECORATIONS = (
    re.compile(r"(?P<gene>.+?)(_only)?_p[A-Z]{2}\d+(-\d+)?"),  # Adamson 2016
    re.compile(r"ES\.sg\d+\.(?P<gene>.+)"),  # Shifrut 2018
)
_GUIDE = re.compile(r"(p[-_])?sg[-_]?(?P<gene>[A-Z0-9].*)")  # Dixit 2016
_GUIDE_NUMBER = re.compile(r"(?P<gene>.+?)[-_]\d+")
_NUMBERED = re.compile(r"(?P<gene>.+?)[-_.](sg|g|guide)?[-_]?\d+", re.IGNORECASE)
_SEPARATORS = (" + ", "+", ";", "|", ",", "&", "/")


@dataclass(frozen=True)
class PerturbationLabel:
    """What a label says was done to a cell.

    Parameters
    ----------
    text
        The label.
    kind
        What it stands for.
    genes
        Perturbed genes, in the order of the label; none for controls and unassigned cells.

    Examples
    --------
    >>> parse_label("KLF1+MAP2K6").genes
    ('KLF1', 'MAP2K6')
    """

    text: str
    kind: Kind
    genes: tuple[str, ...] = ()


def is_control(label: str) -> bool:
    """Whether a label is one of those by which screens name their controls.

    Parameters
    ----------
    label
        The label of a cell, or a part of it.

    Returns
    -------
    bool

    Examples
    --------
    >>> [is_control(s) for s in ("non-targeting", "NTC_3", "ES.sg7.NonTarget", "NT5E")]
    [True, True, True, False]
    """
    text = label.strip()
    return _CONTROL.fullmatch(text) is not None or has_guide(text)


def has_guide(label: str) -> bool:
    """Whether a label names a control by its guide or plasmid, as ``ES.sg7.NonTarget`` does."""
    bare, n_places = _PLACE.subn("", label.strip())
    if n_places:
        return is_control(bare)
    found = (pattern.fullmatch(label.strip()) for pattern in (*_DECORATIONS, _GUIDE))
    return any(f is not None and _CONTROL.fullmatch(f["gene"]) for f in found)


def names_no_gene(label: str, known: Collection[str] = ()) -> bool:
    """Whether a label names what is no gene, though it need not be a control: ``AAVS1``, ``WT``.

    Parameters
    ----------
    label
        The label of a cell, or a part of it.
    known
        Genes that are known to exist; one that is called so is a gene.

    Examples
    --------
    >>> [names_no_gene(s) for s in ("AAVS1", "sgGFP_2", "WT", "WT1", "mock")]
    [True, True, True, False, True]
    """
    text = _PLACE.sub("", label.strip())
    found = _NO_GENE.fullmatch(text)
    return found is not None and text not in known and found["what"] not in known


def guide_number(label: str) -> str | None:
    """The rest of a name that ends as guides are numbered; None where it does not.

    Examples
    --------
    >>> guide_number("FOXL2-1"), guide_number("KLF1_g2"), guide_number("MT-ND1")
    ('FOXL2', 'KLF1', None)
    """
    found = _NUMBERED.fullmatch(label.strip())
    return found["gene"] if found else None


def parse_label(
    text: str,
    *,
    controls: Collection[str] | None = None,
    known: Collection[str] = (),
    n_genes: int | None = None,
) -> PerturbationLabel:
    """Read one label.

    Parameters
    ----------
    text
        The label.
    controls
        Labels of controls, where they are told: other labels that look like controls then are
        unassigned. `is_control` decides otherwise.
    known
        Genes that are known to exist: measured ones, and those that stand alone in other labels.
        They decide whether ``A_B`` names two genes and whether ``A-1`` names a guide of A.
    n_genes
        Number of perturbed genes, where the data say it.

    Returns
    -------
    PerturbationLabel

    Examples
    --------
    >>> parse_label("AHR_FEV", known={"AHR", "FEV"}).kind
    'double'
    >>> parse_label("NKX2-1", known={"NKX2-1"}).genes
    ('NKX2-1',)
    >>> parse_label("KLF1+ctrl").kind
    'single'
    >>> parse_label("SPI1_pDS255").genes
    ('SPI1',)
    """
    label = text.strip()
    if text in (controls or ()) or label in (controls or ()):
        return PerturbationLabel(text, "control")
    label = _PLACE.sub("", label)
    if _unidentified(label, known) or _stands_in(label, known):
        return PerturbationLabel(text, "unassigned")
    genes = tuple(dict.fromkeys(_genes(label, controls or (), known, n_genes)))
    if not genes:  # a control, or several: ctrl+ctrl; where others were told, not one of those
        return PerturbationLabel(text, "control" if controls is None else "unassigned")
    kind: Kind = "single" if len(genes) == 1 else "double" if len(genes) == 2 else "multiple"
    return PerturbationLabel(text, kind, genes)


def parse_labels(
    labels: Sequence[str],
    *,
    controls: Collection[str] | None = None,
    measured: Collection[str] = (),
    n_genes: Mapping[str, int] | None = None,
) -> dict[str, PerturbationLabel]:
    """Read the distinct labels of a screen; those of one gene help to read the others.

    Parameters
    ----------
    labels
        Distinct labels.
    controls
        See `parse_label`.
    measured
        Names of the measured genes.
    n_genes
        Number of perturbed genes of a label, where the data say it.

    Returns
    -------
    dict of str to PerturbationLabel
        In the order given.

    Examples
    --------
    >>> found = parse_labels(["A1", "B2", "A1_B2", "control"])
    >>> [found[k].kind for k in found]
    ['single', 'single', 'double', 'control']
    """
    told = dict(n_genes or {})
    alone = {
        g
        for text in labels
        for g in parse_label(text, controls=controls, known=measured, n_genes=1).genes
        if "_" not in g
    }
    known = set(measured) | alone
    return {
        text: parse_label(text, controls=controls, known=known, n_genes=told.get(text))
        for text in labels
    }


def _genes(
    label: str, controls: Collection[str], known: Collection[str], n_genes: int | None
) -> list[str]:
    """Genes of a label; those of its parts that are controls are left out."""
    if label in controls or is_control(label) or names_no_gene(label, known):
        return []
    if label in known:
        return [label]
    separator = _separator(label)
    if separator:
        parts = [p.strip() for p in label.split(separator)]
        return [g for p in parts if not _absent(p, known) for g in _genes(p, controls, known, None)]
    half, twice, other = label.partition("__")
    if twice and half == other:  # Norman 2019 names both guides of a construct twice
        return _genes(half, controls, known, n_genes)
    parts = label.split("_")
    named = [p for p in parts if not is_control(p) and not names_no_gene(p, known)]
    if len(named) < len(parts):
        return _genes("_".join(named), controls, known, n_genes) if named else []
    beside = _beside_control(label)
    if beside:
        return _genes(beside, controls, known, n_genes)
    bare = [_bare(p, known) for p in parts]
    if len(parts) > 1 and n_genes != 1 and (n_genes == len(parts) or all(b in known for b in bare)):
        return bare
    decorated = _bare(label, known)
    if decorated != label and "_" in decorated:
        return _genes(decorated, controls, known, n_genes)
    return [decorated]


def _separator(label: str) -> str:
    """The separator of a label's parts; empty where there is none but perhaps an underscore."""
    return next((s for s in _SEPARATORS if s in label), "")


def _beside_control(label: str) -> str:
    """What a dash joins to a control, as in ``KLF1-ctrl``; empty where there is no such thing."""
    for i, letter in enumerate(label):
        if letter == "-":
            left, right = label[:i], label[i + 1 :]
            if left and is_control(right):
                return left
            if right and is_control(left):
                return right
    return ""


def _stands_in(label: str, known: Collection[str]) -> bool:
    """Whether a label, or each of its parts, names no gene."""
    separator = _separator(label)
    parts = [p.strip() for p in label.split(separator)] if separator else [label]
    return all(names_no_gene(p, known) for p in parts)


def _absent(part: str, known: Collection[str]) -> bool:
    """Whether a part of a label stands for no second guide: ``A+nan``."""
    return part.lower() in MISSING and part not in known


def _unidentified(label: str, known: Collection[str]) -> bool:
    """Whether a label, or a part of it, says that a guide was not told: ``A+unassigned``."""
    separator = _separator(label)
    parts = [label, *(p.strip() for p in label.split(separator))] if separator else [label]
    if _absent(label, known) or all(_absent(p, known) for p in parts[1:] or parts):
        return True
    return any(p.lower() in UNASSIGNED - MISSING and p not in known for p in parts)


def _bare(label: str, known: Collection[str]) -> str:
    """The gene without guide or plasmid."""
    if label in known:
        return label
    for pattern in _DECORATIONS:
        if found := pattern.fullmatch(label):
            return found["gene"]
    if found := _GUIDE.fullmatch(label):
        gene = found["gene"]
        numbered = None if gene in known else _GUIDE_NUMBER.fullmatch(gene)
        return numbered["gene"] if numbered else gene
    numbered = _NUMBERED.fullmatch(label)
    return numbered["gene"] if numbered and numbered["gene"] in known else label
