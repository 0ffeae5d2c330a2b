import numpy as np
import pandas as pd
import pytest

from cellglass.data.screens import read_fold_changes
from cellglass.regulation.responses.folds import FOLDS, MeasuredFolds


@pytest.fixture
def table(tmp_path):
    frame = pd.DataFrame(
        {"symbol": ["A", "B", "C", "D"], "C": [0.1, -1.0, -2.0, np.nan], "B": [0.0, -3.0, 1.0, 2.0],
         "A+B": [1.0, 1.0, 1.0, 1.0]}
    )  # fmt: skip
    path = tmp_path / "kd.tsv"
    frame.to_csv(path, sep="\t", index=False)
    return path


def test_perturbations_do_not_depend_on_the_order_of_columns(table, tmp_path):
    found = MeasuredFolds.of(read_fold_changes(table), modality="CRISPRi", cell_line="T")
    assert list(found.table["perturbation"]) == ["B", "C", "A+B"]
    assert list(found.table["kind"]) == ["single", "single", "double"]
    np.testing.assert_allclose(found.values[0], np.log(2) * np.array([0.0, -3.0, 1.0, 2.0]))
    assert np.isnan(found.values[1, 3])
    turned = pd.read_csv(table, sep="\t")[["symbol", "A+B", "B", "C"]]
    turned.to_csv(tmp_path / "turned.tsv", sep="\t", index=False)
    other = MeasuredFolds.of(
        read_fold_changes(tmp_path / "turned.tsv", name="kd"), modality="CRISPRi", cell_line="T"
    )
    pd.testing.assert_frame_equal(found.table, other.table)
    np.testing.assert_array_equal(found.values, other.values)


def test_no_test_and_no_cells_are_told(table):
    found = MeasuredFolds.of(read_fold_changes(table), modality="", cell_line="")
    assert not found.tests
    assert len(found.used) == 3
    assert FOLDS in found.report["notes"]
    assert found.report["modality_from"] == "not stated"
    assert (found.report["n_single"], found.report["n_double"]) == (2, 1)


def test_what_is_written_is_read_and_equal_content_gives_equal_bytes(table, tmp_path):
    found = MeasuredFolds.of(read_fold_changes(table), modality="CRISPRi", cell_line="T")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found.write(tmp_path / name)
    for file in ("perturbations.parquet", "values.npy", "folds.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    back = MeasuredFolds.read(tmp_path / "one")
    pd.testing.assert_frame_equal(back.table, found.table)
    np.testing.assert_array_equal(back.values, found.values)
    assert (back.genes, back.report, back.modality) == (found.genes, found.report, "CRISPRi")


def test_zhu_is_read_in_natural_logarithms(shared_data):
    """The data's README: the target is about -2.5 in its own column, in log2."""
    path = shared_data("perturbation/zhu2025_cd4_crispri_lfc.tsv.gz")
    found = MeasuredFolds.of(read_fold_changes(path), modality="CRISPRi", cell_line="CD4+ T cells")
    own = {p: found.values[i, found.genes.index(p)] for i, p in enumerate(found.used["genes"])}
    for gene, log2 in (("PAK2", -2.55), ("RICTOR", -2.49), ("RIPK1", -2.63)):
        assert own[gene] == pytest.approx(log2 * np.log(2), abs=0.005)
