from pathlib import Path

import pytest

from cellglass.errors import StudyError
from cellglass.reproduce.given import needed_analyses, study_of, why_later
from cellglass.reproduce.published import Paper, Select

from .conftest import number, table

SELECT = Select("scores", column="auroc")


def test_a_screen_alone_lends_its_controls():
    study = study_of("x", models=["mini-scgpt"], screens=["some/papalexi.h5ad"])
    assert study is not None
    assert study.cells.path == "screen:papalexi"
    assert not study.edges.untrained
    assert study.geometry is not None
    assert not study.geometry.untrained
    assert study.controls == []


def test_nothing_given_is_no_study():
    assert study_of("x", seed=3) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [({"models": ["mini-scgpt"]}, "no cells and no screen"), ({"cells": "pbmc68k"}, "no model"),
     ({"networks": ["trrust"]}, "no model"),
     ({"models": ["mini-scgpt"], "networks": ["trrust"]}, "no cells and no screen")],
)  # fmt: skip
def test_half_of_what_a_study_needs_is_told(given: dict, said: str):
    with pytest.raises(StudyError, match=said):
        study_of("x", **given)


def test_only_what_the_tables_need_and_the_inputs_allow():
    study = study_of("x", cells="pbmc68k", models=["mini-scgpt"])
    assert study is not None
    rows = [
        number(id="a", analysis="regulation.reliability", select=SELECT, needs=("model",)),
        number(id="b", analysis="regulation.recovery", select=SELECT, needs=("network",)),
        number(id="c", analysis="regulation.coexpression", apart="no", needs=("model",)),
        number(id="d", analysis="regulation.coexpression", select=SELECT, later="later"),
    ]
    assert needed_analyses([table(*rows)], study) == ["regulation.reliability"]


def test_an_analysis_that_is_not_registered_is_of_another_version(paper: Paper):
    assert why_later(number(analysis="regulation.recovery"), paper) == ""
    assert "regulation.nowhere of study regulation" in why_later(
        number(analysis="regulation.nowhere"), paper
    )
    assert why_later(number(later="later"), paper) == "later"


def test_a_table_of_fold_changes_has_no_cells_to_read_edges_in(tmp_path: Path) -> None:
    folds, cells = str(tmp_path / "folds.csv"), str(tmp_path / "own.h5ad")
    study = study_of("x", models=["mini-scgpt"], screens=[folds, cells])
    assert study is not None
    assert study.cells.path == "screen:own"
    with pytest.raises(StudyError, match="fold changes, and no cells"):
        study_of("x", models=["mini-scgpt"], screens=[folds])
