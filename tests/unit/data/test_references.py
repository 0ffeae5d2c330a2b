from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cellglass.data.catalogue import CATALOGUE
from cellglass.data.downloads import NotFetched, fetch
from cellglass.data.references import load_gene_sets, load_gene_table, load_network
from cellglass.errors import DownloadError, InputError


def unpinned(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The entry without hashes, so that small stand-ins can be fetched."""
    files = tuple(replace(f, sha256=None, known_sha256=None) for f in CATALOGUE[name].files)
    monkeypatch.setitem(CATALOGUE, name, replace(CATALOGUE[name], files=files))


def test_not_fetched_gives_the_command(tmp_path: Path) -> None:
    for name in ("trrust", "string"):
        with pytest.raises(NotFetched, match=rf"run: cellglass data fetch {name}$"):
            load_network(name, cache=tmp_path)
    assert issubclass(NotFetched, DownloadError)
    with pytest.raises(NotFetched, match=r"run: cellglass data fetch go$"):
        load_gene_sets("go", cache=tmp_path)
    with pytest.raises(NotFetched, match=r"run: cellglass data fetch hgnc$"):
        load_gene_table(cache=tmp_path)


def test_neither_name_nor_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"neither a file nor a name(?s:.*)'trrust'"):
        load_network("trust", cache=tmp_path)
    with pytest.raises(InputError, match=r"'go' holds no network(?s:.*)trrust, collectri"):
        load_network("go", cache=tmp_path)


def test_network_by_name_and_by_path(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    source = shared_data("regulatory/trrust_rawdata.human.tsv")
    fetch("trrust", source=source, cache=tmp_path, progress=False)
    by_name = load_network("trrust", cache=tmp_path)
    assert (by_name.name, by_name.version, by_name.licence) == ("trrust", "v2", "CC BY-SA 4.0")
    assert by_name.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    by_path = load_network(source, name="mine")
    assert by_path.name == "mine"
    assert by_path.frame.equals(by_name.frame)


def test_string_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpinned(monkeypatch, "string")
    folder = tmp_path / "given"
    folder.mkdir()
    links, info = CATALOGUE["string"].files
    (folder / links.filename).write_bytes(
        gzip.compress(b"protein1 protein2 combined_score\n9606.P1 9606.P2 900\n")
    )
    (folder / info.filename).write_bytes(
        gzip.compress(b"#string_protein_id\tpreferred_name\n9606.P1\tTP53\n9606.P2\tMDM2\n")
    )
    fetch("string", source=folder, cache=tmp_path, progress=False)
    network = load_network("string", cache=tmp_path, min_score=800)
    assert network.sources == ["MDM2", "TP53"]
    assert not network.directed


def test_go_is_propagated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gaf_text: str, obo_text: str
) -> None:
    unpinned(monkeypatch, "go")
    folder = tmp_path / "given"
    folder.mkdir()
    gaf, obo = CATALOGUE["go"].files
    text = gaf_text.replace("GO:3\t", "GO:0002062\t")
    (folder / gaf.filename).write_bytes(gzip.compress(text.encode()))
    (folder / obo.filename).write_text(obo_text)
    fetch("go", source=folder, cache=tmp_path, progress=False)
    sets = load_gene_sets("go", cache=tmp_path, aspect="P")
    assert set(sets.sets) == {"GO:0002062", "GO:0001501", "GO:0008150"}
    assert sets.sets["GO:0008150"] == ("TP53",)
    assert sets.version == "2026-08-05"


def test_gene_sets_and_table_from_files(
    shared_data: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hgnc_text: str,
) -> None:
    assert len(load_gene_sets(shared_data("gene_sets/msigdb_h.all.v7.0.symbols.gmt"))) == 50
    unpinned(monkeypatch, "hgnc")
    (tmp_path / "hgnc.txt").write_text(hgnc_text)
    fetch("hgnc", source=tmp_path / "hgnc.txt", cache=tmp_path, progress=False)
    assert "SEPTIN1" in load_gene_table(cache=tmp_path).symbols
    assert "SEPTIN1" in load_gene_table(tmp_path / "hgnc.txt").symbols
