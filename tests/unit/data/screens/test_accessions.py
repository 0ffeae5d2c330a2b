from __future__ import annotations

import re

from cellglass.data.screens.accessions import PUBLIC_SCREENS, SCPERTURB
from cellglass.data.screens.metadata import MODALITIES

ACCESSION = re.compile(r"GEO GSE\d{5,6}|BioProject PRJNA\d{6}")


def test_every_screen_of_the_paper_that_is_not_at_hand_is_named():
    assert set(PUBLIC_SCREENS) == {
        "Replogle K562", "Replogle RPE1", "Adamson", "Dixit", "Shifrut", "Tian",
    }  # fmt: skip


def test_each_has_an_exact_accession_a_file_and_a_modality():
    files = [s.file for s in PUBLIC_SCREENS.values()]
    assert len(set(files)) == len(files)
    for name, screen in PUBLIC_SCREENS.items():
        assert screen.name == name
        assert ACCESSION.fullmatch(screen.accession)
        assert re.fullmatch(r"[\w.]+\.h5ad", screen.file)
        assert re.fullmatch(r"10\.\d{4}/\S+", screen.doi)
        assert screen.modality in MODALITIES
        assert screen.cell_line
        assert screen.file in screen.where
        assert screen.accession in screen.where
        assert SCPERTURB in screen.where


def test_labels_that_the_paper_got_wrong_are_set_right():
    """Adamson 2016 is called CRISPRa and Shifrut 2018 CRISPRi there; see specs/edges.md 2.0."""
    assert PUBLIC_SCREENS["Adamson"].modality == "CRISPRi"
    assert "called CRISPRa" in PUBLIC_SCREENS["Adamson"].note
    assert PUBLIC_SCREENS["Shifrut"].modality == "CRISPRko"
    assert "called CRISPRi" in PUBLIC_SCREENS["Shifrut"].note
    assert PUBLIC_SCREENS["Dixit"].modality == "CRISPRko"
    assert PUBLIC_SCREENS["Replogle K562"].cell_line != PUBLIC_SCREENS["Replogle RPE1"].cell_line
