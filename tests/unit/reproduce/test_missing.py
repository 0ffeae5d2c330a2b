from cellglass.reproduce.missing import missing_kinds, where_to_get
from cellglass.reproduce.published import Paper
from cellglass.runs.study import parse_study

from .conftest import number

STUDY = {"study": "x", "cells": {"path": "pbmc68k"}, "models": ["mini-scgpt"]}


def test_what_a_study_lacks():
    row = number(needs=("subject", "model", "cells", "strata", "screen", "network", "gene_sets"))
    assert missing_kinds(row, None) == row.needs
    assert missing_kinds(row, parse_study(STUDY)) == ("strata", "screen", "network", "gene_sets")
    more = {"networks": ["trrust"], "gene_sets": ["go"], "screens": ["a.h5ad"],
            "cells": {"path": "pbmc68k", "strata": "bulk_labels"}}  # fmt: skip
    assert missing_kinds(row, parse_study(STUDY | more)) == ()


def test_two_screens_are_more_than_one():
    row = number(needs=("screens",))
    one = parse_study(STUDY | {"screens": ["a.h5ad"]})
    assert missing_kinds(row, one) == ("screens",)
    assert missing_kinds(row, parse_study(STUDY | {"screens": ["a.h5ad", "b.h5ad"]})) == ()


def test_two_models_are_more_than_one():
    row = number(needs=("models", "cells"))
    assert missing_kinds(row, parse_study(STUDY)) == ("models",)
    both = parse_study(STUDY | {"models": ["mini-scgpt", "mini-geneformer"]})
    assert missing_kinds(row, both) == ()


def test_two_models_are_asked_for_by_their_published_name(paper: Paper):
    row = number(model="big", needs=("models",))
    assert where_to_get(row, ("models",), paper) == ("--model: Big model, https://example.org/big",)
    unknown = number(needs=("models",))
    assert where_to_get(unknown, ("models",), paper) == (
        "--model twice or more: two models or more",
    )


def test_where_to_get_names_the_published_input_and_the_option(paper: Paper):
    row = paper.tables[0].rows[0]
    assert where_to_get(row, ("model", "cells", "network"), paper) == (
        "--model: Big model, https://example.org/big",
        "--screen: K562 screen, GEO GSE1",
        "--network: TRRUST, cellglass data fetch trrust",
    )
    strata = number(needs=("strata",))
    assert where_to_get(strata, ("strata",), paper) == (
        "--strata: a column of obs with cell types or states",
    )
