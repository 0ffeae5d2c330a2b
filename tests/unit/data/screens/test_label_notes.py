"""Which labels are told to mean something else, perhaps, than what they were read as."""

from __future__ import annotations

import pytest

from cellglass.data.screens.label_notes import label_notes, stand_ins
from cellglass.data.screens.labels import parse_labels

MEASURED = {"KLF1", "AHR", "NKX2-1", "HLA-A", "MT-ND1", "MAP2K6"}


def told(*labels: str) -> str:
    found = parse_labels([*labels, "NTC"], measured=MEASURED)
    return "; ".join(label_notes(found, MEASURED))


@pytest.mark.parametrize("join", ["-", "_", ".", "_g", "-sg"])
def test_guides_of_an_unmeasured_gene_are_told(join: str):
    labels = f"FOXL2{join}1", f"FOXL2{join}2"
    note = told("KLF1", *labels)
    assert note.startswith(f"2 labels ('{labels[0]}', '{labels[1]}') read as genes of those names")
    assert "'FOXL2' being unmeasured" in note


def test_one_numbered_name_is_told_where_the_others_are_numbers_of_guides():
    assert "1 label ('FOXL2-1')" in told("KLF1-1", "AHR-2", "FOXL2-1")
    assert told("KLF1", "AHR", "NKX9-1") == ""


def test_genes_that_are_measured_are_clear():
    assert told("KLF1-1", "KLF1-2", "NKX2-1", "HLA-A", "MT-ND1", "FOXL2", "KLF1+AHR") == ""


def test_names_that_may_join_genes_are_told():
    assert "1 label ('KLF1_QQ') read as the name of one gene" in told("KLF1_QQ")
    assert "1 label ('KLF1-MAP2K6') read as the name of one gene" in told("KLF1-MAP2K6")


def test_what_is_no_gene_is_told_with_how_to_make_it_a_control():
    note = told("KLF1", "AAVS1", "WT")
    assert note == (
        "cells labelled 'AAVS1', 'WT' were left out: no genes are called so; where they are "
        "controls, name all labels of controls: control: [NTC, AAVS1, WT]"
    )
    found = parse_labels(["KLF1", "AAVS1", "nan"], measured=MEASURED)
    assert stand_ins(found, MEASURED) == ["AAVS1"]
