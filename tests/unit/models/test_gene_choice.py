from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cellglass.models.gene_choice as module
from cellglass.errors import CellglassError, NetworkError
from cellglass.models.gene_choice import choose_genes

# 30 genes; the higher the number, the less variable, but for three that are in few cells
TABLE = pd.DataFrame(
    {
        "gene": [f"G{i}" for i in range(30)],
        "id": np.arange(30) + 100,
        "token_cells": [3 if i in (0, 1, 29) else 50 for i in range(30)],
        "variance": np.linspace(9, 1, 30),
    }
)


def chosen(networks: Any = (), **options: Any) -> tuple[list[str], list[str], str]:
    """Names kept, names of rows, the note."""
    settings = {"regulators": "networks", "max_genes": 10, "min_cells": 10, "min_targets": 2}
    found, note = choose_genes(TABLE, settings | options, networks)
    assert found["id"].tolist() == [100 + int(g[1:]) for g in found["gene"]]
    assert found["id"].is_monotonic_increasing  # the order of the table stays
    return found["gene"].tolist(), found.loc[found["row"], "gene"].tolist(), note


def names(numbers: Any) -> list[str]:
    return [f"G{i}" for i in numbers]


@pytest.fixture
def network(tmp_path: Path) -> list[dict[str, Any]]:
    """Sources G20 and G25 with three targets; G22 with one."""
    edges = [(s, t) for s in ("G20", "G25") for t in ("G3", "G4", "G5")] + [("G22", "G3")]
    path = tmp_path / "net.tsv"
    pd.DataFrame(edges, columns=["source", "target"]).to_csv(path, sep="\t", index=False)
    return [{"source": str(path), "options": {}}]


def test_genes_in_too_few_cells_are_out_and_the_most_variable_kept() -> None:
    kept, rows, note = chosen()
    assert kept == rows == names(range(2, 12))
    assert note == "no network is at hand: rows are the 10 most variable genes"


def test_regulators_of_networks_are_kept_whatever_their_variance(network: Any) -> None:
    kept, rows, note = chosen(network)
    assert kept == rows == names([*range(2, 10), 20, 25])
    assert note == (
        "rows are the 2 regulators of the networks, filled up to 10 with the most variable genes"
    )


def test_rows_are_filled_up_to_enough_and_no_further(
    network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MIN_ROWS", 5)
    kept, rows, note = chosen(network, max_genes=20)
    assert len(kept) == 20
    assert rows == names([2, 3, 4, 20, 25])
    assert "filled up to 5" in note
    monkeypatch.setattr(module, "MIN_ROWS", 1)
    _, rows, note = chosen(network, max_genes=20)
    assert (rows, note) == (names([20, 25]), "rows are the 2 regulators of the networks")


def test_an_undirected_network_keeps_no_gene_for_its_sake(
    network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every gene of it would be a regulator, and max_genes would mean nothing."""
    monkeypatch.setattr(module, "MIN_ROWS", 1)
    pairs = [(f"G{i}", f"G{j}") for i in range(2, 28) for j in range(i + 1, 28)]
    path = tmp_path / "ppi.tsv"
    pd.DataFrame(pairs, columns=["source", "target"]).to_csv(path, sep="\t", index=False)
    undirected = [{"source": str(path), "options": {"directed": False}}]
    kept, rows, note = chosen(undirected)
    assert kept == rows == names(range(2, 12))
    assert note == "rows are the 10 genes of undirected networks"
    monkeypatch.setattr(module, "UNDIRECTED_ROWS", 3)
    kept, rows, note = chosen([*network, *undirected])
    assert len(kept) == 10
    assert rows == names([2, 3, 4, 20, 25])
    assert note == (
        "rows are the 2 regulators of the networks, and the 3 most variable of the 10 genes of "
        "undirected networks"
    )
    assert len(chosen(undirected, regulators="all")[0]) == 10


def test_a_regulator_needs_targets(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MIN_ROWS", 1)
    assert chosen(network, min_targets=1)[1] == names([20, 22, 25])
    with pytest.raises(NetworkError, match="best with 3 targets"):
        chosen(network, min_targets=4)


def test_all_means_all_genes_that_are_kept_and_no_more_than_asked_for(network: Any) -> None:
    kept, rows, note = chosen(network, regulators="all", max_genes=12)
    assert kept == rows == names([*range(2, 12), 20, 25])  # regulators of networks first
    assert note == "rows are all 12 genes kept"
    assert len(chosen(regulators="all", max_genes=500)[1]) == 27


def test_a_list_is_kept_even_if_it_is_longer_than_asked_for() -> None:
    wanted = names([*range(10, 24), 0])
    kept, rows, note = chosen(regulators=[*wanted, "NONE"])
    assert kept == rows == names(range(10, 24))  # G0 is in too few cells
    assert note == "rows are the 14 evaluable regulators of the list given"
    kept, rows, _ = chosen(regulators=["G20"])
    assert (rows, len(kept)) == (["G20"], 10)
    with pytest.raises(NetworkError, match=r"(?s)none of the 1 regulators.*genes\.regulators"):
        chosen(regulators=["NONE"])


def test_no_gene_in_enough_cells_is_told() -> None:
    with pytest.raises(CellglassError, match=r"(?s)token in 51 cells.*genes\.min_cells"):
        chosen(min_cells=51)


def test_perturbed_genes_are_rows_beside_the_regulators(
    network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MIN_ROWS", 1)
    kept, rows, note = forced(["G27", "G0", "NONE"], network)
    assert rows == names([20, 25, 27])  # G0 is in too few cells
    assert len(kept) == 10
    assert note == (
        "rows are the 2 regulators of the networks, and 1 of the 3 perturbed genes (the others "
        "are not measured, or expressed in fewer than 10 cells)"
    )


def test_perturbed_genes_alone_are_rows_in_the_controls_of_a_screen(network: Any) -> None:
    kept, rows, note = forced(["G27", "G3"], network, forced_only=True)
    assert rows == names([3, 27])
    assert kept == names([*range(2, 11), 27])
    assert note.startswith("rows are 2 of the 2 perturbed genes")
    kept, rows, note = forced(["NONE"], network, forced_only=True)
    assert (rows, len(kept)) == ([], 10)
    assert note.startswith("rows are 0 of the 1 perturbed genes (the others are not measured")
    assert forced([], network, forced_only=True)[1] == []
    for regulators in ("all", ["G20"]):
        assert forced(["G27"], forced_only=True, regulators=regulators)[1] == ["G27"]


def test_perturbed_genes_without_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MIN_ROWS", 5)
    _, rows, note = forced(["G27"])
    assert rows == names([2, 3, 4, 5, 27])
    assert note == (
        "rows are 1 of the 1 perturbed genes (the others are not measured, or expressed in fewer "
        "than 10 cells), filled up to 5 with the most variable genes"
    )
    assert forced(["NONE"])[2] == (
        "no network is at hand, and 0 of the 1 perturbed genes (the others are not measured, or "
        "expressed in fewer than 10 cells): rows are the 5 most variable genes"
    )


def forced(perturbed: list[str], networks: Any = (), **options: Any) -> tuple[Any, Any, str]:
    """Names kept, names of rows and the note, where some genes were perturbed."""
    keys = ("forced_only", "sources")
    held = {k: options.pop(k) for k in keys if k in options}
    settings = {"regulators": "networks", "max_genes": 10, "min_cells": 10, "min_targets": 2}
    found, note = choose_genes(TABLE, settings | options, networks, forced=perturbed, **held)
    return found["gene"].tolist(), found.loc[found["row"], "gene"].tolist(), note


def test_rows_of_an_edge_table_are_genes_that_it_scores(
    network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MIN_ROWS", 4)
    _, rows, note = forced([], network, sources=names([5, 9, 20]))
    assert rows == names([5, 9, 20])
    assert note == (
        "rows are the 1 regulator of the networks with a score, filled up to 3 with the most "
        "variable genes"
    )
    _, rows, note = forced([], network, sources=names([5, 9]))
    assert rows == names([5, 9])
    assert note == "no regulator of a network has a score: rows are the 2 most variable genes"
    _, rows, note = forced(["G27", "G6"], network, sources=names([6, 20]))
    assert rows == names([6, 20])
    assert "1 of the 2 perturbed genes" in note
    assert "or have no score)" in note
    assert forced([], sources=names([5, 9]), regulators="all")[1] == names([5, 9])
    _, rows, note = forced([], sources=names([5, 9]), regulators=names([9, 11]))
    assert (rows, note) == (["G9"], "rows are the 1 evaluable regulator of the list given")
    with pytest.raises(NetworkError, match="none of the 1 regulators given is evaluable"):
        forced([], sources=names([5]), regulators=names([9]))


def test_one_network_without_these_genes_does_not_stop_another(tmp_path):
    good, bad = tmp_path / "good.tsv", tmp_path / "bad.tsv"
    names = [f"G{i}" for i in range(12)]
    good.write_text("source\ttarget\n" + "".join(f"G0\tG{i}\n" for i in range(1, 7)))
    bad.write_text("source\ttarget\nX\tY\nX\tZ\nX\tW\n")
    frame = pd.DataFrame(
        {"gene": names, "token_cells": 20, "variance": np.arange(12.0), "mean": 1.0,
         "detection": 1.0}
    )  # fmt: skip
    wanted = {"regulators": "networks", "min_cells": 2, "max_genes": 12, "min_targets": 3}
    networks = [{"source": str(p), "options": {}} for p in (bad, good)]
    table, _ = choose_genes(frame, wanted, networks)
    assert table.set_index("gene").loc["G0", "row"]
    with pytest.raises(NetworkError, match="no regulator of bad"):
        choose_genes(frame, wanted, networks[:1])
    # an edge table may never have been meant for networks
    choose_genes(frame, wanted, networks[:1], sources={"G3"})


def test_beside_a_screen_a_network_without_regulators_ends_nothing(network: Any) -> None:
    kept, rows, note = forced(["G27", "NONE"], network, min_targets=9)
    assert "G27" in rows
    assert len(kept) == 10
    assert "1 of the 2 perturbed genes" in note
    with pytest.raises(NetworkError, match="best with 3 targets"):
        chosen(network, min_targets=9)
    kept, rows, note = forced(["NONE"], network, min_targets=9)
    assert kept == rows
    assert note.startswith("no regulator of a network is among the genes, and 0 of the 1 perturbed")
