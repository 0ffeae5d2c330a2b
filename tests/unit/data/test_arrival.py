from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from cellglass.data.arrival import Arrival
from cellglass.data.cache import FileRecord
from cellglass.data.catalogue import CATALOGUE
from cellglass.errors import DownloadError

CONTENT = b"source\ttarget\nA\tB\n"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OTHER = "0" * 64


@pytest.fixture
def arrival(tmp_path: Path) -> Arrival:
    path = tmp_path / "net.tsv"
    path.write_bytes(CONTENT)
    file = replace(CATALOGUE["trrust"].files[0], sha256=None, known_sha256=None, size=len(CONTENT))
    return Arrival(file, path, "a disk", "cellglass data fetch trrust")


def record(digest: str) -> FileRecord:
    return FileRecord(digest, len(CONTENT), "a disk", "first use")


def test_why_a_hash_is_believed(arrival: Arrival) -> None:
    assert arrival.trust(None, None, accept_new=False) == "first use"
    assert arrival.trust(DIGEST, None, accept_new=False) == "user"
    assert arrival.trust(None, record(DIGEST), accept_new=False) == "first use"
    assert arrival.trust(None, record(OTHER), accept_new=True) == "accepted"
    pinned = replace(arrival, file=replace(arrival.file, sha256=DIGEST))
    assert pinned.trust(None, None, accept_new=False) == "pinned"
    known = replace(arrival, file=replace(arrival.file, known_sha256=DIGEST))
    assert known.trust(None, None, accept_new=False) == "known copy"


def test_what_is_not_believed_is_refused_with_the_command_that_would_take_it(
    arrival: Arrival,
) -> None:
    with pytest.raises(DownloadError, match=f"(?s)not the file that was pinned.*{OTHER}") as error:
        arrival.trust(OTHER, None, accept_new=True)
    assert f"cellglass data fetch trrust --sha256 {DIGEST}" in error.value.fix
    with pytest.raises(DownloadError, match="differs from what was fetched before") as error:
        arrival.trust(None, record(OTHER), accept_new=False)
    assert "cellglass data fetch trrust --accept-new-hash" in error.value.fix
    beside = replace(arrival, is_main=False)  # the option is about the first file alone
    with pytest.raises(DownloadError) as error:
        beside.trust(OTHER, None, accept_new=False)
    assert "--sha256" not in error.value.fix
    with pytest.raises(DownloadError) as error:
        beside.trust(None, record(OTHER), accept_new=False)
    assert "--accept-new-hash" in error.value.fix
    assert "--sha256" not in error.value.fix
