"""What a reader is told of a network's losses."""

import numpy as np
import pandas as pd

from cellglass.data import Network
from cellglass.regulation.networks.notes import network_note
from cellglass.regulation.networks.recovery import Pairs

ROWS = [("A", "B"), ("A", "B"), ("A", "C"), ("B", "B"), ("B", "Z"), ("X", "Y"), ("A", "")]
FRAME = pd.DataFrame(ROWS, columns=["source", "target"])
LABELS = np.array([[False, True, True]])
MASK = np.array([[False, True, False]])
PAIRS = Pairs(("A",), ("A", "B", "C"), LABELS, MASK, "net")


def test_every_loss_is_counted():
    note = network_note(Network.from_frame(FRAME, name="file.tsv"), PAIRS, PAIRS.genes)
    assert note == (
        "net: 4 edges of 7 rows (1 joined to another row of the same pair; 1 of a gene with itself "
        "left out; 1 without a name left out). Not among the 3 evaluable genes: 1 of 3 regulators "
        "(X), 2 of 4 targets (Y, Z). 1 edge of 1 regulator can be judged, among 1 pairs; pairs "
        "that are not listed count as no edge."
    )


def test_undirected_networks_have_genes_and_long_lists_are_cut():
    frame = pd.DataFrame({"source": ["A"] * 6, "target": list("BUVWXY")})
    network = Network.from_frame(frame, directed=False)
    note = network_note(network, PAIRS, PAIRS.genes)
    assert "5 of 7 genes (U, V, W, ...)" in note
    assert "regulators (" not in note


def test_a_clean_network_has_no_losses():
    frame = pd.DataFrame({"source": ["A"], "target": ["B"]})
    note = network_note(Network.from_frame(frame), PAIRS, PAIRS.genes)
    assert note.startswith("net: 1 edge of 1 rows. Not among the 3 evaluable genes: 0 of 1 reg")
