from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from cellglass.data import Network
from cellglass.errors import InputError
from cellglass.geometry.guards.provenance import (
    SOURCES,
    closure,
    measured_overlap,
    provenance_overlap,
    source_tag,
)


def test_closure_is_reachability_in_the_table():
    graph = nx.DiGraph([(t, h) for t, s in SOURCES.items() for h in s.holds])
    graph.add_nodes_from(SOURCES)
    for tag in SOURCES:
        assert closure([tag]) == {tag} | nx.descendants(graph, tag)
    assert nx.is_directed_acyclic_graph(graph)
    assert closure(["a"], {"a": ["b"], "b": ["a"]}) == {"a", "b"}  # a loop of the user's ends


@pytest.mark.parametrize(
    ("tags", "labels", "refused"),
    [
        (["trrust"], ["trrust"], True),
        (["model", "dorothea"], ["trrust"], True),
        (["trrust"], ["dorothea"], True),
        (["omnipath"], ["trrust"], True),
        (["dorothea"], ["collectri"], True),
        (["model"], ["trrust"], False),
        (["model", "expression"], ["trrust"], False),
        (["training labels"], ["trrust"], False),
        (["string"], ["trrust"], False),
        (["go"], ["string"], True),
        (["model"], ["model"], True),
    ],
)
def test_shared_sources_are_refused(tags: list[str], labels: list[str], refused: bool):
    assert provenance_overlap(tags, labels).failed == refused


def test_the_sentence_says_who_holds_what():
    found = provenance_overlap(["dorothea"], ["collectri"], "support")
    assert found.code == "G2"
    assert found.detail == (
        "support and the labels share dorothea and trrust (collectri holds dorothea and trrust, "
        "dorothea holds trrust)"
    )
    with pytest.raises(InputError, match="support and the labels share"):
        found.require()


def test_two_sources_of_articles_are_told():
    found = provenance_overlap(["string", "model"], ["trrust"])
    assert found.state == "passed"
    assert found.warning.startswith("string and trrust were read out of articles")
    assert provenance_overlap(["model"], ["trrust"]).warning == ""


def test_sources_of_ones_own_can_be_declared():
    extra = {"lab list": ["trrust"]}
    assert provenance_overlap(["lab list"], ["trrust"], extra=extra).failed
    with pytest.raises(InputError, match="no source 'lab list'"):
        provenance_overlap(["lab list"], ["trrust"])
    with pytest.raises(InputError, match="did you mean 'trrust'"):
        provenance_overlap(["trust"], ["trrust"])


@pytest.mark.parametrize(("tags", "labels"), [([], ["trrust"]), (["model"], []), ("model", ["go"])])
def test_missing_provenance_is_refused(tags, labels):
    with pytest.raises(InputError, match="at least one tag"):
        provenance_overlap(tags, labels)


def test_names_of_networks_are_recognised():
    names = ["TRRUST v2", "dorothea_human_ABC.tsv.gz", "CollecTRI", "string_v12_human_800.tsv.gz"]
    assert [source_tag(n) for n in names] == ["trrust", "dorothea", "collectri", "string"]
    assert source_tag("trrust and dorothea") is None
    assert source_tag("google.tsv") is None


def test_measured_overlap_stays_among_common_genes():
    one = Network.from_frame(
        pd.DataFrame({"source": ["A", "A", "B", "C"], "target": ["X", "Y", "A", "X"]}), name="one"
    )
    two = Network.from_frame(
        pd.DataFrame({"source": ["A", "B", "B", "D"], "target": ["X", "A", "X", "Y"]}), name="two"
    )
    found = measured_overlap(one, two)
    # sources A and B, targets A, X and Y, without A -> A: five pairs
    assert (found.n_first, found.n_second, found.n_shared) == (3, 3, 2)
    assert found.expected == pytest.approx(9 / 5)
    assert "of 3 edges of one among their common genes 66.7% are in two" in str(found)
    apart = Network.from_frame(pd.DataFrame({"source": ["Q"], "target": ["R"]}), name="apart")
    assert str(measured_overlap(one, apart)) == "one and apart have no source or target in common"


def test_overlap_of_real_networks_is_measured(shared_data: Callable[[str], Path]):
    networks = {
        "trrust": Network.read(shared_data("regulatory/trrust_rawdata.human.tsv"), name="TRRUST"),
        "dorothea": Network.read(
            shared_data("regulatory/dorothea_human_ABC.tsv.gz"), name="DoRothEA A-C"
        ),
    }
    found = provenance_overlap(["dorothea"], ["trrust"], "prior", networks=networks)
    assert found.failed
    assert "are in TRRUST" in found.detail
    both = measured_overlap(networks["dorothea"], networks["trrust"])
    assert both.n_shared == 3155
    assert both.n_shared > 20 * both.expected
