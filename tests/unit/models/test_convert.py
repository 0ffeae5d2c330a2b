from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.errors import CheckpointError, UnsafeFileError
from cellglass.models import Tap, load_model
from cellglass.models.convert import convert_checkpoint


@pytest.fixture(params=["scgpt", "geneformer"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    source: Path = request.getfixturevalue(f"{request.param}_folder")
    return Path(shutil.copytree(source, tmp_path / "source"))


def embedded(folder: Path, cells_of: Any, **options: Any) -> Any:
    model = load_model(folder, **options)
    tokens = model.tokenize(cells_of(model, 3))
    trace = model.forward(tokens, [Tap.cell_embedding(), Tap.logits()])
    return trace.cell_embedding, trace.logits[tokens.valid], tokens


def test_there_and_back_gives_the_same_numbers(folder: Path, tmp_path: Path, cells_of: Any) -> None:
    out = convert_checkpoint(folder, tmp_path / "out")
    assert [p.name for p in out.iterdir() if p.suffix in (".pt", ".bin", ".safetensors")] == [
        "model.safetensors"
    ]
    before, after = embedded(folder, cells_of), embedded(out, cells_of)
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])
    np.testing.assert_array_equal(before[2].gene_ids, after[2].gene_ids)
    assert not list(tmp_path.glob(".*"))  # no half-written folder is left
    again = convert_checkpoint(out, tmp_path / "again")
    np.testing.assert_array_equal(embedded(again, cells_of)[0], before[0])


@pytest.mark.parametrize(("dtype", "atol"), [("float16", 0.02), ("bfloat16", 0.15)])
def test_lower_precision_is_smaller_and_close(
    folder: Path, tmp_path: Path, cells_of: Any, dtype: str, atol: float
) -> None:
    full = convert_checkpoint(folder, tmp_path / "full") / "model.safetensors"
    out = convert_checkpoint(folder, tmp_path / "half", dtype)
    assert (out / "model.safetensors").stat().st_size < 0.7 * full.stat().st_size
    found = embedded(out, cells_of)[0]
    np.testing.assert_allclose(found, embedded(folder, cells_of)[0], atol=atol)


def test_only_the_weights_are_read_not_what_trainers_leave_beside_them(
    tiny: Any, tmp_path: Path, bomb: Any
) -> None:
    """Published Geneformer folders hold a training_args.bin, which is a pickle of objects."""
    folder = tiny.write_geneformer(tmp_path / "source", file="pytorch_model.bin")
    (folder / "training_args.bin").write_bytes(bomb.pickled)
    (folder / "optimizer.pt").write_bytes(pickle.dumps([bomb]))
    out = convert_checkpoint(folder, tmp_path / "out")
    assert load_model(out).n_layers == 3
    assert not bomb.exploded
    assert not (out / "training_args.bin").exists()


def test_dictionaries_in_their_own_folder_come_along(
    tiny: Any, tmp_path: Path, cells_of: Any
) -> None:
    folder = tiny.write_geneformer(tmp_path / "source", dictionaries=False)
    tiny.write_dictionaries(folder / "dictionaries")
    out = convert_checkpoint(folder, tmp_path / "out")
    np.testing.assert_array_equal(embedded(folder, cells_of)[0], embedded(out, cells_of)[0])


def test_a_folder_with_files_is_not_written_to(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("x")
    with pytest.raises(CheckpointError, match="not empty"):
        convert_checkpoint(folder, out)
    assert [p.name for p in out.iterdir()] == ["mine.txt"]
    (out / "mine.txt").unlink()
    assert convert_checkpoint(folder, out) == out  # an empty one is fine


def test_a_wrong_precision_and_a_wrong_folder_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="did you mean 'float16'"):
        convert_checkpoint(folder, tmp_path / "out", "flaot16")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CheckpointError, match="no known family"):
        convert_checkpoint(empty, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_dangerous_weights_leave_nothing_behind(tiny: Any, tmp_path: Path, bomb: Any) -> None:
    folder = tiny.write_scgpt(tmp_path / "source")
    (folder / "best_model.pt").write_bytes(bomb.pickled)
    with pytest.raises(UnsafeFileError):
        convert_checkpoint(folder, tmp_path / "out")
    assert not bomb.exploded
    assert sorted(p.name for p in tmp_path.iterdir()) == ["source"]
