from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cellglass.data import open_screen
from cellglass.errors import CellglassError
from cellglass.models.datasets import CELLS
from cellglass.models.forecast.samples import SAMPLE_CELLS, sample_study
from cellglass.runs.study import Study


def test_controls_of_a_screen_may_be_the_studys_cells(screened: Callable[..., Study]) -> None:
    study = screened()
    samples, sizes = sample_study(study)
    found = open_screen(study.screens[0].path, replicate="replicate")
    assert list(samples) == [CELLS]
    assert samples[CELLS].n_cells == found.report.n_controls
    assert samples[CELLS].cells.n_obs == min(SAMPLE_CELLS, found.report.n_controls)
    assert "PDCD1" in samples[CELLS].forced
    assert sizes["T"].n_cells == int((found.label >= 0).sum())
    assert sizes["T"].n_perturbations == sum(e.kind != "control" for e in found.labels)
    assert (sizes["F"].n_cells, sizes["F"].n_perturbations, sizes["F"].n_genes) == (0, 2, 3)


def test_a_screen_beside_the_studys_cells_is_a_data_set(screened: Callable[..., Study]) -> None:
    samples, _ = sample_study(screened(cells={"path": "pbmc68k", "max_cells": 50}))
    assert list(samples) == [CELLS, "screen/T"]
    assert samples[CELLS].n_cells == 50
    assert samples[CELLS].forced == ("KLF1", "SPI1", "AHR")  # of the table of fold changes


def test_more_controls_take_more_room(screened: Callable[..., Study]) -> None:
    few = sample_study(screened(responses={"n_controls": 40}))[0][CELLS]
    many = sample_study(screened())[0][CELLS]
    assert few.n_cells == 40 < many.n_cells
    assert few.stored_bytes < many.stored_bytes
    # responses are measured in all cells of the screen whatever the number of controls drawn
    assert few.held_bytes == pytest.approx(many.held_bytes, rel=0.2)


def test_what_the_run_would_refuse_is_refused(screened: Callable[..., Study]) -> None:
    study = screened()
    wrong: dict[str, Any] = {**study.screens[0].model_dump(), "control": "nobody"}
    with pytest.raises(CellglassError, match="nobody"):
        sample_study(screened(screens=[wrong]))
