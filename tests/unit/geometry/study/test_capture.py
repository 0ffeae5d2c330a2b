"""Gene states as tasks: shards add up, domains are kept apart, clouds of users are taken."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cellglass as cg
from cellglass.errors import InputError, NotApplicableError
from cellglass.geometry.layers import TOKEN_TABLE
from cellglass.geometry.study.capture import (
    capture_states,
    given_states,
    read_states,
    sum_states,
)
from cellglass.geometry.study.names import states_name
from cellglass.models.datasets import CELLS, genes_name, read_cells
from cellglass.models.families import resolve

MODEL = "mini-geneformer"


def test_shards_add_up_to_one_pass_over_all_cells(captured: Any):
    states, table = read_states(captured.inputs[states_name(MODEL)])
    study = read_cells(captured.inputs[CELLS])
    model = cg.load_model(MODEL)
    tokens = model.tokenize(study.cells, seed=42)
    trace = model.forward(tokens, [cg.Tap.residual()])
    assert list(states.genes) == table["gene"].astype(str).tolist()
    for gene in (0, 50, 120):
        at = (tokens.gene_ids == table["id"].iloc[gene]) & tokens.is_gene
        assert states.count()[gene] == at.sum() > 0
        assert np.allclose(states.means(2)[gene], trace.residual[2][at].mean(0), atol=1e-4)
        assert np.allclose(states.means(-1)[gene], trace.embedding[at].mean(0), atol=1e-4)


def test_domains_are_those_of_the_column(captured: Any):
    states, _ = read_states(captured.inputs[states_name(MODEL)])
    study = read_cells(captured.inputs[CELLS])
    assert states.domains == tuple(sorted(set(study.columns["phase"])))
    total = sum(states.count(domain=d) for d in states.domains)
    assert np.array_equal(total, states.count())
    assert states.unit == study.unit


def test_the_token_table_is_a_layer(captured: Any):
    states, table = read_states(captured.inputs[states_name(MODEL)])
    assert states.layers[0] == TOKEN_TABLE
    model = cg.load_model(MODEL)
    weight = model.network.gene_embedding.weight.detach().numpy()
    row = int(np.argmax(states.count()))
    assert np.allclose(states.means(TOKEN_TABLE)[row], weight[table["id"].iloc[row]], atol=1e-4)


def test_more_shards_change_nothing(captured: Any):
    params: dict[str, Any] = {
        "model": {
            "path": str(resolve(MODEL)), "name": MODEL, "family": None,
            "options": {},
        },
        "genes": genes_name(MODEL), "layers": [1], "domain": None, "untrained": False,
        "device": "cpu", "dtype": "float32",
    }  # fmt: skip
    means = []
    for cuts in ([0, 80], [0, 13, 47, 80]):
        shards = []
        for i, (start, stop) in enumerate(itertools.pairwise(cuts)):
            shards.append(f"again-{len(cuts)}-{i}")
            captured.run(shards[-1], capture_states, **params, start=start, stop=stop)
        name = f"again-{len(cuts)}"
        captured.run(
            name, sum_states, shards=shards, genes=genes_name(MODEL), min_count=5, model=MODEL,
            untrained=False,
        )  # fmt: skip
        means.append(read_states(captured.inputs[name])[0].means(1))
    assert np.allclose(np.nan_to_num(means[0]), np.nan_to_num(means[1]), atol=1e-4)
    assert np.isfinite(means[0]).any()


def test_layers_that_do_not_exist_are_told(captured: Any):
    with pytest.raises(InputError, match=r"layers \[77\]"):
        captured.run(
            "wrong", capture_states,
            model={"path": str(resolve(MODEL)), "name": MODEL, "family": None,
                   "options": {}},
            genes=genes_name(MODEL), layers=[77], domain=None, untrained=False, device="cpu",
            dtype="float32", start=0, stop=3,
        )  # fmt: skip


def test_a_cloud_of_a_user_is_one_layer(captured: Any, tmp_path: Path):
    file = tmp_path / "mine.csv"
    pd.DataFrame(
        {"gene": ["LYZ", "CD3D", "CD79A", "NOTHERE"], "a": [1.0, 2, 3, 4], "b": [5.0, 6, 7, 8]}
    ).to_csv(file, index=False)
    cloud = {"path": str(file), "name": "mine", "key": None}
    folder = captured.run(
        "mine", given_states, cloud=cloud, sha256="abc", min_count=2, max_genes=5000, networks=[]
    )
    states, table = read_states(folder)
    assert states.genes == ("LYZ", "CD3D", "CD79A")
    assert np.allclose(states.cloud(0).points, [[1, 5], [2, 6], [3, 7]])
    assert {"gene", "mean", "variance", "detection", "row"} <= set(table)
    assert json.loads((folder / "inputs.json").read_text()) == {str(file): "abc"}


def test_a_cloud_of_other_genes_is_not_applicable(captured: Any, tmp_path: Path):
    file = tmp_path / "mine.csv"
    file.write_text("gene,a\nX1,1\nX2,2\n")
    with pytest.raises(NotApplicableError, match="0 of the 2 genes"):
        captured.run(
            "other", given_states, cloud={"path": str(file), "name": "m", "key": None},
            sha256="", min_count=2, max_genes=5000, networks=[],
        )  # fmt: skip


def test_of_many_genes_regulators_and_the_most_variable_are_kept(captured: Any, tmp_path: Path):
    file, network = tmp_path / "mine.csv", tmp_path / "n.tsv"
    genes = ["LYZ", "CD3D", "CD79A", "MS4A1", "NKG7", "CST3"]
    pd.DataFrame({"gene": genes, "a": range(6), "b": [1, 4, 2, 8, 5, 7]}).to_csv(file, index=False)
    network.write_text("source\ttarget\nMS4A1\tLYZ\n")
    entry = {"source": str(network), "name": "n", "options": {}}
    folder = captured.run(
        "few", given_states, cloud={"path": str(file), "name": "m", "key": None}, sha256="",
        min_count=2, max_genes=3, networks=[entry],
    )  # fmt: skip
    states, _ = read_states(folder)
    assert len(states.genes) == 3
    assert "MS4A1" in states.genes
    all_of_them = captured.run(
        "all", given_states, cloud={"path": str(file), "name": "m", "key": None}, sha256="",
        min_count=2, max_genes=100, networks=[],
    )  # fmt: skip
    whole = read_states(all_of_them)[1].set_index("gene")["variance"]
    rest = [g for g in states.genes if g != "MS4A1"]
    left = [g for g in genes if g not in states.genes]
    assert whole[rest].min() >= whole[left].max()
    assert list(states.genes) == [g for g in genes if g in states.genes]
