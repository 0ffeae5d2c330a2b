import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cellglass.runs.study import load_study


@pytest.fixture
def init_screen(cellglass: Callable, tmp_path: Path, screen_files: Any) -> Callable:
    """``init_screen(adata)``: what the command says of a screen, the study, and its text."""

    def of(adata: Any) -> tuple[Any, Any, str]:
        table, out = tmp_path / "e.tsv", tmp_path / "mine.yaml"
        table.write_text("source\ttarget\tscore\nKLF1\tLYZ\t1\n")
        path = screen_files.write(adata, tmp_path / "joined.h5ad")
        told = cellglass("init", "--table", table, "--screen", path, "--out", out)
        assert told.code == 0, told.text
        return told, load_study(out), out.read_text()

    return of


def test_a_screen_that_needs_a_choice_is_written_and_told(
    init_screen: Callable, screen_files: Any, tmp_path: Path
):
    adata = screen_files.replogle(("K562", "RPE1"))
    adata.obs = adata.obs.rename(columns={"cell_line": "cell_type"})
    told, study, text = init_screen(adata)
    (entry,) = study.screens
    assert (entry.perturbation, entry.control, entry.cell_line) == (
        "perturbation", "non-targeting", None,
    )  # fmt: skip
    # cells are of one line, so that its column cannot tell them apart
    assert study.cells.strata is None
    assert f"To complete in {tmp_path / 'mine.yaml'}, screen joined.h5ad" in told.err
    assert "study.yaml" not in told.text
    assert "Next: " not in told.out
    assert "First complete it" in told.out
    assert "# 120 control cells of 400 cells in the file, all 2 lines together" in text
    # the hint can stand in the file as it is
    hint = re.search(r"for example (cell_line: \w+);", told.err)
    assert hint is not None
    (tmp_path / "mine.yaml").write_text(text.replace("cell_line: null", hint[1]))
    assert load_study(tmp_path / "mine.yaml").screens[0].cell_line == "K562"


def test_labels_of_controls_are_written_if_all_lines_have_them(
    init_screen: Callable, screen_files: Any
):
    adata = screen_files.replogle(("K562", "RPE1"))
    labels = adata.obs["perturbation"].tolist()
    adata.obs["perturbation"] = ["NTC"] * 30 + labels[30:]
    _, study, _ = init_screen(adata)
    assert study.screens[0].control == "non-targeting"


def test_what_the_file_does_not_state_is_said_and_replicates_are_offered(
    init_screen: Callable, screen_files: Any
):
    labels = screen_files.repeated({"NT": 60, "KLF1": 40, "AHR": 40})
    replicates = [f"rep_{i % 3}" for i in range(len(labels))]
    told, study, text = init_screen(
        screen_files.screen(labels, obs={"bio_rep": replicates, "donor": "d"})
    )
    assert "the file states neither modality nor cell_line: set modality: (CRISPRi" in told.err
    assert "Next: " not in told.out
    assert study.screens[0].replicate == "bio_rep"
    assert "# 60 control cells of 140 cells in the file; columns" in text


def test_strata_have_two_levels_among_the_controls(init_screen: Callable, screen_files: Any):
    labels = screen_files.repeated({"NT": 60, "KLF1": 40, "AHR": 40})
    obs = {
        "cell_line": "K562", "perturbation_type": "CRISPRi",
        "cell_type": ["a" if label == "NT" else "b" for label in labels],
        "leiden": [str(i % 2) for i in range(len(labels))],
    }  # fmt: skip
    told, study, _ = init_screen(screen_files.screen(labels, obs=obs))
    assert study.cells.strata == "leiden"
    assert "To complete" not in told.err
    assert "Next: cellglass estimate" in told.out


def test_a_screen_that_cannot_be_opened_is_told(init_screen: Callable, screen_files: Any):
    labels = screen_files.repeated({"mock": 60, "KLF1": 40, "AHR": 40})
    told, study, text = init_screen(screen_files.screen(labels, obs={"cell_line": "K562"}))
    assert "name their label: control: " in told.err
    assert study.screens[0].control is None
    assert "# 140 cells in the file; columns" in text
