"""Whole folders in the run folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellglass.runs.exports import write_exports
from cellglass.runs.tasks import DONE


def made(folder: Path, text: str) -> Path:
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "a.txt").write_text(text)
    (folder / DONE).write_text("{}")
    return folder


def test_folders_stand_in_their_place_without_the_mark_of_the_store(tmp_path: Path):
    source = made(tmp_path / "store" / "x", "one")
    write_exports(tmp_path, {"atlas/scvi": source})
    assert (tmp_path / "atlas" / "scvi" / "inner" / "a.txt").read_text() == "one"
    assert not (tmp_path / "atlas" / "scvi" / DONE).exists()
    assert (source / DONE).exists()


def test_a_run_replaces_what_the_last_one_left(tmp_path: Path):
    write_exports(tmp_path, {"atlas/a": made(tmp_path / "store" / "x", "one")})
    write_exports(tmp_path, {"atlas/b": made(tmp_path / "store" / "y", "two")})
    assert sorted(p.name for p in (tmp_path / "atlas").iterdir()) == ["b"]
    write_exports(tmp_path, {})
    assert not (tmp_path / "atlas").exists()
    assert not list(tmp_path.glob(".atlas*"))


@pytest.mark.parametrize(("units", "place"), [("a", "expert_labels.parquet"),
                                              ("b", "earlier_expert_labels.parquet")])  # fmt: skip
def test_what_experts_wrote_is_carried_over(tmp_path: Path, units: str, place: str):
    first = made(tmp_path / "store" / "x", "one")
    (first / "units.parquet").write_text("a")
    write_exports(tmp_path, {"atlas/a": first})
    (tmp_path / "atlas" / "a" / "expert_labels.parquet").write_text("interferon")
    second = made(tmp_path / "store" / "y", "two")
    (second / "units.parquet").write_text(units)
    write_exports(tmp_path, {"atlas/a": second})
    assert (tmp_path / "atlas" / "a" / place).read_text() == "interferon"
    assert (tmp_path / "atlas" / "a" / "inner" / "a.txt").read_text() == "two"
    assert not (second / place).exists()


def test_an_interruption_leaves_the_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_exports(tmp_path, {"atlas/a": made(tmp_path / "store" / "x", "one")})

    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.copytree", broken)
    with pytest.raises(KeyboardInterrupt):
        write_exports(tmp_path, {"atlas/b": tmp_path / "store" / "x"})
    assert (tmp_path / "atlas" / "a" / "inner" / "a.txt").read_text() == "one"
    assert not list(tmp_path.glob(".atlas*"))


def test_another_file_system_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_links(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("os.link", no_links)
    write_exports(tmp_path, {"atlas/a": made(tmp_path / "store" / "x", "one")})
    assert (tmp_path / "atlas" / "a" / "inner" / "a.txt").read_text() == "one"


@pytest.mark.parametrize("place", ["results/a", "atlas"])
def test_other_places_are_refused(tmp_path: Path, place: str):
    with pytest.raises(ValueError, match="no place"):
        write_exports(tmp_path, {place: tmp_path})
