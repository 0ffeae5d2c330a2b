from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cellglass.models import CellModel, ModelFamily, families, load_model
from cellglass.models.families import MINI_MODELS
from cellglass.models.swapping_only import no_swaps
from cellglass.runs.sections import ModelConfig


@pytest.mark.parametrize("name", MINI_MODELS)
def test_families_say_what_their_models_can(name: str) -> None:
    model = load_model(name)
    own = type(model).swap_space is not CellModel.swap_space
    assert families()[model.family].swaps == own
    assert no_swaps(ModelConfig(path=name)) == ""


def test_scvi_exchanges_genes(scvi_folder: Path) -> None:
    assert type(load_model(scvi_folder)).swap_space is not CellModel.swap_space
    assert no_swaps(ModelConfig(path=str(scvi_folder))) == ""


def test_a_family_that_says_nothing_exchanges_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its weights are not read to find out."""
    (tmp_path / "bag.json").touch()
    bag = ModelFamily("bag", lambda f: (f / "bag.json").is_file(), lambda *_, **__: 1 / 0)
    known = families() | {"bag": bag}
    monkeypatch.setattr(sys.modules[load_model.__module__], "families", lambda: known)
    why = no_swaps(ModelConfig(path=str(tmp_path)))
    assert why.startswith("the family bag does not say what exchanging a gene")
    assert "swaps=True" in why
