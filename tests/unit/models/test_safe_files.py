from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cellglass.errors import CheckpointError, InputError, UnsafeFileError
from cellglass.models.safe_files import (
    load_dictionary,
    load_weights,
    read_json,
    reading_config,
    sha256,
)

WEIGHTS = {"a.weight": torch.arange(6.0).view(2, 3), "a.bias": torch.ones(2, dtype=torch.float16)}


def write(path: Path, content: Any) -> Path:
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file(content, path)
    else:
        torch.save(content, path)
    return path


@pytest.mark.parametrize("name", ["w.pt", "w.bin", "w.pth", "w.safetensors"])
def test_weights_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    found = load_weights(write(tmp_path / name, WEIGHTS))
    assert list(found) == list(WEIGHTS) or set(found) == set(WEIGHTS)
    for key, tensor in WEIGHTS.items():
        assert torch.equal(found[key], tensor)
        assert found[key].dtype == tensor.dtype


def test_the_old_format_is_read_as_well(tmp_path: Path) -> None:
    torch.save(WEIGHTS, tmp_path / "w.pt", _use_new_zipfile_serialization=False)
    assert torch.equal(load_weights(tmp_path / "w.pt")["a.weight"], WEIGHTS["a.weight"])


@pytest.mark.parametrize("wrapper", ["state_dict", "model_state_dict", "model"])
def test_wrappers_of_trainers_are_taken_off(tmp_path: Path, wrapper: str) -> None:
    held = {f"module.{k}": v for k, v in WEIGHTS.items()}
    found = load_weights(write(tmp_path / "w.pt", {wrapper: held, "epoch": 3}))
    assert set(found) == set(WEIGHTS)


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.97])
def test_a_truncated_file_is_told_with_its_size(tmp_path: Path, name: str, share: float) -> None:
    path = write(tmp_path / name, {"a": torch.randn(40, 40)})
    size = int(share * path.stat().st_size)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError) as caught:
        load_weights(path)
    assert f"{size:,} bytes" in caught.value.found
    assert caught.value.where == str(path)
    assert "download it again" in caught.value.fix


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors", "d.pkl"])
@pytest.mark.parametrize(
    "content", [b"<!DOCTYPE html><html>Not found</html>",
                b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 41\n"],
)  # fmt: skip
def test_what_is_no_checkpoint_at_all_is_not_called_dangerous(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=name):
        (load_dictionary if name == "d.pkl" else load_weights)(path)


@pytest.mark.parametrize("content", [[torch.ones(2)], {"a": 3, "b": "x"}, torch.ones(2)])
def test_a_file_without_named_tensors_is_no_state_dict(tmp_path: Path, content: Any) -> None:
    with pytest.raises(CheckpointError, match="state dict"):
        load_weights(write(tmp_path / "w.pt", content))


@pytest.mark.parametrize("new_format", [True, False])
def test_a_checkpoint_that_would_execute_code_is_refused(
    tmp_path: Path, bomb: Any, new_format: bool
) -> None:
    path = tmp_path / "w.pt"
    torch.save({**WEIGHTS, "x": bomb}, path, _use_new_zipfile_serialization=new_format)
    with pytest.raises(UnsafeFileError, match="nothing was executed") as caught:
        load_weights(path)
    assert caught.value.where == str(path)
    assert not bomb.exploded


@pytest.mark.parametrize("name", ["w.pt", "w.bin"])
def test_a_bare_pickle_that_would_execute_code_is_refused(
    tmp_path: Path, bomb: Any, name: str
) -> None:
    (tmp_path / name).write_bytes(bomb.pickled)
    with pytest.raises(UnsafeFileError, match=name):
        load_weights(tmp_path / name)
    assert not bomb.exploded


def test_code_hidden_behind_a_damaged_archive_is_not_executed(tmp_path: Path, bomb: Any) -> None:
    """A checkpoint whose tensors are missing, but whose pickle calls a function."""
    path = tmp_path / "w.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", bomb.pickled)
        archive.writestr("archive/version", "3")
    with pytest.raises((UnsafeFileError, CheckpointError)):
        load_weights(path)
    assert not bomb.exploded


def test_a_dictionary_that_would_execute_code_is_refused(tmp_path: Path, bomb: Any) -> None:
    path = tmp_path / "d.pkl"
    path.write_bytes(bomb.pickled)
    with pytest.raises(UnsafeFileError, match=r"(?s)asks for .*nothing was executed") as caught:
        load_dictionary(path)
    assert caught.value.where == str(path)
    assert not bomb.exploded


@pytest.mark.parametrize("protocol", range(6))
def test_plain_dictionaries_with_numpy_scalars_are_read(tmp_path: Path, protocol: int) -> None:
    held = {"ENSG1": np.float64(1.5), "ENSG2": np.int16(7), "<pad>": 0, "names": ["x", ("y", None)]}
    path = tmp_path / "d.pkl"
    path.write_bytes(pickle.dumps(held, protocol=protocol))
    assert load_dictionary(path) == held


def test_names_of_old_and_new_numpy_are_both_admitted(tmp_path: Path) -> None:
    held = pickle.dumps({"a": np.float64(2.5)}, protocol=2)
    old = held.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert old != held
    for name, content in (("new.pkl", held), ("old.pkl", old)):
        (tmp_path / name).write_bytes(content)
        assert load_dictionary(tmp_path / name) == {"a": 2.5}


def test_json_dictionaries_are_read_and_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_text(json.dumps({"A": 1}))
    assert load_dictionary(path) == {"A": 1}
    path.write_text('{"A": 1')
    with pytest.raises(CheckpointError, match=r"d\.json"):
        load_dictionary(path)
    path.write_text("[1, 2]")
    with pytest.raises(CheckpointError, match=r"(?s)holds a list.*a dictionary"):
        load_dictionary(path)


def test_a_truncated_dictionary_is_told(tmp_path: Path) -> None:
    whole = pickle.dumps({f"ENSG{i}": np.float64(i) for i in range(50)})
    path = tmp_path / "d.pkl"
    for size in (0, 1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match="download it again"):
            load_dictionary(path)


@pytest.mark.parametrize("kind", ["dictionary", "weights"])
def test_flipped_bytes_never_leave_a_bare_error(tmp_path: Path, kind: str) -> None:
    """What damage does is not foreseen in detail: any error must be one of ours."""
    rng = np.random.default_rng(0)
    stream = io.BytesIO()
    torch.save(WEIGHTS, stream, _use_new_zipfile_serialization=False)
    whole = pickle.dumps({"A": np.float64(1), "B": [1, 2]}, protocol=4)
    whole = whole if kind == "dictionary" else stream.getvalue()
    path = tmp_path / ("d.pkl" if kind == "dictionary" else "w.pt")
    named = []
    for _ in range(120):
        damaged = bytearray(whole)
        damaged[int(rng.integers(len(whole)))] = int(rng.integers(256))
        path.write_bytes(bytes(damaged))
        try:
            (load_dictionary if kind == "dictionary" else load_weights)(path)
        except (CheckpointError, UnsafeFileError) as error:
            named.append(error.where)
    assert len(named) > 20
    assert set(named) == {str(path)}


def test_json_objects_and_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"a": 1}')
    assert read_json(path) == {"a": 1}
    for wrong in ("[]", "{", "\udcff"):
        path.write_bytes(wrong.encode("utf-8", "surrogatepass"))
        with pytest.raises(CheckpointError, match=r"config\.json"):
            read_json(path)


@pytest.mark.parametrize(
    ("error", "found"),
    [(KeyError("nheads"), "the key 'nheads' is missing"), (ValueError("so"), "so"),
     (InputError("heads", expected="more", fix="do"), "heads")],
)  # fmt: skip
def test_errors_of_configurations_name_their_file(error: Exception, found: str) -> None:
    with pytest.raises(CheckpointError) as caught, reading_config(Path("x/args.json")):
        raise error
    assert found in caught.value.found
    assert caught.value.where == str(Path("x/args.json"))
    assert caught.value.fix
    with reading_config(Path("x")):
        pass


def test_a_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    import hashlib

    one, two = tmp_path / "1", tmp_path / "2"
    one.write_bytes(b"abc")
    two.write_bytes(b"def")
    assert sha256(one) == hashlib.sha256(b"abc").hexdigest()
    assert sha256(one, two) == hashlib.sha256(b"abcdef").hexdigest()
