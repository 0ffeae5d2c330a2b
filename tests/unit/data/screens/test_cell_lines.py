from __future__ import annotations

from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from cellglass.data.screens.cell_lines import cell_lines, choose_line
from cellglass.errors import InputError

JOINED = ["K562", "K562", "hTERT-RPE1", "hTERT-RPE1", "hTERT-RPE1"]
EVERY = np.ones(5, bool)


def cells(**obs: Any) -> anndata.AnnData:
    table = pd.DataFrame(obs, index=[f"c{i}" for i in range(5)])
    return anndata.AnnData(np.ones((5, 2), "float32"), obs=table)


def test_lines_are_counted_among_the_cells_in_use():
    found = cell_lines(cells(cell_line=JOINED), np.array([True, False, True, True, False]))
    assert (found.column, found.is_line) == ("cell_line", True)
    assert found.sizes == {"K562": 1, "hTERT-RPE1": 2}
    assert found.told == "K562 (1 cells), hTERT-RPE1 (2 cells)"
    assert found.values.tolist() == JOINED


def test_types_stand_for_lines_where_no_line_is_told():
    both = cells(cell_line=["nan", None, "NA", "", "none"], celltype=["T cells"] * 5)
    found = cell_lines(both, EVERY)
    assert (found.column, found.is_line, found.sizes) == ("celltype", False, {"T cells": 5})
    found = cell_lines(cells(cell_line=["K562", None, None, None, None], cell_type="x"), EVERY)
    assert (found.column, found.sizes) == ("cell_line", {"K562": 1})
    assert found.values.tolist() == ["K562", "", "", "", ""]
    found = cell_lines(cells(batch="a"), EVERY)
    assert (found.column, found.sizes) == ("", {})
    unused = pd.Categorical(["K562"] * 5, ["K562", "RPE1"])
    assert cell_lines(cells(Cell_Line=unused), EVERY).sizes == {"K562": 5}


def test_one_line_is_taken_from_the_file():
    line, of_line, notes = choose_line(cells(cell_line="K562"), EVERY, None)
    assert (line, of_line.all(), notes) == ("K562", True, [])
    assert choose_line(cells(), EVERY, None)[0] == ""
    assert choose_line(cells(), EVERY, "K562")[0] == "K562"


def test_several_lines_are_refused_without_a_choice():
    """The published analysis took a file of several lines for one of K562."""
    with pytest.raises(InputError) as refused:
        choose_line(cells(cell_line=JOINED), EVERY, None)
    assert refused.value.found == (
        "'cell_line' names 2 cell lines or types: K562 (2 cells), hTERT-RPE1 (3 cells)"
    )
    assert refused.value.where == "cell_line"
    assert "cell_line: K562;" in refused.value.fix
    with pytest.raises(InputError, match="names 2 cell lines or types: A172"):
        choose_line(cells(cell_type=["A172", "A172", "T98G", "T98G", "T98G"]), EVERY, None)


@pytest.mark.parametrize(
    ("stated", "taken"),
    [("K562", [0, 1]), ("k-562", [0, 1]), ("RPE1", [2, 3, 4]), ("hTERT RPE1", [2, 3, 4])],
)
def test_stating_one_of_several_lines_takes_its_cells_only(stated: str, taken: list[int]):
    """The worst outcome would be the cells of both under the name of one."""
    line, of_line, notes = choose_line(cells(cell_line=JOINED), EVERY, stated)
    assert line == stated
    assert np.flatnonzero(of_line).tolist() == taken
    assert notes[0].startswith("only cells of ")


def test_cells_without_a_line_are_of_none():
    joined = ["K562", None, "RPE1", "RPE1", "nan"]
    _, of_line, _ = choose_line(cells(cell_line=joined), EVERY, "RPE1")
    assert np.flatnonzero(of_line).tolist() == [2, 3]


def test_naming_all_lines_takes_them_together_on_purpose():
    line, of_line, notes = choose_line(cells(cell_line=JOINED), EVERY, "K562 and hTERT-RPE1")
    assert (line, of_line.all()) == ("K562 and hTERT-RPE1", True)
    assert notes == [
        "cells of several lines or types were taken together: K562 (2 cells), hTERT-RPE1 (3 cells)"
    ]


@pytest.mark.parametrize("stated", ["HEK293", "K562 and RPE1", "K562, clone 2", "", "e"])
def test_naming_none_or_some_of_several_lines_is_refused(stated: str):
    with pytest.raises(InputError, match=r"was stated as[\s\S]*one of these, or all of them"):
        choose_line(cells(cell_line=JOINED), EVERY, stated)


def test_two_lines_of_which_one_name_is_part_of_the_other():
    lines = ["K562", "K562", "K562-dCas9", "K562-dCas9", "K562-dCas9"]
    assert choose_line(cells(cell_line=lines), EVERY, "K562")[1].sum() == 2
    assert choose_line(cells(cell_line=lines), EVERY, "K562-dCas9")[1].sum() == 3
    with pytest.raises(InputError, match="was stated as K56"):
        choose_line(cells(cell_line=lines), EVERY, "K56")


def test_another_line_than_the_file_says_is_refused():
    with pytest.raises(InputError, match=r"stated as RPE1; 'cell_line' names K562 \(5 cells\)"):
        choose_line(cells(cell_line="K562"), EVERY, "RPE1")
    for same in ("K562", "k562", "K562 cells", "K-562"):
        assert choose_line(cells(cell_line="K562"), EVERY, same) == (same, pytest.approx(EVERY), [])


def test_types_may_go_by_other_names_and_that_is_told():
    line, of_line, notes = choose_line(cells(celltype="lymphoblasts"), EVERY, "K562")
    assert (line, of_line.all()) == ("K562", True)
    assert notes == ["the cell line was stated as K562; 'celltype' names lymphoblasts (5 cells)"]
    types = ["CD4 T", "CD4 T", "CD8 T", "CD8 T", "B"]
    line, of_line, notes = choose_line(cells(celltype=types), EVERY, "primary lymphocytes")
    assert of_line.all()
    assert "taken together" in notes[0]
    assert choose_line(cells(celltype=types), EVERY, "CD8 T")[1].sum() == 2
    with pytest.raises(InputError, match="names B"):
        choose_line(cells(celltype=types), EVERY, "CD4 T and CD8 T")


def test_the_hint_is_yaml_as_it_is_to_stand_in_a_study():
    import yaml

    for first in ("A172", "NO", "7", "B: 2", "ünï"):
        with pytest.raises(InputError) as told:
            choose_line(cells(cell_line=[first, "ÿz", "ÿz", "ÿz", "ÿz"]), EVERY, None)
        hint = told.value.fix.partition("for example ")[2].partition("; or name")[0]
        assert yaml.safe_load(hint) == {"cell_line": first}
