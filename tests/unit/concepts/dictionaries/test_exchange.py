"""Files of other packages: whole or not there, and our note in them believed where it can be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.dictionaries.exchange import (
    check_input,
    known_of,
    note_of,
    noted_transform,
    read_pair,
    take,
    write_pair,
)
from cellglass.errors import CheckpointError, InputError

Make = Callable[..., Dictionary]


def written(folder: Path, d: Dictionary) -> Path:
    return write_pair(folder, "w.safetensors", {"a": np.ones(3)}, {"cellglass": note_of(d)})


def test_what_is_written_is_read(random_dictionary: Make, tmp_path: Path):
    d = random_dictionary("matryoshka")
    folder = written(tmp_path / "x", d)
    config, tensors = read_pair(folder, "w.safetensors", package="p")
    assert tensors["a"].tolist() == [1, 1, 1]
    note = config["cellglass"]
    transform = noted_transform(note, 5)
    assert transform is not None
    assert (transform.mean == d.transform.mean).all()
    assert (transform.scale, transform.gamma) == (d.transform.scale, d.transform.gamma)
    assert (note["kind"], note["k"], note["groups"]) == ("matryoshka", 3, [3, 6, 12])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x"]


def test_what_is_known_holds_for_unchanged_weights(random_dictionary: Make, tmp_path: Path):
    folder = written(tmp_path / "x", random_dictionary())
    note = json.loads((folder / "cfg.json").read_text())["cellglass"]
    said = {"format": "p"}
    meta = {"seed": 4, "fit": {"fvu": 0.25}, "model": "mini"}
    assert known_of(note, folder / "w.safetensors", said) == {**meta, "imported": said}
    save_file({"a": torch.zeros(3)}, folder / "w.safetensors")
    assert known_of(note, folder / "w.safetensors", said) == {"imported": said}
    assert known_of(None, folder / "w.safetensors", said) == {"imported": said}


def test_half_precision_is_read_as_single(tmp_path: Path):
    (tmp_path / "cfg.json").write_text("{}")
    save_file({"a": torch.ones(2, dtype=torch.bfloat16)}, tmp_path / "w.safetensors")
    tensors = read_pair(tmp_path, "w.safetensors", package="p")[1]
    assert tensors["a"].dtype == np.float32


def test_other_content_is_left_alone(random_dictionary: Make, tmp_path: Path):
    written(tmp_path / "x", random_dictionary())
    written(tmp_path / "x", random_dictionary())  # an earlier export is replaced
    (tmp_path / "x" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        written(tmp_path / "x", random_dictionary())
    assert (tmp_path / "x" / "thesis.txt").exists()


def test_a_failed_export_leaves_nothing(tmp_path: Path):
    with pytest.raises(ValueError, match="Out of range"):
        write_pair(tmp_path / "x", "w", {}, {"cellglass": {"bad": float("nan")}})
    assert list(tmp_path.iterdir()) == []


def test_missing_and_damaged_files(tmp_path: Path):
    with pytest.raises(InputError, match=r"no cfg.json"):
        read_pair(tmp_path, "w.safetensors", package="p")
    (tmp_path / "cfg.json").write_text("{}")
    with pytest.raises(InputError, match=r"no w.safetensors"):
        read_pair(tmp_path, "w.safetensors", package="p")
    (tmp_path / "w.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_pair(tmp_path, "w.safetensors", package="p")
    save_file({"a": torch.tensor([float("nan")])}, tmp_path / "w.safetensors")
    with pytest.raises(CheckpointError, match="a: values that are not finite"):
        read_pair(tmp_path, "w.safetensors", package="p")
    (tmp_path / "cfg.json").write_text("[]")
    with pytest.raises(CheckpointError, match="a list instead of an object"):
        read_pair(tmp_path, "w.safetensors", package="p")
    with pytest.raises(CheckpointError, match="there is no 'b' among a"):
        take({"a": np.ones(1, np.float32)}, "b", tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"scale": 0}, {"scale": "x"}, {"mean": [1.0]}, {"kind": "other"}, {"mean": [np.nan] * 5}],
)
def test_a_damaged_note_says_how_to_do_without(random_dictionary: Make, change: dict[str, Any]):
    note = {**note_of(random_dictionary()), **change}
    with pytest.raises(CheckpointError, match=r"note in cfg.json is damaged") as caught:
        noted_transform(note, 5)
    assert "delete the entry" in caught.value.fix
    assert noted_transform(None, 5) is None


@pytest.mark.parametrize("meta", [{"normalised": True}, {"embedding": {"normalised": True}}])
def test_normalised_embeddings_have_to_be_owned_up_to(
    random_dictionary: Make, meta: dict[str, Any]
):
    d = random_dictionary(meta=meta)
    with pytest.raises(InputError, match="divided by their norm"):
        check_input(d, normalised_input=False)
    check_input(d, normalised_input=True)
    check_input(random_dictionary(), normalised_input=False)
