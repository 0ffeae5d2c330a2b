from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cellglass.errors import CheckpointError, InputError, UnsafeFileError
from cellglass.models import load_model
from cellglass.models.families import families, family_of
from cellglass.models.scvi import ScviModel
from cellglass.models.scvi.loading import columns, load, recognise, vocabulary_of, weights_path
from cellglass.models.scvi.saved import SavedModel

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def changed(scvi_folder: Path, tmp_path: Path) -> Callable[[Change], Path]:
    """``changed(function)``: a folder whose model.pt was changed."""

    def make(change: Change) -> Path:
        content = torch.load(scvi_folder / "model.pt", weights_only=False)
        change(content)
        torch.save(content, tmp_path / "model.pt")
        return tmp_path

    return make


def options(content: dict[str, Any]) -> dict[str, Any]:
    return content["attr_dict"]["init_params_"]["non_kwargs"]


def test_the_family_is_told_and_options_are_passed(scvi_folder: Path, cells: Any) -> None:
    assert family_of(scvi_folder).name == "scvi"
    model = load_model(scvi_folder, name="mine", missing_genes="zero", dtype="float64")
    assert isinstance(model, ScviModel)
    assert (model.name, model.missing_genes, model.dtype) == ("mine", "zero", torch.float64)
    assert model.provenance["path"] == str(scvi_folder / "model.pt")
    assert len(model.provenance["sha256"]) == 64
    few = cells[:, :700]
    assert model.embed(few).shape == (40, 10)
    with pytest.raises(InputError, match="65 of the model's 765 genes"):
        load_model(scvi_folder).embed(few)
    with pytest.raises(InputError, match="no option 'bach'"):
        load_model(scvi_folder, bach="x")


def test_other_families_are_not_taken_for_it(tiny: Any, tmp_path: Path, scvi_folder: Path) -> None:
    folder = tiny.write_scgpt(tmp_path / "a", file="model.pt")
    assert not recognise(folder)
    assert [f.name for f in families().values() if f.recognise(scvi_folder)] == ["scvi"]


def test_prefixes_are_found_and_named(scvi_folder: Path, tmp_path: Path, cells: Any) -> None:
    shutil.copy(scvi_folder / "model.pt", tmp_path / "first_model.pt")
    assert load_model(tmp_path).embed(cells[:2]).shape == (2, 10)
    shutil.copy(scvi_folder / "model.pt", tmp_path / "second_model.pt")
    with pytest.raises(CheckpointError, match="2 files") as caught:
        load_model(tmp_path)
    assert caught.value.fix == "name one: prefix='first_' or 'second_'"
    for prefix in ("second", "second_"):
        assert weights_path(tmp_path, prefix).name == "second_model.pt"
    with pytest.raises(CheckpointError, match="no third"):
        weights_path(tmp_path, "third")


def test_a_hub_folder_is_read(scvi_folder: Path, tmp_path: Path, cells: Any) -> None:
    shutil.copy(scvi_folder / "model.pt", tmp_path / "model.pt")
    (tmp_path / "_scvi_required_metadata.json").write_text(
        json.dumps({"model_cls_name": "SCVI", "scvi_version": "1.2.0"})
    )
    (tmp_path / "README.md").write_text("# a model")
    assert load_model(tmp_path).embed(cells[:2]).shape == (2, 10)
    (tmp_path / "model.pt").unlink()
    with pytest.raises(CheckpointError, match=r"no model\.pt"):
        load_model(tmp_path)


def test_a_folder_before_0_15_says_how_to_convert_it(tmp_path: Path) -> None:
    (tmp_path / "model_params.pt").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"before 0\.15") as caught:
        load_model(tmp_path)
    assert "convert_legacy_save" in caught.value.fix


@pytest.mark.parametrize("kind", ["TOTALVI", "LinearSCVI", "PEAKVI"])
def test_other_classes_are_refused_by_name(changed: Callable[[Change], Path], kind: str) -> None:
    def change(content: dict[str, Any]) -> None:
        content["attr_dict"]["registry_"]["model_name"] = kind

    with pytest.raises(CheckpointError, match=f"the model is a {kind}"):
        load_model(changed(change))


def test_what_the_library_does_not_know_or_cannot_compute_is_refused(
    changed: Callable[[Change], Path],
) -> None:
    with pytest.raises(CheckpointError, match="made with 'new_trick'"):
        load_model(changed(lambda c: options(c).update(new_trick=1)))
    with pytest.raises(CheckpointError, match="latent space is 'ln'"):
        load_model(changed(lambda c: options(c).update(latent_distribution="ln")))
    with pytest.raises(CheckpointError, match="a value cannot be used"):
        load_model(changed(lambda c: options(c).update(dispersion="odd")))


def test_weights_must_fit_the_options_exactly(changed: Callable[[Change], Path]) -> None:
    with pytest.raises(CheckpointError, match="has shape"):
        load_model(changed(lambda c: options(c).update(n_hidden=64)))
    with pytest.raises(CheckpointError, match="weights are missing, the first is"):
        load_model(changed(lambda c: options(c).update(n_layers=2)))
    state = "model_state_dict"
    with pytest.raises(CheckpointError, match="no place in the module, the first is 'more'"):
        load_model(changed(lambda c: c[state].update(more=torch.ones(1))))
    with pytest.raises(CheckpointError, match="has shape"):
        load_model(changed(lambda c: c.update(var_names=c["var_names"][:-1])))


def test_a_file_cut_short_or_harmful_is_told(
    scvi_folder: Path, tmp_path: Path, changed: Callable[[Change], Path]
) -> None:
    class Harm:
        def __reduce__(self) -> Any:
            return print, ("sprung",)

    with pytest.raises(UnsafeFileError):
        load_model(changed(lambda c: c["attr_dict"].update(x_=Harm())))
    whole = (scvi_folder / "model.pt").read_bytes()
    (tmp_path / "model.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="cannot be read as weights"):
        load_model(tmp_path)


def test_scanvi_loads_without_its_classifier(cells: Any, theirs: Any, tmp_path: Path) -> None:
    from cellglass.models.scvi.library import scvi_tools
    from cellglass.models.scvi.training import _quiet, _seeded

    scvi = scvi_tools()
    with _quiet(), _seeded(scvi, 3):
        scvi.model.SCANVI.setup_anndata(
            theirs, labels_key="bulk_labels", unlabeled_category="unknown"
        )
        original = scvi.model.SCANVI(theirs, n_latent=4)
        original.train(max_epochs=1, accelerator="cpu", enable_progress_bar=False, logger=False)
        original.save(str(tmp_path / "scanvi"))
        expected = original.get_latent_representation(give_mean=True)
    model = load(tmp_path / "scanvi")
    np.testing.assert_allclose(model.embed(cells), expected, atol=1e-5)
    assert (
        "classifier.classifier.0.weight" in " ".join(model.provenance["weights_not_used"])
        or (model.provenance["weights_not_used"])
    )


def test_all_covariates_and_options_load(cells: Any, theirs: Any, tmp_path: Path) -> None:
    from cellglass.models.scvi.library import scvi_tools
    from cellglass.models.scvi.training import _quiet, _seeded

    scvi = scvi_tools()
    for made in (cells, theirs):
        made.obs["lane"] = [f"l{i % 2}" for i in range(40)]
        made.obs["depth"] = np.linspace(-1, 1, 40)
        made.obs["size"] = np.linspace(500, 900, 40)
    for i, (setup, made) in enumerate(
        [
            ({"size_factor_key": "size"}, {"use_layer_norm": "both", "use_batch_norm": "none"}),
            ({}, {"batch_representation": "embedding", "encode_covariates": True}),
            ({}, {"deeply_inject_covariates": False, "encode_covariates": True, "n_layers": 2}),
            ({}, {"use_observed_lib_size": False, "dispersion": "gene-batch"}),
        ]
    ):
        with _quiet(), _seeded(scvi, 3):
            scvi.model.SCVI.setup_anndata(
                theirs, batch_key="lane", categorical_covariate_keys=["phase"],
                continuous_covariate_keys=["depth"], **setup,
            )  # fmt: skip
            original = scvi.model.SCVI(theirs, n_latent=4, **made)
            original.train(max_epochs=1, accelerator="cpu", enable_progress_bar=False, logger=False)
            original.save(str(tmp_path / str(i)))
            expected = original.get_latent_representation(give_mean=True)
            held = next(iter(original._make_data_loader(theirs, batch_size=40)))
        model = load(tmp_path / str(i))
        assert columns(tmp_path / str(i)) == ["lane", "phase", "depth"]
        found = model.embed(cells)
        np.testing.assert_allclose(found, expected, atol=1e-5)
        library = torch.as_tensor(model.library(cells)).float()[:, None].log()
        with torch.no_grad():
            rates = original.module.generative(
                torch.as_tensor(found), library, held["batch"], held["extra_continuous_covs"],
                held["extra_categorical_covs"], size_factor=library, y=held["labels"],
            )["px"].mean  # fmt: skip
            scale = original.module.generative(
                torch.as_tensor(found), library, held["batch"], held["extra_continuous_covs"],
                held["extra_categorical_covs"], size_factor=library, y=held["labels"],
            )["px"].scale  # fmt: skip
        assert rates.shape == scale.shape
        np.testing.assert_allclose(model.decode(found, cells, library=1), scale, atol=1e-6)
        own = (scale * library.exp()).numpy()
        np.testing.assert_allclose(model.decode(found, cells), own, rtol=1e-4)


def saved(*names: str, path: Path = Path("model.pt")) -> SavedModel:
    return SavedModel(path, "SCVI", "", names, {}, {}, {}, {})


def test_versions_of_ensembl_ids_are_cut_where_names_stay_different(tmp_path: Path) -> None:
    cut = vocabulary_of(saved("ENSG00000090382.12", "ENSG00000198851.4"))
    assert (list(cut.ids), cut.kind) == (["ENSG00000090382", "ENSG00000198851"], "ensembl")
    kept = vocabulary_of(saved("ENSG00000182378.15", "ENSG00000182378.15_PAR_Y"))
    assert list(kept.ids) == ["ENSG00000182378.15", "ENSG00000182378.15_PAR_Y"]
    assert vocabulary_of(saved("LYZ", "CD3E")).kind == "symbol"
    with pytest.raises(CheckpointError, match="gene 'LYZ' occurs 2 times"):
        vocabulary_of(saved("LYZ", "CD3E", "LYZ"))


@pytest.mark.parametrize("beside", ["symbols.json", "adata.h5ad", "nothing", "damaged"])
def test_symbols_come_from_the_files_beside(tmp_path: Path, beside: str) -> None:
    import pandas as pd
    from anndata import AnnData

    ids = ("ENSG00000090382.12", "ENSG00000198851.4")
    if beside == "symbols.json":
        (tmp_path / beside).write_text(json.dumps(dict(zip(ids, ("LYZ", "CD3E"), strict=True))))
    elif beside == "adata.h5ad":
        var = pd.DataFrame({"feature_name": ["LYZ", "CD3E"]}, index=list(ids))
        AnnData(np.zeros((1, 2), np.float32), var=var).write_h5ad(tmp_path / beside)
    elif beside == "damaged":
        (tmp_path / "adata.h5ad").write_bytes(b"no h5ad")
    found = vocabulary_of(saved(*ids, path=tmp_path / "model.pt"))
    expected = ["LYZ", "CD3E"] if beside.endswith(("json", "h5ad")) else list(found.ids)
    assert found.labels.tolist() == expected
