from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from cellglass.data.tables import find_column, read_bytes, read_table, read_text
from cellglass.errors import InputError

TEXT = "gene\tn\nNA\t1\nNAN\t\nnull\t3\n"


@pytest.mark.parametrize("name", ["NA", "NaN", "nan", "null", "None", "N/A", "TRUE", "1e5"])
@pytest.mark.parametrize("separator", ["\t", ",", ";", " "])
def test_no_symbol_becomes_missing_or_a_number(tmp_path: Path, name: str, separator: str) -> None:
    path = tmp_path / "t.txt"
    path.write_text(f"gene{separator}n\nA{separator}1\n{name}{separator}007\n")
    frame = read_table(path)
    assert frame["gene"].tolist() == ["A", name]
    assert frame["n"].tolist() == ["1", "007"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda b: b])
def test_compression_is_found_by_content(tmp_path: Path, pack: object) -> None:
    path = tmp_path / "wrongly_named.csv"
    path.write_bytes(pack(TEXT.encode()))  # type: ignore[operator]
    assert read_table(path)["gene"].tolist() == ["NA", "NAN", "null"]


def test_zip_of_one_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inside.tsv", TEXT)
    assert len(read_table(tmp_path / "a.zip")) == 3
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("one", TEXT)
        archive.writestr("two", TEXT)
    with pytest.raises(InputError, match="holds 2 files: one, two"):
        read_bytes(tmp_path / "b.zip")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_truncated_archives(tmp_path: Path, pack: object) -> None:
    body = pack(TEXT.encode() * 100)  # type: ignore[operator]
    path = tmp_path / "t.gz"
    path.write_bytes(body[: len(body) // 2])
    with pytest.raises(InputError, match=r"truncated or damaged(?s:.*)download it again"):
        read_table(path)


def test_truncated_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inside.tsv", TEXT)
    path = tmp_path / "a.zip"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match="truncated or damaged"):
        read_bytes(path)


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_table(tmp_path / "none")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(InputError, match="empty"):
        read_table(tmp_path / "empty")
    (tmp_path / "binary").write_bytes(b"\x00\xff\xfe" * 50)
    with pytest.raises(InputError, match="not UTF-8"):
        read_table(tmp_path / "binary")
    with pytest.raises(InputError, match="not UTF-8"):
        read_text(tmp_path / "binary")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1" + b"x" * 40)
    with pytest.raises(InputError, match="Parquet file is damaged"):
        read_table(tmp_path / "bad.parquet")
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n1,2,3,4\n")
    with pytest.raises(InputError, match="no table"):
        read_table(tmp_path / "ragged.csv")


def test_header_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(b"\xef\xbb\xbf#gene\tn\nA\t1\n")
    assert list(read_table(path).columns) == ["gene", "n"]
    assert read_table(path, header=False, names=("x", "y"))["x"].tolist() == ["#gene", "A"]


def test_long_first_line(tmp_path: Path) -> None:
    """The head that decides the separator may end within a line."""
    path = tmp_path / "t.csv"
    path.write_text(",".join(f"c{i}" for i in range(6000)) + "\n" + ",".join("1" * 6000) + "\n")
    assert read_table(path).shape == (1, 6000)


def test_parquet_is_text_too(tmp_path: Path) -> None:
    frame = pd.DataFrame({"gene": ["NA", None], "n": [1, 2]})
    frame.to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet")["gene"].tolist() == ["NA", ""]


def test_columns_by_any_case() -> None:
    frame = pd.DataFrame(columns=["TF", "Target "])
    assert find_column(frame, ("source", "tf")) == "TF"
    assert find_column(frame, ("target",)) == "Target "
    assert find_column(frame, ("weight",)) is None
