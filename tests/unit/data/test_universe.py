from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from cellglass.data.network import Network
from cellglass.errors import InputError, NetworkError

ROWS = pd.DataFrame(
    {
        "source": ["T1", "T1", "T1", "T1", "T2", "T2", "T3", "T9"],
        "target": ["a", "b", "c", "zz", "a", "T1", "b", "a"],
    }
)
GENES = ["b", "T2", "a", "T1", "c", "T3", "lone"]


@pytest.fixture
def network() -> Network:
    return Network.from_frame(ROWS, name="toy")


def test_universe_by_hand(network: Network) -> None:
    found = network.universe(GENES, min_targets=2)
    assert found.sources == ("T2", "T1")  # in the order of the genes
    assert found.targets == tuple(GENES)
    assert found.n_positives == found.labels.sum() == 5
    assert found.labels[1].tolist() == [True, False, True, False, True, False, False]
    assert found.dropped_regulators == {"T3": 1}
    assert found.unknown_sources == ("T9",)
    assert found.unknown_targets == ("zz",)
    assert found.self_edges == 2
    assert found.base_rate == 5 / (2 * 7 - 2)
    assert json.loads(json.dumps(found.to_dict()))["n_positives"] == 5


def test_three_targets_by_default(network: Network) -> None:
    assert network.universe(GENES).sources == ("T1",)


def test_regulators_can_be_chosen(network: Network) -> None:
    assert network.universe(GENES, regulators={"T2", "T3"}, min_targets=1).sources == ("T2", "T3")


def test_undirected_pairs_count_in_both_directions() -> None:
    network = Network.from_frame(ROWS, directed=False)
    found = network.universe(GENES, min_targets=2)
    assert not found.directed
    assert set(found.sources) == {"b", "a", "T1", "T2"}
    square = found.labels[:, [GENES.index(s) for s in found.sources]]
    assert np.array_equal(square, square.T)


def test_a_self_edge_in_the_network_is_no_positive() -> None:
    rows = pd.concat([ROWS, pd.DataFrame({"source": ["T1"], "target": ["T1"]})])
    network = replace(Network.from_frame(ROWS), frame=rows)  # past the cleaning
    assert network.matrix(["T1"], ["T1"]).all()
    found = network.universe(GENES)
    assert not found.labels[0, GENES.index("T1")]


def test_no_pair_tells_numbers(network: Network) -> None:
    with pytest.raises(NetworkError) as caught:
        network.universe(["T1", "a", "x", "y"])
    text = str(caught.value)
    assert "2 of 4 genes are in the network of 8, 1 of them are regulators" in text
    assert "the best with 1 targets" in text
    assert "smaller min_targets" in text
    with pytest.raises(NetworkError, match="1 regulators were allowed"):
        network.universe(GENES, regulators=["T9"])
    with pytest.raises(InputError, match="1 genes occur twice"):
        network.universe(["a", "a"])


def test_no_pair_hints_at_identifiers_and_species(shared_data: Callable[[str], Path]) -> None:
    human = Network.read(shared_data("regulatory/trrust_rawdata.human.tsv"))
    mouse = Network.read(shared_data("regulatory/trrust_rawdata.mouse.tsv"))
    var = anndata.read_h5ad(shared_data("single_cell/pbmc_kang2018_donors.h5ad")).var
    ids = [i for i in dict.fromkeys(var["ensembl_id"]) if i]
    with pytest.raises(NetworkError, match="genes are ensembl identifiers"):
        human.universe(ids)
    with pytest.raises(NetworkError, match=r"upper and lower case(?s:.*)another species"):
        mouse.universe(list(var.index))
    with pytest.raises(NetworkError, match="check species and identifiers"):
        human.universe(["YAL001C", "YAL002W"])


def test_real_universe(shared_data: Callable[[str], Path]) -> None:
    human = Network.read(shared_data("regulatory/trrust_rawdata.human.tsv"))
    genes = list(anndata.read_h5ad(shared_data("single_cell/pbmc_kang2018_donors.h5ad")).var_names)
    found = human.universe(genes)
    inside = human.frame[human.frame["source"].isin(genes) & human.frame["target"].isin(genes)]
    sizes = inside.groupby("source").size()
    assert set(found.sources) == set(sizes[sizes >= 3].index)
    assert found.n_positives == sizes[sizes >= 3].sum()
    assert found.labels.shape == (len(found.sources), 1267)
