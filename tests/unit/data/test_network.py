from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.data.network import Network
from cellglass.data.pairs import clean_pairs
from cellglass.errors import InputError, NetworkError

Shared = Callable[[str], Path]


def edges(network: Network) -> set[tuple[str, str]]:
    return set(zip(network.frame["source"], network.frame["target"], strict=True))


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_trrust_by_hand(tmp_path: Path) -> None:
    path = write(
        tmp_path / "trrust.tsv",
        "AATF\tBAX\tRepression\t1\n"
        "AATF\tBAX\tUnknown\t3;2\n"
        "SPI1\tCD14\tActivation\t4\n"
        "SPI1\tCD14\tRepression\t5\n"
        "SPI1\tSPI1\tActivation\t6\n"
        "NA\tNAN\tUnknown\t7\n",
    )
    network = Network.read(path)
    assert network.directed
    assert edges(network) == {("AATF", "BAX"), ("SPI1", "CD14"), ("NA", "NAN")}
    row = network.frame.set_index("source").loc
    assert row["AATF", "mode"] == "Repression;Unknown"
    assert row["AATF", "pmid"] == "1;2;3"
    assert row["AATF", "weight"] == -1  # the known sign stays
    assert np.isnan(row["SPI1", "weight"])  # signs that differ do not
    assert np.isnan(row["NA", "weight"])
    report = network.report
    assert (report.layout, report.n_rows, report.n_edges) == ("TRRUST", 6, 3)
    assert (report.n_duplicates, report.n_self, report.n_unnamed) == (2, 1, 0)
    assert network.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_trrust_of_the_publisher(shared_data: Shared) -> None:
    """Numbers of specs/edges.md 2.2: 8,427 pairs, 4,859 with a direction."""
    network = Network.read(shared_data("regulatory/trrust_rawdata.human.tsv"), name="trrust")
    report = network.report
    assert report.n_rows == 9396 == report.n_edges + report.n_duplicates + report.n_self
    raw = pd.read_csv(
        shared_data("regulatory/trrust_rawdata.human.tsv"),
        sep="\t",
        header=None,
        keep_default_na=False,
    )
    pairs = set(zip(raw[0], raw[1], strict=True))
    assert len(pairs) == 8427
    assert edges(network) == {p for p in pairs if p[0] != p[1]}
    directional = network.restrict(mode={"Activation", "Repression"})
    known = raw[raw[2] != "Unknown"]
    with_direction = set(zip(known[0], known[1], strict=True))
    assert len(with_direction) == 4859
    assert edges(directional) == {p for p in with_direction if p[0] != p[1]}
    assert "restricted to mode=Activation|Repression" in directional.report.notes[-1]


def test_dorothea_levels(shared_data: Shared) -> None:
    whole = shared_data("regulatory/dorothea_human.tsv.gz")
    network = Network.read(whole, levels="ABC")
    ready = Network.read(shared_data("regulatory/dorothea_human_ABC.tsv.gz"))
    assert network.report.layout == "DoRothEA"
    assert edges(network) == edges(ready)
    assert len(ready) == 13_223
    assert set(ready.frame["weight"]) == {-1.0, 1.0}
    assert len(ready.restrict(confidence="A")) == 5434
    with pytest.raises(NetworkError, match="no column 'confidence'"):
        Network.read(shared_data("regulatory/collectri_human.tsv.gz"), levels="A")


def test_collectri(shared_data: Shared) -> None:
    network = Network.read(shared_data("regulatory/collectri_human.tsv.gz"))
    assert (network.report.layout, network.report.n_rows) == ("CollecTRI", 43_178)
    assert len(network) + network.report.n_self == 43_178
    assert set(network.frame["weight"]) == {-1.0, 1.0}


def test_collectri_as_published(tmp_path: Path) -> None:
    path = write(
        tmp_path / "CollecTRI_regulons.csv",
        "source,target,weight,resources,references,sign_decision\n"
        'MYC,TERT,1,"ExTRI;HTRI","ExTRI:1;HTRI:2",PMID\n'
        "SPI1,BGLAP,-1,ExTRI,ExTRI:9,default\n"
        "AP1,IL2,1,,,\n",
    )
    network = Network.read(path)
    assert network.report.layout == "CollecTRI"
    assert edges(network) == {("MYC", "TERT"), ("SPI1", "BGLAP"), ("AP1", "IL2")}
    assert network.frame.set_index("source").loc["SPI1", "weight"] == -1


def test_omnipath_layout(tmp_path: Path) -> None:
    """Symbols are taken, not UniProt ids; the best of several levels is the confidence."""
    path = write(
        tmp_path / "dorothea.tsv",
        "source\ttarget\tsource_genesymbol\ttarget_genesymbol\tis_directed\tis_stimulation\t"
        "is_inhibition\tconsensus_stimulation\tconsensus_inhibition\tdorothea_level\n"
        "P01106\tO14746\tMYC\tTERT\tTrue\tTrue\tFalse\tTrue\tFalse\tA;D\n"
        "P17947\tP02818\tSPI1\tBGLAP\tTrue\tTrue\tTrue\tFalse\tTrue\tC\n"
        "P04637\tP38936\tTP53\tCDKN1A\tTrue\tFalse\tFalse\tFalse\tFalse\tB\n"
        "P01100\tP05412\tFOS\tJUN\tTrue\tTrue\tTrue\tTrue\tTrue\tD\n",
    )
    network = Network.read(path)
    assert network.report.layout == "OmniPath"
    frame = network.frame.set_index("source")
    assert frame["confidence"].to_dict() == {"MYC": "A", "SPI1": "C", "TP53": "B", "FOS": "D"}
    assert frame.loc["MYC", "weight"] == 1
    assert frame.loc["SPI1", "weight"] == -1
    assert np.isnan(frame.loc["TP53", "weight"])
    assert np.isnan(frame.loc["FOS", "weight"])  # both signs are in the consensus
    assert len(Network.read(path, levels="ab")) == 2


def test_string_pairs(shared_data: Shared) -> None:
    network = Network.read(shared_data("ppi/string_v12_human_800.tsv.gz"))
    assert not network.directed
    assert len(network) == 156_186
    assert network.report.n_sources == network.report.n_targets == 14_115
    scored = Network.read(shared_data("ppi/string_scored_immune209.tsv.gz"))
    strong = scored.restrict(score=lambda s: s >= 0.8)
    assert len(strong) == 633
    assert strong.overlap(network).n_shared == 594  # README of the shared data


def test_string_files_of_the_publisher(tmp_path: Path) -> None:
    links = tmp_path / "9606.protein.links.v12.0.txt.gz"
    links.write_bytes(
        gzip.compress(
            b"protein1 protein2 combined_score\n"
            b"9606.P1 9606.P2 900\n9606.P2 9606.P1 900\n9606.P1 9606.P3 701\n"
            b"9606.P3 9606.P1 701\n9606.P2 9606.P3 300\n9606.P3 9606.P2 300\n9606.P1 9606.P9 999\n"
        )
    )
    with pytest.raises(NetworkError, match=r"the file that names them is missing(?s:.*)fetch str"):
        Network.read(links)
    info = tmp_path / "9606.protein.info.v12.0.txt.gz"
    info.write_bytes(
        gzip.compress(
            b"#string_protein_id\tpreferred_name\tprotein_size\tannotation\n"
            b"9606.P1\tTP53\t1\tx\n9606.P2\tMDM2\t1\tx\n9606.P3\tNA\t1\tx\n"
        )
    )
    network = Network.read(links)
    assert edges(network) == {("MDM2", "TP53"), ("NA", "TP53")}
    assert network.frame["weight"].tolist() == [900, 701]
    assert network.report.n_unnamed == 1
    assert network.report.n_duplicates == 2
    assert "combined score >= 700" in network.report.notes
    assert len(Network.read(links, min_score=200)) == 3
    assert len(Network.read(links, min_score=900, protein_info=info)) == 1
    links.write_bytes(links.read_bytes()[:-12])
    with pytest.raises(NetworkError, match="truncated"):
        Network.read(links)


@pytest.mark.parametrize(
    ("header", "directed"),
    [
        ("TF,Target", True),
        ("regulator;gene", True),
        ("source\ttarget", True),
        ("From To", True),
        ("gene_a,gene_b", False),
    ],
)
def test_tables_of_others(tmp_path: Path, header: str, directed: bool) -> None:
    separator = next(s for s in "\t,; " if s in header)
    rows = [header, separator.join(["B", "A"]), separator.join(["A", "B"])]
    network = Network.read(write(tmp_path / "n.txt", "\n".join(rows) + "\n"))
    assert network.directed == directed
    assert len(network) == (2 if directed else 1)
    assert set(network.frame["weight"]) == {1.0}
    turned = Network.read(tmp_path / "n.txt", directed=not directed)
    assert len(turned) == (1 if directed else 2)


def test_unusual_columns_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "n.csv", "a,b,w\nX,Y,2.5\nX,Z,-1\n")
    with pytest.raises(InputError, match="no column looks like a source among: a, b, w"):
        Network.read(path)
    network = Network.read(path, source="a", target="b", weight="w")
    assert network.frame["weight"].tolist() == [2.5, -1]
    with pytest.raises(NetworkError, match="1 weights are no numbers"):
        Network.read(write(tmp_path / "m.csv", "tf,target,weight\nX,Y,strong\n"))


def test_parquet_and_genes(tmp_path: Path) -> None:
    rows = pd.DataFrame({"tf": ["A", "A", None, "B"], "target": ["B", "C", "D", "NA"]})
    rows.to_parquet(tmp_path / "n.parquet")
    network = Network.read(tmp_path / "n.parquet", genes=["A", "B", "NA"])
    assert edges(network) == {("A", "B"), ("B", "NA")}
    assert (network.report.n_unnamed, network.report.n_outside) == (1, 1)


def test_nothing_left(tmp_path: Path) -> None:
    path = write(tmp_path / "n.csv", "tf,target\nA,A\n,B\n")
    with pytest.raises(NetworkError, match="2 rows: 1 without a name, 1 of a gene"):
        Network.read(path)


def test_matrix_against_a_loop(shared_data: Shared) -> None:
    network = Network.read(shared_data("regulatory/trrust_rawdata.human.tsv"))
    sources, targets = [*network.sources[:60], "absent"], network.targets[100:300]
    known = edges(network)
    slow = [[(s, t) in known for t in targets] for s in sources]
    assert network.matrix(sources, targets).tolist() == slow


def test_undirected_matrix_fills_both_directions() -> None:
    rows = pd.DataFrame({"source": ["B", "A"], "target": ["A", "B"]})
    network = Network.from_frame(rows, directed=False)
    assert len(network) == 1
    assert network.matrix(["A", "B"], ["A", "B"]).tolist() == [[False, True], [True, False]]
    assert network.sources == network.targets == ["A", "B"]


def test_restrict() -> None:
    rows = pd.DataFrame(
        {
            "source": ["A", "A", "B"],
            "target": ["B", "C", "C"],
            "weight": [1.0, -1.0, 1.0],
            "level": ["A", "B", "A"],
            "score": ["0.9", "0.2", "0.8"],
        }
    )
    network = Network.from_frame(rows, name="mine")
    assert len(network.restrict(level="A")) == 2
    assert len(network.restrict(level=["A", "B"], weight=1)) == 2
    assert len(network.restrict(score=lambda s: s > 0.5)) == 2
    assert network.restrict(level="A").report.n_edges == 2
    with pytest.raises(NetworkError, match=r"no evidence column 'levels'(?s:.*)'level'"):
        network.restrict(levels="A")
    with pytest.raises(NetworkError, match=r"no edge of 3 has level=C(?s:.*)mine"):
        network.restrict(level="C")


def test_overlap_ignores_directions_if_one_has_none() -> None:
    one = Network.from_frame(pd.DataFrame({"source": ["A", "B"], "target": ["B", "C"]}))
    two = Network.from_frame(pd.DataFrame({"source": ["B", "B"], "target": ["A", "C"]}))
    assert one.overlap(two).pairs == (("B", "C"),)
    assert one.overlap(two).share_of_first == 0.5
    pairs = Network.from_frame(two.frame, directed=False)
    assert (one.overlap(pairs).n_shared, one.overlap(pairs).n_second) == (2, 2)


def test_references_share_most_of_trrust(shared_data: Shared) -> None:
    trrust = Network.read(shared_data("regulatory/trrust_rawdata.human.tsv"))
    collectri = Network.read(shared_data("regulatory/collectri_human.tsv.gz"))
    assert trrust.overlap(collectri).share_of_first > 0.9  # they are not independent


def test_clean_pairs_weights() -> None:
    rows = pd.DataFrame(
        {"source": ["A"] * 5, "target": ["B", "B", "C", "C", "D"], "weight": [1, 3, 1, -1, None]}
    )
    cleaned, counts = clean_pairs(rows, directed=True)
    weights = cleaned.set_index("target")["weight"]
    assert weights["B"] == 3
    assert np.isnan(weights["C"])
    assert np.isnan(weights["D"])
    assert counts["n_duplicates"] == 2
    assert list(rows["weight"])[:2] == [1, 3]


def test_rows_are_sorted_whatever_their_order() -> None:
    rows = pd.DataFrame({"source": ["B", "A", "A"], "target": ["C", "Z", "C"]})
    one, two = Network.from_frame(rows), Network.from_frame(rows.iloc[::-1])
    assert one.frame.equals(two.frame)


def test_a_network_without_an_edge_says_what_became_of_its_rows() -> None:
    rows = pd.DataFrame({"source": ["A", "", "B"], "target": ["A", "B", ""]})
    with pytest.raises(NetworkError, match="of 3 rows: 2 without a name, 1 of a gene with itsel"):
        Network.from_frame(rows)
    with pytest.raises(NetworkError, match="no edge is left of 0 rows\n"):
        Network.from_frame(rows[:0])
