from __future__ import annotations

from collections.abc import Collection

import pytest

from cellglass.data.screens.labels import (
    UNASSIGNED,
    PerturbationLabel,
    guide_number,
    has_guide,
    is_control,
    names_no_gene,
    parse_label,
    parse_labels,
)
from cellglass.data.strata import MISSING

KNOWN = frozenset({"KLF1", "MAP2K6", "NKX2-1", "NKX2-5", "SPI1", "HLA-A", "MT-ND1", "NT5E"})

CONTROLS = (
    "control", "Control", "controls", "ctrl", "CTRL1", "ctrl_2", "non-targeting", "Non-Targeting",
    "nontargeting", "non_targeting_0042", "non-targeting control", "NonTarget", "NO-TARGET", "NT",
    "NT_1", "NTC", "NTC-3", "sgNTC_2", "sgNT", "neg_ctrl", "NegCtrl10", "negative control",
    "neg-control-7", "scramble", "scrambled_1", "safe-targeting", "safe_harbor_3", "intergenic",
    "p_INTERGENIC393453", "ONE_INTERGENIC_SITE_12", "NO_SITE_7", "62(mod)_pBA581",
    "Gal4-4(mod)_pBA582", "3x_neg_ctrl_pMJ144-1", "ES.sg21.NonTarget", "p_sgNTC_1", " ctrl ",
)  # fmt: skip
GENES = (
    "NT5E", "NT5C2", "NTRK1", "NTS", "CTRL5A", "CONTROLLER", "SAFB", "SAFB2", "NEGR1", "CTCF",
    "NTN1", "SGK1", "INTS1", "KLF1", "NKX2-1", "C10orf54", "p53", "NTC1B", "",
)  # fmt: skip


@pytest.mark.parametrize("label", CONTROLS)
def test_names_by_which_screens_call_their_controls(label: str):
    assert is_control(label)
    assert parse_label(label).kind == "control"
    assert parse_label(label).genes == ()


@pytest.mark.parametrize("label", GENES)
def test_genes_whose_names_begin_like_those_of_controls(label: str):
    assert not is_control(label)


def test_controls_that_carry_a_guide():
    with_guide = ("ES.sg21.NonTarget", "p_sgNTC_1", "sgNTC-2", "non-targeting_pBA571")
    assert all(map(has_guide, with_guide))
    assert not any(map(has_guide, ("control", "ctrl", "NonTarget", "ES.sg1.CD3D", "sgKLF1_2")))


@pytest.mark.parametrize("label", sorted(UNASSIGNED))
def test_labels_of_cells_without_a_guide(label: str):
    for text in (label, label.upper(), f" {label} "):
        assert parse_label(text, known=KNOWN) == PerturbationLabel(text, "unassigned")


def test_a_measured_gene_that_looks_like_a_missing_value_is_a_gene():
    assert parse_label("NAN").kind == "unassigned"
    assert parse_label("NAN", known={"NAN"}).genes == ("NAN",)
    assert parse_label("nan", known={"NAN"}).kind == "unassigned"
    assert parse_label("KLF1+NAN", known={"KLF1", "NAN"}).genes == ("KLF1", "NAN")


DECORATED = {
    # Adamson 2016: plasmids
    "SPI1_pDS255": ("SPI1",),
    "PERK_only_pMJ146": ("PERK",),
    "NKX2-1_pDS012-2": ("NKX2-1",),
    # Dixit 2016: guides
    "p_sgELF1_2": ("ELF1",),
    "p-sgELF1-2": ("ELF1",),
    "sgELF1_2": ("ELF1",),
    "sg_ELF1_2": ("ELF1",),
    "sgELF1": ("ELF1",),
    "sgNKX2-1": ("NKX2-1",),
    "sgNKX2-1_2": ("NKX2-1",),
    "sgNKX9-1_2": ("NKX9-1",),  # not measured: only the last number is the guide's
    # Shifrut 2018: guides, whose gene keeps its own number
    "ES.sg26.PDCD1": ("PDCD1",),
    "ES.sg3.NKX9-1": ("NKX9-1",),
    "ES.sg3.C10orf54": ("C10orf54",),
    # a number of the guide, where the gene is known
    "KLF1-2": ("KLF1",),
    "KLF1_g2": ("KLF1",),
    "KLF1.sg12": ("KLF1",),
    "NKX2-5": ("NKX2-5",),
    "NKX2-5-1": ("NKX2-5",),
    "HLA-A": ("HLA-A",),
    "MT-ND1": ("MT-ND1",),
    "UNKNOWN-2": ("UNKNOWN-2",),
    "SGK1": ("SGK1",),
}


@pytest.mark.parametrize("label", DECORATED)
def test_genes_decorated_with_guide_or_plasmid(label: str):
    assert parse_label(label, known=KNOWN) == PerturbationLabel(label, "single", DECORATED[label])


SEVERAL = {
    "KLF1+MAP2K6": ("KLF1", "MAP2K6"),
    "KLF1 + MAP2K6": ("KLF1", "MAP2K6"),
    "KLF1;MAP2K6": ("KLF1", "MAP2K6"),
    "KLF1|MAP2K6": ("KLF1", "MAP2K6"),
    "KLF1,MAP2K6": ("KLF1", "MAP2K6"),
    "KLF1&MAP2K6": ("KLF1", "MAP2K6"),
    "KLF1/MAP2K6": ("KLF1", "MAP2K6"),
    "KLF1_MAP2K6": ("KLF1", "MAP2K6"),
    "MAP2K6_KLF1": ("MAP2K6", "KLF1"),
    "KLF1-1_MAP2K6-2": ("KLF1", "MAP2K6"),
    "KLF1_MAP2K6__KLF1_MAP2K6": ("KLF1", "MAP2K6"),
    "p_sgELF1_2 + p_sgEGR1_3": ("ELF1", "EGR1"),
    "sgELF1_2+sgEGR1_3": ("ELF1", "EGR1"),
    "KLF1_MAP2K6_pMJ154": ("KLF1", "MAP2K6"),
    "UNHEARD+OF": ("UNHEARD", "OF"),
    "NKX2-1_NKX2-5": ("NKX2-1", "NKX2-5"),
}


@pytest.mark.parametrize("label", SEVERAL)
def test_labels_of_two_genes(label: str):
    assert parse_label(label, known=KNOWN) == PerturbationLabel(label, "double", SEVERAL[label])


ONE_OF_TWO = (
    "KLF1+ctrl", "ctrl+KLF1", "KLF1 + non-targeting", "KLF1_NegCtrl0", "NegCtrl0_KLF1", "KLF1_NT",
    "KLF1_NegCtrl0__KLF1_NegCtrl0", "NegCtrl0_KLF1__NegCtrl0_KLF1", "KLF1+KLF1", "KLF1+nan",
    "KLF1+", "p_sgKLF1_1 + p_INTERGENIC393453", "KLF1-1+KLF1-2", "KLF1+None",
)  # fmt: skip


@pytest.mark.parametrize("label", ONE_OF_TWO)
def test_one_gene_beside_a_control_or_nothing_or_itself(label: str):
    assert parse_label(label, known=KNOWN) == PerturbationLabel(label, "single", ("KLF1",))
    # whether a column counts guides or genes
    assert parse_label(label, known=KNOWN, n_genes=1).genes == ("KLF1",)


def test_more_than_two_genes():
    found = parse_label("KLF1+MAP2K6+SPI1", known=KNOWN)
    assert (found.kind, found.genes) == ("multiple", ("KLF1", "MAP2K6", "SPI1"))
    assert parse_label("KLF1_MAP2K6_SPI1", known=KNOWN).kind == "multiple"


def test_controls_beside_controls():
    for label in ("ctrl+ctrl", "NT_NT", "NegCtrl10_NegCtrl0__NegCtrl10_NegCtrl0", "ctrl+nan"):
        assert parse_label(label).kind == "control", label


def test_a_second_guide_that_was_not_told_spoils_a_label():
    """Nor does a label of missing values make a control."""
    for label in ("KLF1+*", "KLF1+unassigned", "ambiguous+KLF1", "ctrl+unassigned", "nan+nan", "+"):
        assert parse_label(label, known=KNOWN) == PerturbationLabel(label, "unassigned")


@pytest.mark.parametrize(
    ("n_genes", "genes"),
    [(None, ("KLF1_FOXL2",)), (1, ("KLF1_FOXL2",)), (2, ("KLF1", "FOXL2")), (3, ("KLF1_FOXL2",))],
)
def test_an_unknown_gene_beside_a_known_one_counts_where_the_data_say_so(
    n_genes: int | None, genes: tuple[str, ...]
):
    """``TP53_KO`` and ``KLF1_FOXL2`` cannot be told apart by their names alone."""
    assert parse_label("KLF1_FOXL2", known=KNOWN, n_genes=n_genes).genes == genes


def test_a_plasmid_is_no_second_gene_even_if_the_data_count_two():
    assert parse_label("KLF1_MAP2K6_pDS1", known=KNOWN, n_genes=2).genes == ("KLF1", "MAP2K6")
    assert parse_label("SPI1_pDS255", known=KNOWN, n_genes=1).genes == ("SPI1",)


@pytest.mark.parametrize("controls", [["veh"], ("veh",), {"veh"}])
def test_controls_that_are_told(controls: Collection[str]):
    assert parse_label("veh", controls=controls).kind == "control"
    assert parse_label("KLF1+veh", controls=controls).genes == ("KLF1",)
    # what merely looks like a control is neither a control nor a perturbed gene
    for other in ("non-targeting", "NTC_1", "ctrl+ctrl", "62(mod)_pBA581"):
        assert parse_label(other, controls=controls).kind == "unassigned", other


def test_a_control_may_be_told_that_looks_like_a_gene_or_like_nothing():
    assert parse_label("AAVS1", controls=["AAVS1"], known={"AAVS1"}).kind == "control"
    assert parse_label("none", controls=["none"]).kind == "control"
    assert parse_label("*", controls=["*"]).kind == "control"


def test_genes_that_stand_alone_explain_the_others():
    """PERK and IRE1 are no symbols, hence not measured; Adamson 2016 has them alone as well."""
    found = parse_labels(
        ["PERK_only_pMJ146", "IRE1_only_pMJ148", "PERK_IRE1_pMJ154", "3x_neg_ctrl_pMJ144-1"]
    )
    assert found["PERK_IRE1_pMJ154"].genes == ("PERK", "IRE1")
    assert [p.kind for p in found.values()] == ["single", "single", "double", "control"]
    found = parse_labels(["A1_NegCtrl0__A1_NegCtrl0", "B2_NegCtrl0__B2_NegCtrl0", "A1_B2__A1_B2"])
    assert found["A1_B2__A1_B2"].genes == ("A1", "B2")
    found = parse_labels(["sgQQ1_1", "sgQQ1_2", "QQ1_WW2", "WW2"])
    assert found["QQ1_WW2"].genes == ("QQ1", "WW2")
    assert found["sgQQ1_1"].genes == found["sgQQ1_2"].genes == ("QQ1",)


def test_labels_keep_their_order_and_text():
    labels = ["b", " a ", "ctrl", "b_a", "nan", "SPI1_pDS255"]
    found = parse_labels(labels)
    assert list(found) == labels
    assert [p.text for p in found.values()] == labels
    assert found[" a "].genes == ("a",)
    assert found["b_a"].genes == ("b", "a")


def test_numbers_of_genes_are_of_labels():
    found = parse_labels(["A_B", "C_D", "A"], n_genes={"A_B": 2, "C_D": 1})
    assert found["A_B"].genes == ("A", "B")
    assert found["C_D"].genes == ("C_D",)


def test_what_is_missing_is_unassigned_but_not_the_reverse():
    assert MISSING < UNASSIGNED


PLACED = {
    "KLF1_+_12995441.23-P1P2": ("KLF1",),
    "SPI1_-_55.23-P1P2": ("SPI1",),
    "NKX2-1_+_9.23-P1": ("NKX2-1",),
    "QQ1_-_9.23-ENST00000367772.8": ("QQ1",),
    "KLF1_+_1.23-P1P2|KLF1_-_2.23-P1P2": ("KLF1",),
    "KLF1_+_1.23-P1P2|SPI1_-_2.23-P1P2": ("KLF1", "SPI1"),
}


@pytest.mark.parametrize("label", PLACED)
def test_guides_named_by_strand_and_place(label: str):
    """As in Replogle 2022: the strand is no separator."""
    assert parse_label(label, known=KNOWN).genes == PLACED[label]
    assert not is_control(label)


def test_controls_named_by_strand_and_place():
    for label in ("non-targeting_+_1.23-P1P2", "non-targeting_00123"):
        assert is_control(label), label
    assert has_guide("non-targeting_+_1.23-P1P2")


@pytest.mark.parametrize(
    "label", ["KLF1-ctrl", "ctrl-KLF1", "KLF1-NTC-2", "KLF1-non-targeting", "KLF1-1-ctrl"]
)
def test_a_control_joined_by_a_dash(label: str):
    assert parse_label(label, known=KNOWN).genes == ("KLF1",)


def test_dashes_of_genes_join_no_controls():
    for label in ("HLA-A", "NKX2-1", "MT-ND1", "HLA-DRB1", "ERVK3-1", "ABHD14A-ACY1", "H1-4"):
        assert parse_label(label).genes == (label,), label


STAND_INS = (
    "AAVS1", "aavs1_2", "sgAAVS1-1", "ROSA26", "GFP", "EGFP_3", "LacZ", "mock", "unperturbed", "WT",
    "wild-type", "mCherry", "Luciferase", "AAVS1_+_1.23-P1P2", "AAVS1+GFP",
)  # fmt: skip


@pytest.mark.parametrize("label", STAND_INS)
def test_what_names_no_gene_is_neither_perturbed_nor_surely_a_control(label: str):
    assert parse_label(label, known=KNOWN).kind == "unassigned"
    assert not is_control(label)
    assert parse_label(label, controls=[label]).kind == "control"


def test_a_guide_beside_one_that_has_no_gene_perturbs_one_gene():
    for label in ("KLF1+AAVS1", "KLF1_AAVS1", "GFP|KLF1"):
        assert parse_label(label, known=KNOWN).genes == ("KLF1",), label


def test_genes_whose_names_are_like_those_of_no_genes():
    for label in ("WT1", "LUC7L", "GFPT1", "WTAP", "MOCOS", "PARN"):
        assert parse_label(label).genes == (label,), label
    assert not names_no_gene("GFP", {"GFP"})
    assert parse_label("GFP", known={"GFP"}).genes == ("GFP",)


def test_names_that_end_as_guides_are_numbered():
    assert guide_number("FOXL2_g2") == "FOXL2"
    assert guide_number("HLA-A") is guide_number("KLF1") is None
