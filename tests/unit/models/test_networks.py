"""A network is parsed once a content, and again when its file changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cellglass.data.downloads import NotFetched
from cellglass.errors import CellglassError
from cellglass.models import networks
from cellglass.models.networks import MAX_HELD, held_network
from cellglass.runs.study import Study


@pytest.fixture
def parsed(monkeypatch) -> list[str]:
    """Names of what was really read, starting from nothing held."""
    calls: list[str] = []
    load = networks.load_network

    def count(source, **options):
        calls.append(source)
        return load(source, **options)

    monkeypatch.setattr(networks, "load_network", count)
    monkeypatch.setattr(networks, "_held", type(networks._held)())
    return calls


def write(path: Path, rows: str) -> str:
    path.write_text("source\ttarget\n" + rows)
    return str(path)


def test_once_a_content_and_options(tmp_path, parsed):
    path = write(tmp_path / "n.tsv", "A\tB\nB\tC\n")
    first = held_network(path, {})
    assert held_network(path, {}) is first
    assert len(parsed) == 1
    assert not held_network(path, {"directed": False}).directed
    assert held_network(path, {}).directed
    assert len(parsed) == 2


def test_a_changed_file_is_read_again(tmp_path, parsed):
    path = write(tmp_path / "n.tsv", "A\tB\n")
    assert len(held_network(path, {})) == 1
    write(tmp_path / "n.tsv", "A\tB\nB\tC\n")
    os.utime(path, (1, 1))
    assert len(held_network(path, {})) == 2


def test_planning_reads_each_network_once(tmp_path, parsed):
    from cellglass.models.inputs import network_params

    path = write(tmp_path / "n.tsv", "A\tB\n")
    study = Study(
        study="s", cells={"path": "pbmc68k"}, models=["mini-scgpt"], networks=[{"source": path}]
    )
    assert network_params(study) == network_params(study)
    assert parsed == [path]


def test_only_so_many_are_held(tmp_path, parsed):
    for i in range(MAX_HELD + 3):
        held_network(write(tmp_path / f"{i}.tsv", f"A\tB{i}\n"), {})
    assert len(networks._held) == MAX_HELD


def test_what_is_missing_is_said_as_before(tmp_path, parsed, monkeypatch):
    with pytest.raises(CellglassError, match="neither a file nor a name"):
        held_network(str(tmp_path / "none.tsv"), {})
    monkeypatch.setattr(networks, "cached", lambda name: None)
    monkeypatch.setenv("CELLGLASS_CACHE", str(tmp_path))
    with pytest.raises(NotFetched):
        held_network("trrust", {})
