"""An atlas for scanpy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pytest

from cellglass.concepts import ConceptAtlas, write_atlas
from cellglass.concepts.atlas.content import AtlasContent


@pytest.fixture
def adata(content: Callable[..., AtlasContent], tmp_path: Path) -> anndata.AnnData:
    return ConceptAtlas.open(write_atlas(content(), tmp_path / "toy")).to_anndata()


def test_axes_are_cells_and_genes(adata: anndata.AnnData):
    assert adata.obs_names.tolist() == [f"c{i}" for i in range(6)]
    assert adata.var_names.tolist() == ["ISG15", "NKG7", "LYZ"]


def test_a_concept_is_a_column_and_every_unit_is_in_obsm(adata: anndata.AnnData):
    assert adata.obs["concept 9"].tolist() == [0, 0, 0, 0, 0, 3]
    assert "neuron 0 +" not in adata.obs
    names = adata.uns["units"]["name"].tolist()
    np.testing.assert_array_equal(
        adata.obsm["X_units"][:, names.index("concept 9")], adata.obs["concept 9"]
    )


def test_scores_stand_with_genes(adata: anndata.AnnData):
    scores = adata[:, "ISG15"].varm["unit_scores"][0]
    np.testing.assert_allclose(scores, [0.4, 0.1, np.nan], rtol=1e-6)


def test_it_can_be_written_and_read(adata: anndata.AnnData, tmp_path: Path):
    adata.write_h5ad(tmp_path / "x.h5ad")
    back = anndata.read_h5ad(tmp_path / "x.h5ad")
    np.testing.assert_array_equal(back.obsm["X_units"], adata.obsm["X_units"])
    assert back.uns["units"]["name"].tolist() == adata.uns["units"]["name"].tolist()


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of scanpy's own
def test_scanpy_plots_a_concept_at_once(adata: anndata.AnnData):
    scanpy = pytest.importorskip("scanpy")
    axes = scanpy.pl.embedding(adata, "X_map", color="concept 4", show=False)
    assert axes.get_title() == "concept 4"
