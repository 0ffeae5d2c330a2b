import hashlib
from pathlib import Path

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.runs import keys
from cellglass.runs.keys import digest, file_digest


def test_order_of_keys_does_not_matter_order_of_lists_does():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"a": [1, 2]}) != digest({"a": [2, 1]})


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.5), ("1", 1), (None, False), ({"a": None}, {}), ([], {}), (0.1, 0.1 + 1e-16 * 2)],
)
def test_different_values_have_different_digests(one, other):
    assert digest(one) != digest(other)


def test_numpy_values_paths_and_sets_are_hashed_as_what_they_hold():
    assert digest(np.float64(0.5)) == digest(0.5)
    assert digest(np.array([1, 2])) == digest([1, 2])
    assert digest(Path("a/b")) == digest("a/b")
    assert digest({"s": {"b", "a"}}) == digest({"s": ["a", "b"]})


def test_what_has_no_plain_content_is_refused():
    with pytest.raises(TypeError, match="cannot hash object"):
        digest(object())


def test_file_digest_is_the_sha256_of_the_content(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * (2**20 + 3))  # more than one block
    assert file_digest(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_folder_digest_sees_content_and_names_of_all_files(tmp_path: Path):
    def folder(name: str, **files: str) -> Path:
        made = tmp_path / name
        (made / "sub").mkdir(parents=True)
        for file, text in files.items():
            (made / file.replace("__", "/")).write_text(text)
        return made

    first = folder("one", a="1", sub__b="2")
    assert file_digest(first) == file_digest(folder("same", a="1", sub__b="2"))
    assert file_digest(first) != file_digest(folder("content", a="1", sub__b="3"))
    assert file_digest(first) != file_digest(folder("name", c="1", sub__b="2"))


def test_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"no such file[\s\S]*cells.h5ad"):
        file_digest(tmp_path / "cells.h5ad")


def test_code_version_follows_sources_that_make_results_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for part in ("stats", "report", "cli", "pl", "runs"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "x.py").write_text("1")
    monkeypatch.setattr(keys, "__file__", str(tmp_path / "runs" / "keys.py"))
    version = keys.code_version.__wrapped__
    before = version()
    for reader in ("report", "cli", "pl"):
        (tmp_path / reader / "x.py").write_text("2")
    assert version() == before
    (tmp_path / "stats" / "x.py").write_text("2")
    assert version() != before
