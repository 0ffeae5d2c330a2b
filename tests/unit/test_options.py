from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

import pytest

from cellglass._options import check_options
from cellglass.data import Network, load_network
from cellglass.errors import InputError
from cellglass.models import load_model


def read(
    path: str, *, directed: bool | None = None, genes: Collection[str] | None = None,
    ties: Literal["random", "middle"] = "random",
) -> None:  # fmt: skip
    """Something that takes options."""


@pytest.mark.parametrize(
    "options",
    [{}, {"directed": False}, {"directed": None, "genes": ["A", "B"]}, {"ties": "middle"}],
)
def test_what_fits_passes(options: dict[str, Any]) -> None:
    check_options(read, options, where="here")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"directd": True}, "there is no option 'directd'.*here.*did you mean 'directed'"),
        ({"path": "x"}, "there is no option 'path'"),
        ({"directed": "no"}, "directed: 'no'.*here.*boolean"),
        ({"ties": "midle"}, "ties: 'midle'.*'random' or 'middle'"),
    ],
)
def test_what_does_not_is_named_with_what_was_expected(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=f"(?s){message}"):
        check_options(read, options, where="here")


def test_only_some_parameters_may_be_open() -> None:
    with pytest.raises(InputError, match=r"(?s)no option 'ties'.*one of: directed"):
        check_options(read, {"ties": "middle"}, where="here", names=("directed",))


def test_networks_and_models_check_theirs(tmp_path: Path) -> None:
    path = tmp_path / "net.tsv"
    path.write_text("source\ttarget\nA\tB\n")
    assert isinstance(load_network(path, directed=False), Network)
    with pytest.raises(InputError, match=r"(?s)no option 'foo'.*net\.tsv"):
        load_network(path, foo=1)
    with pytest.raises(InputError, match="directed: 'no'"):
        load_network(path, directed="no")
    for name in ("mini-scgpt", "mini-geneformer"):
        with pytest.raises(InputError, match=r"(?s)no option 'foo'.*options of mini"):
            load_model(name, foo=1)
    with pytest.raises(InputError, match="ties: 'midle'"):
        load_model("mini-scgpt", ties="midle")
    assert load_model("mini-scgpt", ties="middle", select="top").determinism.deterministic
