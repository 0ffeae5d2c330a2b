import pickle

import pytest

from cellglass import errors
from cellglass.errors import CellglassError, InputError, ScaleError, located, nearest

KINDS = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, CellglassError)]


def test_message_says_what_where_and_what_to_do():
    error = CellglassError("found", where="there", expected="that", fix="this")
    assert str(error) == "found\n  where: there\n  expected: that\n  what to do: this"
    assert str(CellglassError("found")) == "found"
    assert str(CellglassError("found", fix="this")) == "found\n  what to do: this"


@pytest.mark.parametrize("kind", KINDS)
def test_errors_come_home_from_a_worker(kind: type[CellglassError]):
    error = kind("found", where="there", expected="that", fix="this")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert (str(back), back.fix, back.exit_code) == (str(error), "this", 2)


def test_located_names_the_file_once_and_keeps_the_kind():
    with pytest.raises(ScaleError) as caught, located("cells.h5ad"):
        raise ScaleError("scaled", where="X", expected="counts", fix="give counts")
    assert caught.value.where == "cells.h5ad, X"
    assert caught.value.fix == "give counts"
    with pytest.raises(InputError) as caught_again, located("cells.h5ad"):
        raise InputError("x", where="/data/cells.h5ad")
    assert caught_again.value.where == "/data/cells.h5ad"
    with pytest.raises(InputError) as bare, located("cells.h5ad"):
        raise InputError("x")
    assert bare.value.where == "cells.h5ad"


def test_located_keeps_the_cause_and_leaves_other_errors_alone():
    with pytest.raises(InputError) as caught, located("f"):
        raise InputError("x") from KeyError("why")
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(ZeroDivisionError), located("f"):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("celltype", ["cell_type", "donor"], "did you mean 'cell_type'?"),
        ("scgtp", ["scgpt", "geneformer"], "did you mean 'scgpt'?"),
        ("x", ["abc", "def"], "valid: 'abc', 'def'"),
        ("x", [], ""),
        ("ab", ["abx", "aby"], "did you mean 'aby' or 'abx'?"),
        ("zzz", [f"w{i}" for i in range(13)], ", ..."),
    ],
)
def test_nearest(word: str, known: list[str], said: str):
    found = nearest(word, known)
    assert found == said if said != ", ..." else found.endswith(said)
