"""The hand-set checkpoint: published layout, and a head that attends the planted pairs."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from cellglass.controls.circuit import CONFIG, N_CELLS, N_REGULATORS, Circuit, plant_circuit
from cellglass.models import Tap, load_model
from cellglass.regulation.coexpression import spearman
from cellglass.stats import auroc


@pytest.fixture(scope="module")
def circuit(tmp_path_factory) -> Circuit:
    return plant_circuit(tmp_path_factory.mktemp("circuit"), seed=5)


@pytest.fixture(scope="module")
def attention(circuit):
    """Mean attention of regulators to genes, layers x heads, over a few cells."""
    model = load_model(circuit.folder, name="circuit", ties="middle")
    tokens = model.tokenize(circuit.cells[:12], seed=1)
    trace = model.forward(tokens, [Tap.attention()]).attention
    names = [str(n) for n in circuit.cells.var_names]
    ids = np.array([model.vocabulary.gene_id(n) for n in names])
    sums = np.zeros((model.n_layers, model.n_heads, N_REGULATORS, len(names)))
    seen = np.zeros(sums.shape[2:])
    for c in range(len(tokens)):
        position = {int(g): p for p, g in enumerate(tokens.gene_ids[c]) if tokens.valid[c, p]}
        rows = [i for i in range(N_REGULATORS) if int(ids[i]) in position]
        columns = [j for j in range(len(names)) if int(ids[j]) in position]
        at = np.ix_([position[int(ids[i])] for i in rows], [position[int(ids[j])] for j in columns])
        for layer in range(model.n_layers):
            for head in range(model.n_heads):
                block = sums[layer, head]
                block[np.ix_(rows, columns)] += np.asarray(trace[layer][c, head])[at]
        seen[np.ix_(rows, columns)] += 1
    return np.where(seen > 0, sums / np.maximum(seen, 1), np.nan)


def labels(circuit: Circuit) -> np.ndarray:
    names = [str(n) for n in circuit.cells.var_names]
    found = np.zeros((N_REGULATORS, len(names)), bool)
    for source, target in circuit.network.itertuples(index=False):
        found[names.index(source), names.index(target)] = True
    return found


def test_the_planted_head_attends_the_planted_pairs_and_no_other_does(circuit, attention):
    truth = labels(circuit)
    mask = np.isfinite(attention[0, 0])
    mask[np.arange(N_REGULATORS), np.arange(N_REGULATORS)] = False
    found = np.array([[auroc(h[mask], truth[mask]) for h in layer] for layer in attention])
    assert found[circuit.layer, circuit.head] > 0.95
    others = np.delete(found.ravel(), circuit.layer * CONFIG.n_heads + circuit.head)
    assert (np.abs(others - 0.5) < 0.2).all(), others
    planted = attention[circuit.layer, circuit.head]
    assert planted[truth & mask].mean() > 10 * planted[~truth & mask].mean()


def test_files_have_the_published_names(circuit):
    weights = torch.load(circuit.folder / "best_model.pt", weights_only=True)
    assert "transformer_encoder.layers.0.self_attn.Wqkv.weight" in weights
    assert "encoder.embedding.weight" in weights
    vocabulary = json.loads((circuit.folder / "vocab.json").read_text())
    assert {"<pad>", "<cls>", "<eoc>", "REG1", "TGT1", "OTH1"} <= set(vocabulary)
    assert weights["encoder.embedding.weight"].shape == (len(vocabulary), CONFIG.width)


def test_cells_hold_no_dependence_between_genes(circuit):
    counts = circuit.cells.X.toarray()
    assert counts.shape[0] == N_CELLS
    assert (counts == counts.round()).all()
    found = spearman(counts)
    off = np.abs(found[~np.eye(len(found), dtype=bool)])
    assert off.mean() == pytest.approx(np.sqrt(2 / np.pi / N_CELLS), rel=0.15)


def test_the_seed_decides_head_network_and_cells(circuit, tmp_path):
    again = plant_circuit(tmp_path / "again", seed=5)
    assert (again.layer, again.head) == (circuit.layer, circuit.head)
    assert again.network.equals(circuit.network)
    first, second = (
        torch.load(c.folder / "best_model.pt", weights_only=True) for c in (circuit, again)
    )
    assert all(torch.equal(first[k], second[k]) for k in first)
    placed = {(c.layer, c.head) for c in (plant_circuit(tmp_path / str(s), s) for s in range(6))}
    assert len(placed) > 2
