from __future__ import annotations

from pathlib import Path

import pytest

from cellglass.errors import InputError
from cellglass.models import load_model
from cellglass.models.transformer_only import as_transformer, no_attention
from cellglass.runs.sections import ModelConfig


def test_a_transformer_is_returned_as_it_is() -> None:
    model = load_model("mini-scgpt")
    assert as_transformer(model) is model


def test_others_are_refused_with_their_family(scvi_folder: Path) -> None:
    with pytest.raises(InputError, match="a model of the family scvi has no attention") as caught:
        as_transformer(load_model(scvi_folder, name="mine"))
    assert caught.value.where == "mine"


def test_a_study_knows_it_before_weights_are_read(
    scvi_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cellglass.models.scvi.loading.read_saved", None)
    assert "family scvi" in no_attention(ModelConfig(path=str(scvi_folder)))
    assert no_attention(ModelConfig(path="mini-geneformer")) == ""
