from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from cellglass.errors import CheckpointError
from cellglass.models import ModelFamily, families, load_model
from cellglass.models.families import MINI_MODELS, family_of, resolve


def test_the_families_of_this_package_are_registered() -> None:
    assert {"scgpt", "geneformer"} <= set(families())


def test_a_folder_or_a_file_in_it_tells_its_family(
    scgpt_folder: Path, geneformer_folder: Path
) -> None:
    assert load_model(scgpt_folder).family == "scgpt"
    assert load_model(str(geneformer_folder)).family == "geneformer"
    assert load_model(scgpt_folder / "best_model.pt").family == "scgpt"
    assert load_model(scgpt_folder).name == scgpt_folder.name
    assert load_model(scgpt_folder, name="mine").name == "mine"


def test_what_is_no_checkpoint_is_told_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(CheckpointError) as caught:
        load_model(tmp_path)
    assert "no known family" in caught.value.found
    assert "notes.txt" in caught.value.where
    assert "args.json" in caught.value.expected
    assert "config.json" in caught.value.expected


def test_a_missing_folder_is_told_with_the_shipped_models(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="did you mean 'mini-scgpt'"):
        load_model("mini-scgtp")
    with pytest.raises(CheckpointError, match=r"(?s)no model.*mini-scgpt, mini-geneformer"):
        load_model(tmp_path / "nowhere")


def test_a_folder_of_two_families_wants_a_name(
    tiny: Any, tmp_path: Path, geneformer_folder: Path
) -> None:
    folder = tiny.write_scgpt(tmp_path / "both")
    tiny.write_geneformer(folder)
    with pytest.raises(CheckpointError, match=r"(?s)geneformer and of scgpt|scgpt and of gen"):
        load_model(folder)
    assert load_model(folder, family="scgpt").family == "scgpt"
    assert load_model(folder, family="geneformer").family == "geneformer"
    with pytest.raises(CheckpointError, match="did you mean 'scgpt'"):
        load_model(folder, family="sgcpt")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_precisions(scgpt_folder: Path, dtype: str) -> None:
    model = load_model(scgpt_folder, dtype=dtype)
    assert model.dtype == getattr(torch, dtype)
    assert load_model(scgpt_folder).dtype == torch.float32


@pytest.mark.parametrize("dtype", ["float23", "int64", "nn"])
def test_a_precision_that_is_none_is_told(scgpt_folder: Path, dtype: str) -> None:
    with pytest.raises(CheckpointError, match=f"dtype '{dtype}'"):
        load_model(scgpt_folder, dtype=dtype)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_told(scgpt_folder: Path) -> None:
    with pytest.raises(CheckpointError, match="no CUDA device"):
        load_model(scgpt_folder, device="cuda")


LOADED: list[tuple[Path, dict[str, Any]]] = []


def _load(folder: Path, **options: Any) -> Any:
    LOADED.append((folder, options))
    return load_model("mini-scgpt", name=options["name"] or "third")


THIRD = ModelFamily("third", lambda f: (f / "third.txt").is_file(), _load, layout="third.txt")


def test_other_packages_add_families_by_entry_points(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = sys.modules[family_of.__module__]  # the package's `families` is the function
    real = module.entry_points

    def with_third(group: str) -> EntryPoints:
        more = [
            EntryPoint(name, f"{__name__}:{value}", group)
            for name, value in (("third", "THIRD"), ("odd", "ODD"))
        ]
        return EntryPoints([*real(group=group), *more])

    monkeypatch.setattr(module, "entry_points", with_third)
    monkeypatch.setitem(sys.modules, __name__, SimpleNamespace(THIRD=THIRD, ODD="no family"))
    assert set(families()) == {"scgpt", "geneformer", "scvi", "third"}
    (tmp_path / "third.txt").touch()
    assert family_of(tmp_path) is THIRD
    assert load_model(tmp_path, depth=3).name == "third"
    assert LOADED[-1] == (tmp_path, {"name": None, "depth": 3})


@pytest.mark.parametrize("name", MINI_MODELS)
def test_the_shipped_models_load_by_name(name: str) -> None:
    model = load_model(name)
    assert model.name == name
    assert model.family == name.removeprefix("mini-")
    assert model.max_tokens >= 512
    assert len(model.vocabulary) >= 5000
    assert {"STAT1", "IRF7", "ISG15"} <= set(model.vocabulary.labels.tolist())
    assert model.dtype == torch.float32


def test_the_shipped_models_are_small() -> None:
    """At most 6 MB together, as the issue asks."""
    total = sum(f.stat().st_size for n in MINI_MODELS for f in resolve(n).rglob("*"))
    assert 1e6 < total <= 6e6
