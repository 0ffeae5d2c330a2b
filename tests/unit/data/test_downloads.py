"""Fetching from a local server: what is kept, what is refused, what is said."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cellglass.data import cache as cache_module
from cellglass.data.cache import cached, check_cache
from cellglass.data.catalogue import CATALOGUE, Resource, ResourceFile
from cellglass.data.downloads import fetch, list_resources
from cellglass.data.references import load_network
from cellglass.errors import DownloadError

BODY = b"AATF\tBAX\tRepression\t1\nSPI1\tCD14\tActivation\t4\n"
OTHER = b"AATF\tBAX\tRepression\t1\n"
SHA = hashlib.sha256(BODY).hexdigest()


def resource(name: str, base: str, *files: ResourceFile) -> Resource:
    return Resource(name, f"Test {name}", "v1", files, "CC0", "Test, doi:10.1/x", "network")


@pytest.fixture
def catalogue(server: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put one resource, served by the local server, into the catalogue."""

    def put(
        *, pinned: str | None = None, known: str | None = None, name: str = "toy", n: int = 1
    ) -> None:
        files = tuple(
            ResourceFile(
                f"{name}{i or ''}.tsv", f"{server.base}/{name}{i or ''}.tsv", pinned, known
            )
            for i in range(n)
        )
        monkeypatch.setitem(CATALOGUE, name, resource(name, server.base, *files))
        for file in files:
            server.files[f"/{file.filename}"] = BODY

    return put


@pytest.fixture
def get(tmp_path: Path) -> Callable[..., Any]:
    def run(name: str = "toy", **kwargs: Any) -> Any:
        return fetch(name, cache=tmp_path / "cache", progress=False, **kwargs)

    return run


def test_good_file_is_fetched_once(catalogue: Any, get: Any, server: Any, tmp_path: Path) -> None:
    catalogue(pinned=SHA)
    assert cached("toy", cache=tmp_path / "cache") is None
    first = get()
    assert first.path.read_bytes() == BODY
    assert (first.sha256, first.trust, first.from_cache) == ((SHA,), ("pinned",), False)
    assert (first.licence, first.citation) == ("CC0", "Test, doi:10.1/x")
    assert cached("toy", cache=tmp_path / "cache") == first.path
    server.files.clear()  # no network from here on
    second = get()
    assert second.from_cache
    assert second.path == first.path
    assert server.requests == ["/toy.tsv"]
    assert check_cache(cache=tmp_path / "cache") == []


def test_wrong_hash_is_refused_and_leaves_nothing(catalogue: Any, get: Any, tmp_path: Path) -> None:
    catalogue(pinned="0" * 64)
    with pytest.raises(DownloadError) as caught:
        get(accept_new_hash=True)  # a pinned hash is not overridden by that
    text = str(caught.value)
    assert "is not the file that was pinned" in text
    assert SHA in text
    assert f"--sha256 {SHA}" in text
    assert cached("toy", cache=tmp_path / "cache") is None
    assert not list((tmp_path / "cache").rglob("*.tsv"))
    assert get(sha256=SHA.upper()).trust == ("user",)


def test_the_advice_can_be_given_as_it_is(catalogue: Any, get: Any, tmp_path: Path) -> None:
    mine = tmp_path / "my copy.tsv"
    mine.write_bytes(BODY)
    again = f"cellglass data fetch toy --source '{mine}'"
    catalogue(pinned="0" * 64)
    with pytest.raises(DownloadError) as pinned:
        get(source=mine)
    assert f"{again} --sha256 {SHA}" in str(pinned.value)
    catalogue(known="0" * 64)
    with pytest.raises(DownloadError) as known:
        get(source=mine)
    assert f"{again} --accept-new-hash, or {again} --sha256 {SHA}" in str(known.value)


def test_a_packed_table_of_another_format_is_read_by_what_it_is(tmp_path: Path) -> None:
    """The cache keeps the name of the catalogue: a packed TSV may be called .csv there."""
    mine = tmp_path / "mine.tsv.gz"
    mine.write_bytes(gzip.compress(b"source\ttarget\tweight\nMYC\tTERT\t1\nTP53\tMDM2\t-1\n"))
    digest = hashlib.sha256(mine.read_bytes()).hexdigest()
    cache = tmp_path / "cache"
    found = fetch("collectri", source=mine, sha256=digest, cache=cache, progress=False)
    assert found.path.suffix == ".csv"
    network = load_network("collectri", cache=cache)
    assert network.frame["target"].tolist() == ["TERT", "MDM2"]
    assert network.frame["weight"].tolist() == [1, -1]


def test_missing_page_names_the_ways_out(catalogue: Any, get: Any, server: Any) -> None:
    catalogue()
    server.files.clear()
    with pytest.raises(DownloadError) as caught:
        get()
    text = str(caught.value)
    assert f"the server answered 404: {server.base}/toy.tsv" in text
    assert "--source https://MIRROR/toy.tsv" in text
    assert "--source PATH" in text


def test_truncated_body_is_refused(catalogue: Any, get: Any, server: Any, tmp_path: Path) -> None:
    catalogue()  # no hash is known: only the length can tell
    server.truncated.add("/toy.tsv")
    with pytest.raises(DownloadError, match="cut short"):
        get()
    assert not list((tmp_path / "cache").rglob("*.tsv"))


def test_offline(catalogue: Any, get: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue()
    closed = ResourceFile("toy.tsv", "http://127.0.0.1:9/toy.tsv")
    monkeypatch.setitem(CATALOGUE, "toy", resource("toy", "", closed))
    with pytest.raises(DownloadError, match=r"no connection(?s:.*)http://127.0.0.1:9/toy.tsv"):
        get()


def test_mirrors(catalogue: Any, get: Any, server: Any) -> None:
    catalogue(pinned=SHA)
    server.files.clear()
    server.files["/mirror/toy.tsv"] = BODY
    server.files["/mirror/renamed"] = BODY
    assert get(source=f"{server.base}/mirror/").trust == ("pinned",)
    assert get(source=f"{server.base}/mirror/renamed").path.name == "toy.tsv"
    assert server.requests == ["/mirror/toy.tsv", "/mirror/renamed"]


def test_files_and_folders(catalogue: Any, get: Any, tmp_path: Path, server: Any) -> None:
    catalogue(pinned=SHA)
    (tmp_path / "mine.tsv").write_bytes(BODY)
    (tmp_path / "toy.tsv").write_bytes(BODY)
    assert get(source=tmp_path / "mine.tsv").path.read_bytes() == BODY
    assert get(source=tmp_path).path.name == "toy.tsv"
    assert server.requests == []
    with pytest.raises(DownloadError, match="does not exist"):
        get(source=tmp_path / "none.tsv")
    (tmp_path / "mine.tsv").write_bytes(OTHER)
    with pytest.raises(DownloadError, match="not the file that was pinned"):
        get(source=tmp_path / "mine.tsv")
    assert get().path.read_bytes() == BODY  # the cache was left as it was


def test_several_files_come_together_or_not_at_all(
    catalogue: Any, get: Any, server: Any, tmp_path: Path
) -> None:
    catalogue(n=2)
    server.files.pop("/toy1.tsv")
    with pytest.raises(DownloadError, match="404"):
        get()
    assert cached("toy", cache=tmp_path / "cache") is None
    server.files["/toy1.tsv"] = OTHER
    assert [p.name for p in get().paths] == ["toy.tsv", "toy1.tsv"]
    with pytest.raises(DownloadError, match="consists of 2 files"):
        get(source=Path(__file__))
    assert get(source=server.base).sha256[1] == hashlib.sha256(OTHER).hexdigest()


def test_trust_on_first_use(catalogue: Any, get: Any, server: Any) -> None:
    catalogue()
    first = get()
    assert first.trust == ("first use",)
    assert "recorded now, verified from now on" in first.describe()
    server.files["/toy.tsv"] = OTHER
    assert get().from_cache  # the cache answers
    first.path.unlink()
    with pytest.raises(DownloadError, match=r"differs from what was fetched before(?s:.*)--accept"):
        get()
    assert get(accept_new_hash=True).trust == ("accepted",)


def test_known_copy_needs_consent(catalogue: Any, get: Any, server: Any) -> None:
    catalogue(known=SHA)
    assert get().trust == ("known copy",)
    server.files["/toy.tsv"] = OTHER
    with pytest.raises(DownloadError, match=r"differs from the known copy(?s:.*)--accept-new-hash"):
        get(source=server.base)
    accepted = get(source=server.base, accept_new_hash=True)
    assert accepted.trust == ("accepted",)
    assert "differs from what was known" in accepted.describe()


def test_hash_given_by_the_user(catalogue: Any, get: Any) -> None:
    catalogue()
    with pytest.raises(DownloadError, match="pinned"):
        get(sha256="f" * 64)
    assert get(sha256=SHA).trust == ("user",)
    assert get(sha256=SHA).from_cache


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda p: p.write_bytes(BODY[:-5]), "truncated: 40 of 45 bytes"),
        (lambda p: p.write_bytes(BODY[:-1] + b"x"), "altered"),
        (lambda p: p.unlink(), "missing"),
    ],
)
def test_damage_is_found_and_mended(
    catalogue: Any, get: Any, tmp_path: Path, damage: Any, word: str
) -> None:
    catalogue(pinned=SHA)
    path = get().path
    damage(path)
    (problem,) = check_cache(cache=tmp_path / "cache")
    assert (problem.name, problem.path) == ("toy", path)
    assert word in problem.what
    again = get()
    assert not again.from_cache
    assert path.read_bytes() == BODY


def test_unreadable_record(catalogue: Any, get: Any) -> None:
    catalogue()
    (get().path.parent / cache_module.RECORD).write_text("{")
    with pytest.raises(DownloadError, match=r"record of the cache cannot be read(?s:.*)delete"):
        get()


def test_concurrent_fetches_download_once(catalogue: Any, get: Any, server: Any) -> None:
    catalogue()
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(get())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.requests == ["/toy.tsv"]
    assert sorted(r.from_cache for r in results) == [False] + [True] * 5


def test_size_tells_truncation_of_a_pinned_file(
    catalogue: Any, get: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalogue(pinned=SHA)
    sized = replace(CATALOGUE["toy"].files[0], size=len(BODY))
    monkeypatch.setitem(CATALOGUE, "toy", resource("toy", "", sized))
    (tmp_path / "short.tsv").write_bytes(BODY[:-7])
    with pytest.raises(DownloadError, match="38 bytes instead of 45"):
        get(source=tmp_path / "short.tsv")


def test_names(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="did you mean 'trrust'"):
        fetch("trust", cache=tmp_path)
    with pytest.raises(DownloadError, match="did you mean 'dorothea'"):
        cached("doroteha", cache=tmp_path)


def test_environment_chooses_the_cache(
    catalogue: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue()
    monkeypatch.setenv("CELLGLASS_CACHE", str(tmp_path / "elsewhere"))
    assert fetch("toy", progress=False).path.is_relative_to(tmp_path / "elsewhere")
    monkeypatch.delenv("CELLGLASS_CACHE")
    assert cache_module.cache_root().name == "cellglass"


def test_list_and_message(
    catalogue: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue(pinned=SHA)
    found = fetch("toy", cache=tmp_path)
    said = capsys.readouterr()
    assert said.out == ""
    assert "licence: CC0" in said.err
    assert SHA in said.err
    status = {s.resource.name: s.path for s in list_resources(cache=tmp_path)}
    assert status["toy"] == found.path
    assert status["trrust"] is None
    toy = next(s for s in list_resources(cache=tmp_path) if s.name == "toy")
    assert (toy.cached, toy.title, toy.licence) == (True, "Test toy", "CC0")
    assert found.title == "Test toy"
    assert found.notes == ("toy.tsv: as pinned in the catalogue",)


def test_progress_bar_speaks_pooch(capsys: pytest.CaptureFixture[str]) -> None:
    from cellglass.data.progress import DownloadBar

    bar = DownloadBar("toy.tsv")
    bar.total = 100
    bar.update(60)
    assert bar.total == 100
    bar.reset()
    bar.update(100)
    bar.close()
    assert "toy.tsv" in capsys.readouterr().err


def test_shared_trrust_as_source(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    source = shared_data("regulatory/trrust_rawdata.human.tsv")
    found = fetch("trrust", source=source, cache=tmp_path, progress=False)
    assert found.trust == ("known copy",)
    mouse = shared_data("regulatory/trrust_rawdata.mouse.tsv")
    with pytest.raises(DownloadError, match="differs from the known copy"):
        fetch("trrust", source=mouse, cache=tmp_path, progress=False)
