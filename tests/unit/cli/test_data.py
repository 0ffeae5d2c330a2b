import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cellglass.data.catalogue import CATALOGUE, Resource, ResourceFile

BODY = b"AATF\tBAX\tRepression\t1\nSPI1\tCD14\tActivation\t4\n"


@pytest.fixture
def toy(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A resource that a local server has, in the catalogue; gives the folder of the cache."""
    pinned = hashlib.sha256(BODY).hexdigest()
    file = ResourceFile("toy.tsv", f"{server.base}/toy.tsv", pinned, None)
    held = Resource("toy", "A toy network", "v1", (file,), "CC0", "Toy, doi:10.1/x", "network")
    monkeypatch.setitem(CATALOGUE, "toy", held)
    server.files["/toy.tsv"] = BODY
    monkeypatch.setenv("CELLGLASS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_fetch_list_check(toy: Path, cellglass: Callable, server: Any):
    told = cellglass("data", "list")
    assert told.code == 0
    assert "toy (not fetched)\n  A toy network\n  licence: CC0" in told.out
    assert "trrust (not fetched)" in told.out
    told = cellglass("data", "fetch", "toy")
    assert told.code == 0, told.text
    for text in ("toy (v1) fetched", "licence: CC0", "cite: Toy", hashlib.sha256(BODY).hexdigest()):
        assert text in told.out
    assert "toy (at hand: " in cellglass("data", "list").out
    assert cellglass("data", "check").out == "The cache is sound.\n"
    told = cellglass("data", "fetch", "toy")
    assert "in the cache" in told.out
    assert server.requests == ["/toy.tsv"]


def test_damaged_cache(toy: Path, cellglass: Callable):
    cellglass("data", "fetch", "toy")
    next(toy.rglob("toy.tsv")).write_bytes(BODY[:10])
    told = cellglass("data", "check")
    assert told.code == 2
    assert "toy: toy.tsv is " in told.out
    assert "1 file of the cache damaged" in told.err
    assert "fetch" in told.err


def test_file_or_mirror_instead_of_the_home(toy: Path, cellglass: Callable, tmp_path: Path):
    own = tmp_path / "own.tsv"
    own.write_bytes(BODY)
    told = cellglass("data", "fetch", "toy", "--source", own)
    assert told.code == 0, told.text
    assert next(toy.rglob("toy.tsv")).read_bytes() == BODY


def test_other_content_is_refused(toy: Path, cellglass: Callable, server: Any):
    server.files["/toy.tsv"] = b"something else"
    told = cellglass("data", "fetch", "toy")
    assert told.code == 2
    assert "sha256" in told.err
    assert "Traceback" not in told.err
    assert not list(toy.rglob("toy.tsv"))


def test_no_network_at_hand(toy: Path, cellglass: Callable, server: Any):
    server.files.clear()
    told = cellglass("data", "fetch", "toy")
    assert told.code == 2
    assert "--source" in told.err
    told = cellglass("data", "fetch", "tyo")
    assert told.code == 2
    assert "'toy'" in told.err


def test_check_of_cells(cellglass: Callable, cells: Path, checkpoint: Path):
    told = cellglass(
        "data", "check", cells, "--model", checkpoint, "--donor", "donor", "--strata", "cell_type"
    )
    assert told.code == 0, told.text
    assert "60 cells of 60, 60 genes" in told.out
    assert "counts: X; counts: all" in told.out
    assert "gene names: symbol" in told.out
    assert "in the vocabulary: 60 of 60 genes, 100.0% of counts" in told.out
    told = cellglass("data", "check", cells, "--strata", "celltype")
    assert told.code == 2
    assert "did you mean 'cell_type'?" in told.err


def test_screens_are_listed_with_their_accessions(cellglass: Callable):
    from cellglass.data.screens.accessions import PUBLIC_SCREENS

    told = cellglass("data", "screens")
    assert told.code == 0
    for screen in PUBLIC_SCREENS.values():
        for text in (screen.name, screen.modality, screen.where, screen.doi, screen.note):
            assert text in told.out
