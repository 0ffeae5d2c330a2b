from pathlib import Path
from typing import Any

import pytest

from cellglass.errors import CellglassError
from cellglass.reproduce import study_of
from cellglass.reproduce.at_hand import refuse_missing

HERE = {"cells": "pbmc68k", "models": ["mini-scgpt"]}


def test_what_is_there_or_can_be_fetched_is_taken(tmp_path: Path):
    table = tmp_path / "e.tsv"
    table.write_text("source\ttarget\tscore\nA\tB\t1\n")
    study = study_of(
        "x", **HERE, edges=[str(table)], networks=["string", str(table)], gene_sets=["go"]
    )
    assert study is not None
    refuse_missing(study)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"models": ["mini-scgp"]}, "did you mean 'mini-scgpt'"),
     ({"cells": "nope.h5ad"}, "where: cells: nope.h5ad"),
     ({"cells": "."}, "this is a folder"),
     ({"edges": ["nope.tsv"]}, "where: edge tables: nope.tsv"),
     ({"screens": ["nope.h5ad"]}, "where: screens: nope.h5ad"),
     ({"networks": ["trust"]}, "did you mean 'trrust'"),
     ({"networks": ["go"]}, "'go' holds no network"),
     ({"gene_sets": ["nope.gmt"]}, "neither a file nor a name")],
)  # fmt: skip
def test_what_is_not_there_is_refused(changes: dict[str, Any], said: str):
    study = study_of("x", **{**HERE, **changes})
    assert study is not None
    with pytest.raises(CellglassError) as refused:
        refuse_missing(study)
    assert said in str(refused.value)


def test_the_nearest_file_beside_it_is_named(tmp_path: Path):
    (tmp_path / "cells_pbmc.h5ad").write_text("")
    study = study_of("x", **{**HERE, "cells": str(tmp_path / "cell_pbmc.h5ad")})
    assert study is not None
    with pytest.raises(CellglassError, match=r"did you mean 'cells_pbmc\.h5ad'"):
        refuse_missing(study)
