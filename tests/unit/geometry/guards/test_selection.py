from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.guards.selection import SelectionRecord
from cellglass.stats import group_folds


def test_selection_within_folds_passes():
    record = SelectionRecord()
    folds = group_folds(np.arange(60) // 3, 4, 1, "selection")
    for fold in range(4):
        record.selected(folds != fold, fold=fold)
        record.evaluated(folds == fold, fold=fold)
    found = record.result()
    assert found.state == "passed"
    assert found.code == "G6"
    assert found.detail == "no pair evaluated in 4 folds was selected with"


def test_selection_on_all_rows_is_refused():
    record = SelectionRecord()
    record.selected(np.ones(60, dtype=bool))
    folds = np.arange(60) % 4
    for fold in range(4):
        record.evaluated(np.flatnonzero(folds == fold), fold=fold)
    with pytest.raises(InputError, match="15 of 15 pairs evaluated in fold 0 took part"):
        record.result().require()


def test_the_worst_fold_is_named():
    record = SelectionRecord("gene")
    record.selected(["A", "B", "C"], fold="one")
    record.evaluated(["A", "D"], fold="one")
    record.selected(["A"], fold="two")
    record.evaluated(["B", "C"], fold="two")
    assert record.result().detail == (
        "1 of 2 genes evaluated in fold one took part in selection in it (the first: A)"
    )
    record.selected(["B", "C"])
    assert record.result().detail == (
        "2 of 2 genes evaluated in fold two took part in selection before the folds (the first: B)"
    )


def test_an_empty_record_proves_nothing():
    record = SelectionRecord()
    assert record.result().detail == "nothing was selected"
    record.selected([1, 2], fold=0)
    assert record.result().state == "not run"
    record.evaluated([3], fold=0)
    assert record.result().state == "passed"
