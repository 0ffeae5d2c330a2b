from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from cellglass.data.screens import Screen, open_screen
from cellglass.errors import InputError


@pytest.fixture(scope="module")
def screen(screen_files: Any) -> Screen:
    """Norman's layout: 50 controls, three genes alone, three doubles, one of an unknown gene."""
    return open_screen(screen_files.norman(), name="norman")


def test_smaller_draws_of_controls_are_part_of_larger_ones(screen: Screen):
    """So that the grid over numbers of controls compares like with like."""
    order = screen.control_order(7)
    assert sorted(order) == np.flatnonzero(screen.control).tolist()
    assert order.tolist() != sorted(order)
    for n in (10, 49, 50):
        assert screen.controls(n, 7).tolist() == sorted(order[:n])
    assert set(screen.controls(10, 7)) < set(screen.controls(20, 7))
    assert len(screen.controls(None, 7)) == len(screen.controls(10_000, 7)) == 50


def test_the_draw_depends_on_seed_and_screen_alone(screen_files: Any, screen: Screen):
    again = open_screen(screen_files.norman("+"), name="norman")
    assert again.control_order(7).tolist() == screen.control_order(7).tolist()
    assert screen.control_order(8).tolist() != screen.control_order(7).tolist()
    other = open_screen(screen_files.norman(), name="other")
    assert other.control_order(7).tolist() != screen.control_order(7).tolist()


def test_cells_of_a_label(screen: Screen):
    assert screen.cells_of("control").tolist() == list(range(50))
    assert screen.cells_of("AHR").tolist() == list(range(50, 82))
    everybody = np.concatenate([screen.cells_of(entry.text) for entry in screen.labels])
    assert sorted(everybody) == list(range(screen.report.n_cells))
    with pytest.raises(InputError, match=r"no perturbation 'KLF2'[\s\S]*did you mean 'KLF1'"):
        screen.cells_of("KLF2")


def test_counts_of_some_cells_are_those_of_the_file(screen_files: Any, screen: Screen):
    cells = screen.cells_of("KLF1_MAP2K6")
    expected = screen_files.norman().X[cells].toarray()
    np.testing.assert_array_equal(screen.read(cells).matrix.toarray(), expected)
    assert screen.read(cells).genes == list(screen.genes)


def test_perturbations_single_ones_first(screen: Screen):
    assert [p.text for p in screen.perturbed] == [
        "AHR", "FEV", "KLF1", "AHR_FEV", "KLF1_FOXL2", "KLF1_MAP2K6",
    ]  # fmt: skip


def test_table_of_perturbations(screen: Screen):
    table = screen.table().set_index("perturbation")
    assert table["n_cells"].tolist() == [32] * 6
    assert table["kind"].tolist() == ["single"] * 3 + ["double"] * 3
    assert table.loc["KLF1_MAP2K6", "genes"] == "KLF1+MAP2K6"
    # unknown genes in doubles: the double is told and is not evaluable
    assert table["measured"].to_dict() == dict.fromkeys(table.index, True) | {"KLF1_FOXL2": False}
    assert screen.report.unmeasured == ("FOXL2",)


def test_labels_that_no_cell_in_use_has_are_not_perturbations(screen_files: Any):
    adata = screen_files.norman()
    adata.obs["half"] = ["a" if p in ("control", "AHR") else "b" for p in adata.obs["perturbation"]]
    adata.obs["perturbation"] = adata.obs["perturbation"].astype("category")
    found = open_screen(adata, where={"half": "a"})
    assert [p.text for p in found.perturbed] == ["AHR"]
    assert found.table()["n_cells"].tolist() == [32]
    assert found.report.n_left_out == 32 * 5


def test_report_is_ready_for_json(screen: Screen):
    written = json.loads(json.dumps(screen.report.to_dict()))
    assert written["controls"] == ["control"]
    assert written["n_controls"] == 50
    assert (written["n_single"], written["n_double"], written["n_multiple"]) == (3, 3, 0)
    assert written["unmeasured"] == ["FOXL2"]
    assert written["modality_from"] == "obs['perturbation_type'] says 'CRISPRa'"
    assert written["scale"].startswith("counts")
    assert written["perturbation"] == "perturbation"
