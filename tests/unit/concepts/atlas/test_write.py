"""An atlas is whole or not there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cellglass.concepts.atlas import write as module
from cellglass.concepts.atlas.content import AtlasContent
from cellglass.concepts.atlas.schema import ATLAS, SCHEMA_VERSION
from cellglass.concepts.atlas.write import write_atlas
from cellglass.errors import InputError

Make = Callable[..., AtlasContent]


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_equal_content_gives_equal_bytes(content: Make, tmp_path: Path):
    one, two = write_atlas(content(), tmp_path / "a"), write_atlas(content(), tmp_path / "b")
    assert content_of(one) == content_of(two)


def test_numbers_that_json_does_not_know_become_null(content: Make, tmp_path: Path):
    described = json.loads((write_atlas(content(), tmp_path / "a") / ATLAS).read_text())
    assert described["schema"] == SCHEMA_VERSION
    assert described["meta"] == {"noise_floor": None, "seed": 3, "k": [1, 2]}


def test_an_older_atlas_is_replaced(content: Make, tmp_path: Path):
    write_atlas(content(), tmp_path / "a")
    (tmp_path / "a" / "left over").write_text("x")
    write_atlas(content(model="other"), tmp_path / "a")
    assert json.loads((tmp_path / "a" / ATLAS).read_text())["model"] == "other"
    assert not (tmp_path / "a" / "left over").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_folder_with_something_else_is_left_alone(content: Make, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds no atlas"):
        write_atlas(content(), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_a_failure_leaves_the_old_one(
    content: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_atlas(content(), tmp_path / "a")
    before = content_of(tmp_path / "a")

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "fill_atlas", broken)
    with pytest.raises(OSError, match="No space"):
        write_atlas(content(model="other"), tmp_path / "a")
    assert content_of(tmp_path / "a") == before
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_bad_content_writes_nothing(content: Make, tmp_path: Path):
    held = content()
    held.tables["units"]["unit"] = [1, 2, 3]
    with pytest.raises(InputError):
        write_atlas(held, tmp_path / "a")
    assert not list(tmp_path.iterdir())
