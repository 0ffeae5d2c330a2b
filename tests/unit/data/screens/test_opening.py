from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from cellglass.data.screens import open_screen
from cellglass.data.screens.opening import MIN_CONTROLS
from cellglass.errors import InputError, ScaleError


def refused(adata: Any, **options: Any) -> InputError:
    """The refusal, which tells what was found and where."""
    with pytest.raises(InputError) as caught:
        open_screen(adata, **options)
    assert caught.value.found
    assert caught.value.where
    assert caught.value.fix or caught.value.expected
    return caught.value


# --- names


def test_the_file_gives_a_name_and_nothing_else(screen_files: Any, tmp_path: Path):
    """Published code read modality and cell line from file names, and was wrong on both."""
    labels = screen_files.repeated({"control": 40, "KLF1": 30})
    path = tmp_path / "AdamsonWeissman2016_CRISPRa_RPE1.h5ad"
    screen_files.write(screen_files.screen(labels), path)
    found = open_screen(path)
    assert found.name == "AdamsonWeissman2016_CRISPRa_RPE1"
    assert (found.modality, found.cell_line) == (None, "")
    assert found.report.modality_from == "not stated"
    assert open_screen(path, name="mine").name == "mine"
    stated = open_screen(path, modality="CRISPRi", cell_line="K562")
    assert (stated.modality, stated.cell_line) == ("CRISPRi", "K562")
    assert stated.report.modality_from == "stated by the user; the file says nothing"


def test_errors_name_the_file_once(screen_files: Any, tmp_path: Path):
    path = screen_files.write(screen_files.screen(["control"] * 40), tmp_path / "bad.h5ad")
    error = refused(path)
    assert error.where == f"{path}, perturbation"
    assert refused(open_cells_of(path), name="mine").where == "mine, perturbation"


def open_cells_of(path: Path) -> anndata.AnnData:
    return anndata.read_h5ad(path)


# --- controls


def screen(files: Any, sizes: dict[Any, int], **more: Any) -> anndata.AnnData:
    return files.screen(files.repeated(sizes), **more)  # type: ignore[no-any-return]


def test_a_screen_without_controls(screen_files: Any):
    error = refused(screen(screen_files, {"KLF1": 40, "SPI1": 40}))
    assert error.found == "0 control cells in column 'perturbation' (its labels: 'KLF1', 'SPI1')"
    assert error.expected == "at least 30 cells that carry a non-targeting guide"
    assert error.fix == "name their label: control: LABEL"


def test_too_few_controls(screen_files: Any):
    error = refused(screen(screen_files, {"NTC_1": 15, "NTC_2": 14, "KLF1": 40}))
    assert error.found.startswith("29 control cells")
    enough = open_screen(screen(screen_files, {"NTC_1": 15, "NTC_2": 15, "KLF1": 40}))
    assert enough.report.n_controls == MIN_CONTROLS
    assert enough.report.controls == ("NTC_1", "NTC_2")


def test_controls_of_other_cells_do_not_count(screen_files: Any):
    """All controls are in one batch and all perturbed cells in the other."""
    adata = screen(
        screen_files, {"control": 40, "KLF1": 40}, obs={"batch": ["a"] * 40 + ["b"] * 40}
    )
    assert refused(adata, where={"batch": "b"}).found.startswith("0 control cells")


def test_a_control_label_that_does_not_exist(screen_files: Any):
    adata = screen(screen_files, {"non-targeting": 40, "KLF1": 40})
    error = refused(adata, control="nontargeting")
    assert error.found == "no cell has the control label 'nontargeting' in column 'perturbation'"
    assert error.fix == "did you mean 'non-targeting'?"
    assert "'NT'" in refused(adata, control=["non-targeting", "NT"]).found


def test_controls_that_are_named_are_the_only_ones(screen_files: Any):
    sizes = {"control": 40, "NTC_1": 35, "AAVS1": 45, "KLF1": 30}
    found = open_screen(screen(screen_files, sizes), control="AAVS1")
    assert (found.report.controls, found.report.n_controls) == (("AAVS1",), 45)
    # what looks like a control is neither one nor a perturbed gene
    assert [p.text for p in found.perturbed] == ["KLF1"]
    assert found.report.n_unassigned == 75
    both = open_screen(screen(screen_files, sizes), control=["AAVS1", "NTC_1"])
    assert both.report.n_controls == 80


def test_controls_whose_guide_may_have_been_missed_are_left_out(screen_files: Any):
    guides = [f"NT_{i}" for i in range(32)] + [None] * 20 + ["NA"] * 8 + ["KLF1_1"] * 30
    adata = screen(screen_files, {"control": 60, "KLF1": 30}, obs={"guide_id": guides})
    found = open_screen(adata)
    assert found.report.n_controls == 32
    assert found.control.tolist() == [True] * 32 + [False] * 58
    assert found.report.n_unassigned == 28
    assert (
        "28 of 60 cells labelled as controls have no guide in 'guide_id': they were left out, "
        "because their guide may have been missed"
    ) in found.report.notes
    guides[30:32] = ["*", "unassigned"]
    few = screen(
        screen_files, {"control": 60, "KLF1": 30}, obs={"guide_id": guides[:60] + ["K"] * 30}
    )
    few.obs.loc[few.obs_names[:3], "guide_id"] = None
    assert refused(few).found.startswith("27 control cells")


def test_where_no_control_has_a_guide_that_is_told(screen_files: Any):
    guides = [None] * 40 + ["KLF1_1"] * 30
    adata = screen(screen_files, {"control": 40, "KLF1": 30}, obs={"guide_id": guides})
    found = open_screen(adata)
    assert found.report.n_controls == 40
    assert "no control cell has a guide in 'guide_id'" in " ".join(found.report.notes)


# --- labels


def test_missing_labels_and_unused_levels(screen_files: Any):
    labels = screen_files.repeated({"control": 40, "KLF1": 30, None: 5, "nan": 3, "unassigned": 2})
    for values in (
        labels,
        pd.Categorical(labels, ["KLF1", "control", "nan", "SPI1", "unassigned"]),
    ):
        adata = screen_files.screen(["x"] * 80)
        adata.obs["perturbation"] = values
        found = open_screen(adata)
        assert [p.text for p in found.labels] == ["KLF1", "control"]
        assert found.report.n_unassigned == 10
        assert found.report.unmeasured == ()
        assert (found.label[70:] == -1).all()


def test_a_column_of_numbers(screen_files: Any):
    adata = screen(screen_files, {0: 40, 1: 30})
    error = refused(adata, perturbation="perturbation", control="0")
    assert error.found == "column 'perturbation' holds numbers (0, 1)"
    assert refused(adata).found.startswith("no column of obs holds perturbations")


def test_a_column_of_controls_only_and_one_of_unassigned_cells(screen_files: Any):
    adata = screen(screen_files, {"control": 40, "*": 30}, obs={"other": "KLF1"})
    assert refused(adata).found.startswith("no column of obs holds perturbations")
    error = refused(adata, perturbation="perturbation")
    assert error.found == "column 'perturbation' names no perturbed gene"


def test_a_gene_that_reads_like_a_missing_value(screen_files: Any, tmp_path: Path):
    var = pd.DataFrame(index=["NAN", *screen_files.GENES[1:]])
    adata = screen(screen_files, {"control": 40, "NAN": 30, "KLF1": 30}, var=var)
    found = open_screen(screen_files.write(adata, tmp_path / "s.h5ad"))
    assert [p.genes for p in found.perturbed] == [("KLF1",), ("NAN",)]
    unmeasured = open_screen(screen(screen_files, {"control": 40, "NAN": 30, "KLF1": 30}))
    assert unmeasured.report.n_unassigned == 30


def test_doubles_of_unknown_genes_are_told(screen_files: Any):
    plain = open_screen(screen_files.norman(nperts=False))
    assert plain.report.unmeasured == ("KLF1_FOXL2",)
    assert any("'KLF1_FOXL2'" in n and "write them as A+B" in n for n in plain.report.notes)
    counted = open_screen(screen_files.norman())
    joined = open_screen(screen_files.norman("+", nperts=False))
    for found in (counted, joined):
        assert found.report.n_double == 3
        assert found.report.unmeasured == ("FOXL2",)
        assert not any("write them" in n for n in found.report.notes)


# --- genes


def test_ensembl_ids_without_symbols(screen_files: Any):
    bare = pd.DataFrame(index=list(screen_files.ENSEMBL))
    adata = screen(screen_files, {"control": 40, "KLF1": 30}, var=bare)
    assert refused(adata).found.startswith("genes go by Ensembl ids")
    named = pd.DataFrame({"gene_name": list(screen_files.GENES)}, index=list(screen_files.ENSEMBL))
    found = open_screen(screen(screen_files, {"control": 40, "KLF1": 30}, var=named))
    assert found.genes == screen_files.GENES
    assert found.report.unmeasured == ()


def test_duplicated_gene_names(screen_files: Any):
    genes = ["KLF1", "KLF1", *screen_files.GENES[2:]]
    with pytest.warns(UserWarning, match="not unique"):
        adata = screen(screen_files, {"control": 40, "KLF1": 30}, var=pd.DataFrame(index=genes))
    assert refused(adata).found == "1 gene names are duplicated: 'KLF1'"


def test_the_genes_are_those_of_the_matrix_with_the_counts(screen_files: Any):
    """Where X holds the variable genes only, counts and genes come from raw."""
    adata = screen(screen_files, {"control": 40, "KLF1": 30}, x="scaled", counts_in="raw")
    found = open_screen(adata[:, ["AHR", "FEV", "ACTB"]].copy())
    assert found.genes == screen_files.GENES
    assert found.report.unmeasured == ()


# --- cells


def test_cells_are_chosen_by_columns(screen_files: Any):
    obs = {"line": ["a", "b"] * 100, "day": [7, 7, 13, 13] * 50}
    adata = screen(screen_files, {"control": 140, "KLF1": 60}, obs=obs)
    found = open_screen(adata, where={"line": "a", "day": "13"})
    assert found.report.n_left_out == 150
    assert set(np.flatnonzero(found.label >= 0)) == {i for i in range(200) if i % 4 == 2}
    both = open_screen(adata, where={"day": ["7", "13"], "line": ["a"]})
    assert both.report.n_left_out == 100
    error = refused(adata, where={"lin": "a"})
    assert error.fix == "did you mean 'line'?"
    error = refused(adata, where={"line": ["a", "c"]})
    assert error.found == "no cell has line = 'c'"
    adata.obs["other"] = ["x"] * 100 + ["y"] * 100
    adata.obs["same"] = ["y"] * 100 + ["x"] * 100
    assert refused(adata, where={"other": "x", "same": "x"}).found.startswith("no cell has")


def test_a_replicate_column_that_does_not_exist(screen_files: Any):
    adata = screen(screen_files, {"control": 40, "KLF1": 30}, obs={"donor": "d"})
    assert refused(adata, replicate="doner").fix == "did you mean 'donor'?"
    assert open_screen(adata, replicate="donor").replicate == "donor"
    assert open_screen(adata).replicate == ""


@pytest.mark.parametrize("shape", [(0, 30), (40, 0)])
def test_a_file_without_cells_or_genes(shape: tuple[int, int]):
    obs = pd.DataFrame({"perturbation": ["control"] * shape[0]}, index=map(str, range(shape[0])))
    with pytest.raises(InputError):
        open_screen(anndata.AnnData(np.zeros(shape, "float32"), obs=obs))


def test_a_file_that_is_none(tmp_path: Path):
    path = tmp_path / "screen.h5ad"
    assert refused(path).found == "the file does not exist"
    path.write_bytes(b"")
    assert refused(path).found == "the file is empty"
    path.write_text("perturbation\n")
    assert "not HDF5" in refused(path).found


# --- contradictions


@pytest.mark.parametrize(("file", "user"), [("CRISPRa", "CRISPRi"), ("CRISPR-cas9", "CRISPRi")])
def test_a_modality_that_the_file_contradicts(screen_files: Any, file: str, user: Any):
    adata = screen(screen_files, {"control": 40, "KLF1": 30}, obs={"perturbation_type": file})
    error = refused(adata, modality=user)
    assert error.found == f"modality {user} was stated, but obs['perturbation_type'] says '{file}'"
    assert error.fix == "leave modality out, or correct the file's metadata"
    assert "did you mean 'CRISPRi'" in refused(adata, modality="CRISPRj").fix


def test_a_modality_that_the_file_leaves_open_is_the_users(screen_files: Any):
    adata = screen(screen_files, {"control": 40, "KLF1": 30}, obs={"perturbation_type": "CRISPR"})
    assert open_screen(adata).modality is None
    found = open_screen(adata, modality="CRISPRko")
    assert found.modality == "CRISPRko"
    assert found.report.modality_from == (
        "stated by the user; obs['perturbation_type'] says 'CRISPR'"
    )


def test_the_modality_is_that_of_the_cells_in_use(screen_files: Any):
    obs = {
        "perturbation_type": ["CRISPRi"] * 40 + ["CRISPRa"] * 40,
        "half": ["a"] * 40 + ["b"] * 40,
    }
    sizes = {"ctrl": 1}
    adata = screen(screen_files, sizes | {"control": 79}, obs=obs)
    adata.obs["perturbation"] = (["control"] * 30 + ["KLF1"] * 10) * 2
    assert refused(adata).expected == "one modality"
    assert open_screen(adata, where={"half": "a"}).modality == "CRISPRi"
    assert open_screen(adata, where={"half": "b"}).modality == "CRISPRa"


# --- scale


def test_a_layer_that_is_named_must_hold_counts(screen_files: Any):
    adata = screen_files.replogle(counts_in="counts")
    adata.layers["bad"] = screen_files.log_of_no_counts(adata.X.toarray())
    assert open_screen(adata, layer="counts").report.scale.endswith("(from counts)")
    with pytest.raises(ScaleError, match="bad is log_other"):
        open_screen(adata, layer="bad")
    assert "did you mean 'counts'" in refused(adata, layer="count").fix


def test_totals_of_cells_come_from_the_column_that_is_named(screen_files: Any):
    adata = screen(screen_files, {"control": 40, "KLF1": 30})
    adata.obs["all_genes"] = np.asarray(adata.X.sum(1)).ravel() + 1000
    found = open_screen(adata, totals="all_genes")
    np.testing.assert_array_equal(
        found.read(np.arange(5)).n_counts, adata.obs["all_genes"].to_numpy()[:5]
    )
    adata.obs["all_genes"] = 1.0
    assert "less than the" in refused(adata, totals="all_genes").found
    assert "no column 'none'" in refused(adata, totals="none").found


# --- cells without any count


def emptied(adata: Any, cells: Any) -> Any:
    """The same with some cells emptied; one of them stores its zeros."""
    counts = adata.X.tolil()
    counts[cells] = 0
    adata.X = counts.tocsr()
    return adata


def test_empty_cells_are_neither_controls_nor_perturbed(screen_files: Any):
    sizes = {"control": 60, "KLF1": 30, "AHR": 30, "nan": 5}
    adata = emptied(screen(screen_files, sizes), [*range(20), 60, *range(90, 120), 120])
    found = open_screen(adata)
    assert found.report.n_controls == 40
    assert set(found.control_order(1)) == set(range(20, 60))
    table = found.table().set_index("perturbation")
    assert table["n_cells"].to_dict() == {"KLF1": 29, "AHR": 0}
    assert (found.report.n_unassigned, found.report.n_left_out) == (5, 0)
    assert (
        "51 cells without any count left out (20 controls and 31 perturbed); no other cell has "
        "'AHR'"
    ) in found.report.notes
    without = open_screen(adata[np.asarray(adata.X.sum(1)).ravel() > 0].copy())
    assert without.report.n_controls == 40
    assert not any("without any count" in note for note in without.report.notes)


def test_stored_zeros_are_no_counts(screen_files: Any):
    adata = screen(screen_files, {"control": 40, "KLF1": 30})
    for cells in (slice(0, 5), slice(0, 1)):
        adata.X.data[adata.X.indptr[cells.start] : adata.X.indptr[cells.stop]] = 0
    assert open_screen(adata).report.n_controls == 35
    adata.X = adata.X.toarray()
    assert open_screen(adata).report.n_controls == 35


def test_controls_are_counted_without_empty_ones(screen_files: Any):
    adata = emptied(screen(screen_files, {"control": 40, "KLF1": 30}), range(20))
    assert refused(adata).found.startswith("20 control cells and 20 without any count in column")


def test_a_screen_whose_only_controls_may_be_a_safe_harbour(screen_files: Any):
    adata = screen(screen_files, {"AAVS1": 40, "KLF1": 30})
    assert refused(adata).fix == "name their label: control: AAVS1"
    assert open_screen(adata, control="AAVS1").report.n_controls == 40
