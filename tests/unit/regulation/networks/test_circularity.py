"""Parts of a reference and what references share."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.regulation.networks.circularity import (
    ALONE,
    CHIP,
    DIRECTION,
    LEFT_OUT,
    NO_EDGE,
    Restriction,
    overlap_table,
    restricted_pairs,
    restricted_table,
    restrictions,
)
from cellglass.regulation.networks.layer_scores import Score, judged_pairs
from cellglass.regulation.networks.resampled import RegulatorBootstrap


def network(**columns):
    rows = {"source": ["A", "A", "B", "B"], "target": ["X", "Y", "X", "Z"], **columns}
    return Network.from_frame(pd.DataFrame(rows), name="n")


def found(made_up, others=None):
    return {(r.name, r.removed): r for r in restrictions(made_up, others or {})}


def edges(part):
    return sorted(zip(part.frame["source"], part.frame["target"], strict=True))


def test_direction_comes_from_the_mode_and_stands_in_both_ways():
    modes = ["Activation", "Unknown", "Repression;Unknown", "Unknown"]
    parts = found(network(mode=modes))
    for removed in (LEFT_OUT, NO_EDGE):
        assert edges(parts[DIRECTION, removed].kept) == [("A", "X"), ("B", "X")]
    assert "2 of 4 edges" in parts[DIRECTION, LEFT_OUT].told


def test_direction_comes_from_the_sign_where_there_are_signs():
    parts = found(network(weight=[1.0, -1.0, np.nan, 1.0]))
    assert edges(parts[DIRECTION, LEFT_OUT].kept) == [("A", "X"), ("A", "Y"), ("B", "Z")]
    assert (
        "every edge has a sign"
        in found(network(weight=[1.0, -1.0, 1.0, 1.0]))[DIRECTION, LEFT_OUT].told
    )


def test_a_weight_of_one_is_no_direction():
    """A table without weights is read with 1 everywhere: that says nothing of activation."""
    part = found(network())[DIRECTION, LEFT_OUT]
    assert part.kept is None
    assert part.told == "no column gives the direction of an effect"
    undirected = Network.from_frame(
        pd.DataFrame({"source": ["A"], "target": ["B"], "weight": [-1.0]}), directed=False
    )
    assert found(undirected)[DIRECTION, LEFT_OUT].told == "the network is undirected"


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({"resources": ["TRRUST;ReMap", "TRRUST", "ENCODE", "HTRI"]}, [("A", "X"), ("B", "X")]),
        ({"evidence": ["ChIP-seq", "text", "yeast one-hybrid", "ChIP-chip"]},
         [("A", "X"), ("B", "Z")]),
        ({"dorothea_chipseq": ["True", "False", "", "true"]}, [("A", "X"), ("B", "Z")]),
        ({"dorothea_chipseq": ["True", "False;nan", "False;false", "nan;true"]},
         [("A", "X"), ("B", "Z")]),
        ({"chip_experiments": ["GSM1", "", "GSM2;GSM3", "nan"]}, [("A", "X"), ("B", "X")]),
    ],
)  # fmt: skip
def test_chip_type_evidence_is_found_in_the_columns(columns, kept):
    assert edges(found(network(**columns))[CHIP, LEFT_OUT].kept) == kept


def test_no_column_of_evidence_says_so():
    part = found(network(pmid=["1", "2", "3", "4"]))[CHIP, LEFT_OUT]
    assert part.kept is None
    assert "no column says" in part.told
    part = found(network(resources=["TRRUST"] * 4))[CHIP, LEFT_OUT]
    assert part.kept is None
    assert "no edge has ChIP-type evidence" in part.told


def test_what_no_other_reference_contains():
    other = Network.from_frame(pd.DataFrame({"source": ["A", "B"], "target": ["X", "Q"]}))
    part = found(network(), {"other": other})[ALONE, LEFT_OUT]
    assert edges(part.kept) == [("A", "Y"), ("B", "X"), ("B", "Z")]
    assert found(network(), {"same": network()})[ALONE, LEFT_OUT].told == (
        "every edge is in another reference"
    )


@pytest.fixture(scope="module")
def planted(made):
    held = made(0.8)
    frame = held.network.frame.copy()
    frame["mode"] = np.where(np.arange(len(frame)) % 3 == 0, "Unknown", "Activation")
    reference = Network.from_frame(frame, name="n")
    pairs, _ = judged_pairs(held.held, reference, "n", 3)
    return pairs, restrictions(reference, {}), frame


def test_other_edges_leave_the_pairs_or_become_negatives(planted):
    pairs, parts, frame = planted
    out, as_none = (restricted_pairs(pairs, r, 3) for r in parts[:2])
    known = int((frame["mode"] == "Activation").sum())
    kept = (as_none.labels.sum(1) > 0)[:, None]
    assert out.labels.sum() == as_none.labels.sum() <= known
    assert np.array_equal(as_none.mask, pairs.mask & kept)
    assert np.array_equal(out.mask, pairs.mask & kept & ~(pairs.labels & ~out.labels))
    assert (out.labels.sum(1)[out.labels.any(1)] >= 3).all()


def test_changes_are_paired_over_the_same_regulators(planted, quick):
    pairs, parts, _ = planted
    rng = np.random.default_rng(0)
    scores = pairs.labels + rng.normal(size=pairs.labels.shape)
    boot = RegulatorBootstrap.of(pairs, quick, 1, "t")
    judged = [(r, restricted_pairs(pairs, r, 3)) for r in parts[:2]]
    table = restricted_table(pairs, judged, [Score("s", "candidate", lambda: scores)], boot)
    assert table["other_edges"].tolist() == [LEFT_OUT, NO_EDGE]
    for (_, part), row in zip(judged, table.to_dict("records"), strict=True):
        expected = roc_auc_score(part.labels[part.mask], scores[part.mask])
        assert row["auroc"] == pytest.approx(expected)
        kept = part.labels.any(1)
        assert kept.sum() < len(kept)
        whole = roc_auc_score(pairs.labels[kept][pairs.mask[kept]], scores[kept][pairs.mask[kept]])
        assert row["auroc_whole"] == pytest.approx(whole)
        assert row["change"] == pytest.approx(row["auroc"] - whole)
        assert row["change_low"] < row["change"] < row["change_high"]
        # Paired: most of the variation over regulators is shared.
        assert row["change_high"] - row["change_low"] < row["auroc_high"] - row["auroc_low"]
        assert row["n_edges"] == part.labels.sum()
    # Edges that are called negatives though the score knows them lower the AUROC.
    left_out, no_edge = table["auroc"]
    assert no_edge < left_out


def test_a_part_that_leaves_one_regulator_is_not_judged(planted):
    pairs, _, frame = planted
    few = Network.from_frame(frame[frame["source"] == "G1"], name="few")
    with pytest.raises(NetworkError, match="1 regulator with 3 targets or more left"):
        restricted_pairs(pairs, Restriction("few", few, LEFT_OUT, ""), 3)
    with pytest.raises(NetworkError, match="undirected"):
        restricted_pairs(pairs, Restriction("x", None, LEFT_OUT, "the network is undirected"), 3)


def test_overlap_counts_both_directions():
    small = network()
    large = Network.from_frame(
        pd.concat(
            [small.frame, pd.DataFrame({"source": ["C"] * 12, "target": list("abcdefghijkl")})]
        )
    )
    table = overlap_table({"small": small, "large": large}).set_index(["first", "second"])
    assert table.loc[("small", "large"), "share_of_first"] == 1.0
    assert table.loc[("large", "small"), "share_of_first"] == 0.25
    assert table["shared"].tolist() == [4, 4]


def test_collectri_and_dorothea_contain_trrust(shared_data):
    """Specification 2.2 and 2.11, on the published files."""
    files = {
        "trrust": "regulatory/trrust_rawdata.human.tsv",
        "collectri": "regulatory/collectri_human.tsv.gz",
        "dorothea": "regulatory/dorothea_human_ABC.tsv.gz",
    }
    networks = {n: Network.read(shared_data(f), name=n) for n, f in files.items()}
    shares = overlap_table(networks).set_index(["first", "second"])["share_of_first"]
    assert shares["trrust", "collectri"] > 0.9
    assert 0.3 < shares["trrust", "dorothea"] < 0.5
    assert shares["collectri", "trrust"] < 0.3
    directed = restrictions(networks["trrust"], {})[0].kept
    report = networks["trrust"].report
    # 4,859 of 8,427 pairs have a direction; 24 of the 8,427 are of a gene with itself.
    assert (len(networks["trrust"]), report.n_rows) == (8403, 9396)
    assert 4859 - 24 <= len(directed) <= 4859
    for name in ("collectri", "dorothea"):
        assert restrictions(networks[name], {})[0].told == "every edge has a sign"
