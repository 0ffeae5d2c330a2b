from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.dictionaries.dictionary_files import RECORD, WEIGHTS, plain
from cellglass.concepts.transform import Transform
from cellglass.errors import CheckpointError, InputError


def made(kind: str = "batchtopk") -> Dictionary:
    rng = np.random.default_rng(3)
    decoder = rng.normal(size=(8, 4))
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    return Dictionary(
        kind, decoder * 2, rng.normal(size=8), decoder, rng.normal(size=4),
        Transform(rng.normal(size=4).astype(np.float32), 0.3, 2.5), k=2,
        threshold=rng.uniform(size=8) if kind == "batchtopk" else None,
        groups=(4, 8) if kind == "matryoshka" else None,
        meta={"seed": np.int64(3), "fvu": float("nan")},
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["batchtopk", "matryoshka"])
def test_what_is_written_is_read(tmp_path: Path, kind: str):
    d = made(kind)
    back = Dictionary.read(d.write(tmp_path / "a" / "d"))
    for name, tensor in d.tensors().items():
        np.testing.assert_array_equal(back.tensors()[name], tensor)
    assert (back.kind, back.k, back.groups) == (d.kind, d.k, d.groups)
    assert back.transform.scale == d.transform.scale
    assert back.transform.gamma == d.transform.gamma
    assert back.meta == {"seed": 3, "fvu": None}
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["d"]


def test_equal_dictionaries_give_equal_bytes(tmp_path: Path):
    a, b = made().write(tmp_path / "a"), made().write(tmp_path / "b")
    for name in (WEIGHTS, RECORD):
        assert (a / name).read_bytes() == (b / name).read_bytes()


def test_an_artifact_is_replaced_and_other_folders_are_left_alone(tmp_path: Path):
    made("batchtopk").write(tmp_path / "d")
    made("matryoshka").write(tmp_path / "d")
    assert Dictionary.read(tmp_path / "d").kind == "matryoshka"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="no dictionary"):
        made().write(tmp_path / "mine")


def test_a_failed_write_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made().write(tmp_path / "d")
    before = (tmp_path / "d" / WEIGHTS).read_bytes()
    monkeypatch.setattr(json, "dumps", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        made("matryoshka").write(tmp_path / "d")
    assert (tmp_path / "d" / WEIGHTS).read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["d"]


def changed(folder: Path, **changes: object) -> None:
    record = json.loads((folder / RECORD).read_text())
    (folder / RECORD).write_text(json.dumps(record | changes))


def test_damage_is_named(tmp_path: Path):
    folder = made().write(tmp_path / "d")
    with pytest.raises(InputError, match=f"no {RECORD}"):
        Dictionary.read(tmp_path)
    changed(folder, schema_version=99)
    with pytest.raises(InputError, match="schema version 99"):
        Dictionary.read(folder)
    changed(folder, schema_version=1, n_concepts=9)
    with pytest.raises(InputError, match=r"expected: \(9, 4\)"):
        Dictionary.read(folder)
    changed(folder, n_concepts=8, transform={"scale": 1})
    with pytest.raises(CheckpointError, match="gamma"):
        Dictionary.read(folder)
    made().write(folder)
    tensors = load_file(folder / WEIGHTS)
    save_file(tensors | {"bias": tensors["bias"] + 1}, folder / WEIGHTS)
    with pytest.raises(CheckpointError, match="not those the record was written for"):
        Dictionary.read(folder)
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:40])
    with pytest.raises(CheckpointError, match="cannot be read"):
        Dictionary.read(folder)
    (folder / RECORD).write_text("{")
    with pytest.raises(CheckpointError, match="no JSON"):
        Dictionary.read(folder)


def test_plain_leaves_nothing_that_json_cannot_say():
    value = plain({"a": np.arange(2), "b": [np.float32("inf")], 3: None})
    assert json.loads(json.dumps(value, allow_nan=False)) == {"a": [0, 1], "b": [None], "3": None}
