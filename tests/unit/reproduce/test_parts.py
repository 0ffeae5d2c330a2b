from dataclasses import replace

import pandas as pd

from cellglass.reproduce.facts import RunFacts
from cellglass.reproduce.parts import parts_of
from cellglass.reproduce.published import Paper, Select
from cellglass.reproduce.selecting import find_number
from cellglass.runs.result import AnalysisResult
from cellglass.runs.study import parse_study

STUDY = parse_study(
    {"study": "x", "cells": {"path": "pbmc68k"}, "models": ["mini-scgpt", "mini-geneformer"],
     "tables": ["genie3.tsv"], "networks": ["trrust_v2.tsv", "mine.tsv", "other.tsv"]}
)  # fmt: skip
FACTS = RunFacts(references={"other": {"sha256": "abc"}})


def read(paper: Paper, select: Select, table: pd.DataFrame) -> dict[str, float]:
    result = AnalysisResult("x", {"network": "n"}, tables={"t": table})
    row = replace(paper.tables[0].rows[0], select=select)
    found = {}
    for part, chosen in parts_of([result], row, paper, STUDY, FACTS):
        name = next(v for k, v in reversed(part.label.items()))
        found[name] = find_number(part, chosen, seed=1).value
    return found


def test_a_result_of_several_models_is_read_model_by_model(paper: Paper):
    table = pd.DataFrame(
        {"subject": ["mini-scgpt", "mini-geneformer", "genie3"],
         "score": ["mini-scgpt: all layers", "mini-geneformer: all layers", "genie3"],
         "auroc": [0.1, 0.2, 0.3]}
    )  # fmt: skip
    select = Select("t", ({"score": "{by}: all layers"}, {}), by="subject", column="auroc")
    assert read(paper, select, table) == {
        "mini-scgpt": 0.1, "mini-geneformer": 0.2, "genie3": 0.3,
    }  # fmt: skip


def test_references_are_found_by_name_or_hash_and_no_other(paper: Paper):
    table = pd.DataFrame({"reference": ["trrust_v2", "mine", "other"], "auroc": [0.1, 0.2, 0.3]})
    select = Select("t", by="reference", kind="reference", column="auroc")
    assert read(paper, select, table) == {"trrust_v2": 0.1, "other": 0.3}


def test_without_a_column_the_result_is_read_as_it_is(paper: Paper):
    table = pd.DataFrame({"auroc": [0.4]})
    assert read(paper, Select("t", column="auroc"), table) == {"n": 0.4}
