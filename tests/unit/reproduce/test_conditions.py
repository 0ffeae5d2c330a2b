import numpy as np
import pandas as pd
import pytest

from cellglass.reproduce.conditions import layer_at, matching_rows, said

TABLE = pd.DataFrame(
    {
        "score": ["layer 0", "layer 1", "layer 2", "|Spearman|"],
        "kind": ["candidate"] * 3 + ["reference"],
        "n_cells": [199, 503, 700, 700],
        "layer": [0.0, 1.0, 2.0, np.nan],
    }
)


def found(conditions):
    return matching_rows(TABLE, conditions)[0].index.tolist()


def test_values_and_lists_of_values():
    assert found({"kind": "candidate"}) == [0, 1, 2]
    assert found({"score": ["layer 0", "|Spearman|"]}) == [0, 3]
    assert found({"kind": "candidate", "n_cells": 700}) == [2]


def test_a_missing_column_fits_nothing():
    assert found({"network": "trrust"}) == []
    assert found({"network": {"near": 3}}) == []


def test_nearest_value_among_the_rows_that_fulfil_the_rest():
    assert found({"n_cells": {"near": 1000}, "kind": "candidate"}) == [2]


def test_values_of_so_much_or_more():
    assert found({"n_cells": {"least": 503}}) == [1, 2, 3]
    assert found({"layer": {"least": 1}}) == [1, 2]  # and none without a value
    assert said({"layer": {"least": 0}}) == "layer least 0"


def test_text_that_begins_so():
    assert found({"score": {"starts": "|spear"}}) == [3]


def test_the_layer_itself_where_the_model_has_as_many():
    assert layer_at(["layer 0", "layer 1", "layer 2"], 1, 3) == ("layer 1", "")


@pytest.mark.parametrize(("layer", "at"), [(0, 0), (5, 1), (11, 2)])
def test_the_layer_at_the_same_depth_is_told(layer: int, at: int):
    name, told = layer_at(["layer 0", "layer 1", "layer 2"], layer, 12)
    assert name == f"layer {at}"
    assert told == (
        f"the model has 3 layers: layer {at}, at the depth of layer {layer} of 12, stands in"
    )


def test_the_same_number_in_a_deeper_model_is_not_the_layer():
    name, told = layer_at([f"layer {i}" for i in range(24)], 11, 12)
    assert name == "layer 23"
    assert told


def test_layers_by_number():
    assert matching_rows(TABLE, {"layer": {"layer": 17, "of": 18}})[0].index.tolist() == [2]


def test_inputs_are_no_layers():
    """Geometry counts the token table as -2 and the input as -1."""
    assert layer_at([-2, -1, 0, 1, 2], 0, 3) == (0, "")
    assert layer_at([-1, 0, 1], 11, 12) == (
        1, "the model has 2 layers: layer 1, at the depth of layer 11 of 12, stands in",
    )  # fmt: skip


def test_one_score_stands_in_where_there_are_no_layers():
    assert layer_at(["genie3"], 3, 12)[0] == "genie3"
    assert layer_at(["genie3", "spearman"], 3, 12) == (None, "")
