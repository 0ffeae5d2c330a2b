"""The table of screens, from the notes of the tasks that measured them."""

from __future__ import annotations

from dataclasses import replace

from cellglass.report.inputs import inputs
from cellglass.report.screens import screen_notes, screens_table
from cellglass.report.source import source_of_run

from .conftest import read_csv

NOTED = {
    "name": "papalexi", "modality": "CRISPRko", "cell_line": "", "n_used": 25,
    "n_measured_targets": 9,
    "targets": {"state": "passed", "detail": "papalexi: stated; of 9 measured 9 fall and 0 rise"},
    "report": {"n_cells": 20729, "n_controls": 2386, "n_single": 25, "n_double": 0,
               "notes": ["counts from X"]},
}  # fmt: skip
FOLDS = {
    "name": "zhu", "modality": "CRISPRi", "cell_line": "T", "n_used": 3, "n_measured_targets": 1,
    "targets": {"state": "not run", "detail": "no controls"}, "report": {"notes": []},
}  # fmt: skip


def test_every_screen_has_its_row(full_run):
    source = source_of_run(full_run)
    assert screens_table(source) is None
    noted = replace(source, inputs={**source.inputs, "responses-p": NOTED, "responses-z": FOLDS})
    table = screens_table(noted)
    assert table is not None
    rows = read_csv(table.href)
    assert rows["screen"].tolist() == ["papalexi", "zhu"]
    assert rows.loc[0, "n_controls"] == 2386
    assert rows["n_cells"].isna().tolist() == [False, True]  # fold changes have no cells
    assert rows.loc[0, "cell_line"] == "not stated"
    assert rows.loc[0, "targets_change"] == "of 9 measured 9 fall and 0 rise"
    assert screen_notes(noted) == ["papalexi: counts from X"]
    assert table.id in [t.id for t in inputs(noted).tables]
