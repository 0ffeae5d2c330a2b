from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from cellglass.data.catalogue import CATALOGUE


def test_entries_are_complete() -> None:
    assert {"trrust", "collectri", "dorothea", "string", "go", "reactome", "hgnc"} == set(CATALOGUE)
    for name, resource in CATALOGUE.items():
        assert resource.name == name
        assert resource.licence
        assert re.search(r"doi:10\.", resource.citation)
        for file in resource.files:
            assert file.url.startswith("https://")
            for digest in (file.sha256, file.known_sha256):
                assert digest is None or re.fullmatch(r"[0-9a-f]{64}", digest)
            assert file.sha256 is None or file.known_sha256 is None
            assert "/" not in file.filename


def test_versions_are_pinned_in_addresses() -> None:
    assert "2026-08-05" in CATALOGUE["go"].files[1].url
    assert "/97/" in CATALOGUE["reactome"].files[0].url
    for name in ("go", "reactome", "hgnc", "string", "collectri"):
        assert all(f.sha256 for f in CATALOGUE[name].files)
        assert "current" not in CATALOGUE[name].files[0].url


def test_sizes() -> None:
    assert CATALOGUE["string"].size == 83_164_437 + 1_970_090
    assert CATALOGUE["dorothea"].size is None


def test_known_copy_of_trrust(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("regulatory/trrust_rawdata.human.tsv")
    file = CATALOGUE["trrust"].files[0]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == file.known_sha256
    assert path.stat().st_size == file.size
