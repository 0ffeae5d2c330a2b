"""A hand-set scGPT checkpoint in which one head attends exactly the planted pairs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from cellglass.models.encoder import EncoderConfig
from cellglass.models.scgpt.network import ScGPTNetwork
from cellglass.models.scgpt.weights import parameter_names
from cellglass.seeds import generator, integer_seed

from .screen import KNOCKED_DOWN, MOVED, label_screen

if TYPE_CHECKING:
    from anndata import AnnData

N_REGULATORS, N_TARGETS, N_OTHERS = 14, 100, 10
EDGES_PER_REGULATOR = 7
N_CELLS, PERTURBED_CELLS = 160, 40
CONFIG = EncoderConfig(n_layers=3, n_heads=4, width=64, mlp_width=64)
N_BINS = 51
# Which coordinates of the residual stream hold what.
WHO = slice(0, 14)  # one-hot identity of a regulator
CODE = slice(14, 28)  # of a target: which regulators it belongs to
NOISE = slice(28, 44)  # identity that no planted head reads
VALUE = slice(44, 56)  # expression value
READOUT = slice(56, 64)  # where the planted head writes, and the decoder reads
SHARPNESS = 1.6  # times the typical product of a planted pair after normalisation
QUIET = 0.02  # sd of the weights that are not planted
RESTLESS = 0.25  # sd of the queries and keys of heads that are not planted
RESTLESS_BESIDE = 0.05  # the same in the planted layer, whose mean over heads must show the planted


@dataclass(frozen=True)
class Circuit:
    """A planted circuit on disk.

    Attributes
    ----------
    folder
        Checkpoint in scGPT's published layout.
    cells
        Counts without any dependence between genes.
    screen
        The same cells as controls, and cells in which a regulator is knocked down and its
        planted targets fall.
    network
        Planted pairs: source, target.
    layer, head
        The head that attends them.
    """

    folder: Path
    cells: AnnData
    screen: AnnData
    network: pd.DataFrame
    layer: int
    head: int


def plant_circuit(folder: Path, seed: int) -> Circuit:
    """Write the checkpoint and draw cells.

    Parameters
    ----------
    folder
        Empty folder for args.json, vocab.json and best_model.pt.
    seed
        Decides the network, the layer and head, the noise and the cells.

    Returns
    -------
    Circuit
        What was planted.

    Notes
    -----
    Regulator tokens carry a one-hot code, target tokens the sum of the codes of their
    regulators. In the planted head, queries read the first and keys the second, so that the
    product is large for planted pairs only. Its values carry expression into coordinates that
    only the decoder reads, so that ablating it changes what is decoded at regulators.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     circuit = plant_circuit(Path(folder), seed=1)
    >>> circuit.layer > 0
    True
    """
    rng = generator(seed, "controls/circuit")
    names = [f"REG{i + 1}" for i in range(N_REGULATORS)]
    names += [f"TGT{i + 1}" for i in range(N_TARGETS)] + [f"OTH{i + 1}" for i in range(N_OTHERS)]
    belongs = _network(rng)
    layer, head = int(rng.integers(1, CONFIG.n_layers)), int(rng.integers(CONFIG.n_heads))
    network = _planted_network(belongs, layer, head, seed, rng)
    folder.mkdir(parents=True, exist_ok=True)
    _write_checkpoint(folder, network, names)
    rows, columns = np.nonzero(belongs)
    pairs = pd.DataFrame(
        {"source": [names[r] for r in rows], "target": [names[N_REGULATORS + c] for c in columns]}
    )
    rate = rng.lognormal(1.0, 0.6, len(names))
    counts = _counts(rate, N_CELLS, rng)
    screen = _screen(counts, rate, names, belongs, generator(seed, "controls/circuit/screen"))
    return Circuit(folder, _cells(counts, names), screen, pairs, layer, head)


def _network(rng: np.random.Generator) -> NDArray[np.bool_]:
    """Regulators x targets."""
    belongs = np.zeros((N_REGULATORS, N_TARGETS), bool)
    for row in belongs:
        row[rng.permutation(N_TARGETS)[:EDGES_PER_REGULATOR]] = True
    return belongs


def _planted_network(
    belongs: NDArray[np.bool_], layer: int, head: int, seed: int, rng: np.random.Generator
) -> ScGPTNetwork:
    torch_generator = torch.Generator().manual_seed(integer_seed(seed, "controls/circuit/weights"))
    network = ScGPTNetwork(CONFIG, belongs.shape[0] + belongs.shape[1] + N_OTHERS + 3)
    with torch.no_grad():
        network.initialise(torch_generator)
        for number, block in enumerate(network.encoder.blocks):
            for parameter in block.parameters():
                if parameter.dim() == 2:
                    parameter.normal_(0.0, QUIET, generator=torch_generator)
            # heads that are not planted attend unevenly too, to other pairs
            restless = RESTLESS_BESIDE if number == layer else RESTLESS
            block.qkv.weight[: 2 * CONFIG.width].normal_(0.0, restless, generator=torch_generator)
        network.gene_embedding.weight.copy_(torch.as_tensor(_embeddings(belongs, rng)))
        _keep_values_apart(network)
        _plant_head(network, layer, head)
        _read_out(network)
    return network


def _embeddings(belongs: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float32]:
    """Rows of the gene table: regulators, targets, others, special tokens."""
    n = belongs.shape[0] + belongs.shape[1] + N_OTHERS + 3
    table = np.zeros((n, CONFIG.width), np.float32)
    table[:, NOISE] = rng.normal(0.0, 1.0, (n, NOISE.stop - NOISE.start))
    table[:N_REGULATORS, WHO] = 5.0 * np.eye(N_REGULATORS)
    targets = slice(N_REGULATORS, N_REGULATORS + N_TARGETS)
    degree = np.maximum(belongs.sum(0, keepdims=True), 1)
    table[targets, CODE] = (5.0 * belongs / np.sqrt(degree)).T
    return table


def _keep_values_apart(network: ScGPTNetwork) -> None:
    """Let the value encoder write to its own coordinates only."""
    values: Any = network.values
    steps = torch.linspace(0.0, 45.0, CONFIG.width)
    values.linear1.weight.fill_(1.0 / 25.0)
    values.linear1.bias.copy_(-steps / 25.0)
    outside = torch.ones(CONFIG.width, dtype=torch.bool)
    outside[VALUE] = False
    values.norm.weight[outside] = 0.0


def _plant_head(network: ScGPTNetwork, layer: int, head: int) -> None:
    planted = network.encoder.blocks[layer]
    width, size = CONFIG.width, CONFIG.head_width
    query = slice(head * size, (head + 1) * size)
    key = slice(width + query.start, width + query.stop)
    value = slice(2 * width + query.start, 2 * width + query.stop)
    read_who = torch.zeros(size, width)
    read_code = torch.zeros(size, width)
    gain = (SHARPNESS * size**0.5 / _typical_product()) ** 0.5
    for i in range(N_REGULATORS):
        read_who[i, WHO.start + i] = gain
        read_code[i, CODE.start + i] = gain
    planted.qkv.weight[query], planted.qkv.weight[key] = read_who, read_code
    carry = torch.zeros(size, width)
    n_values = VALUE.stop - VALUE.start
    carry[:n_values, VALUE] = torch.eye(n_values)
    planted.qkv.weight[value] = carry
    planted.qkv.bias.zero_()
    write = torch.zeros(width, size)
    n_out = READOUT.stop - READOUT.start
    write[READOUT, :n_out] = 2.0 * torch.eye(n_out)
    planted.attention_out.weight[:, query] = write


def _typical_product() -> float:
    """Product of the two codes of a planted pair after normalisation, roughly."""
    return 2.5 * 2.0


def _read_out(network: ScGPTNetwork) -> None:
    """Let the expression decoder read the coordinates that the planted head writes."""
    decoder: Any = network.decoder
    if decoder is None:
        raise ValueError("the circuit needs an expression decoder")
    first = decoder.fc[0].weight
    first.mul_(0.1)
    n_out = READOUT.stop - READOUT.start
    first[:n_out, READOUT] = 3.0 * torch.eye(n_out)
    decoder.fc[2].weight.mul_(0.1)
    decoder.fc[2].weight[:n_out, :n_out] = torch.eye(n_out)
    decoder.fc[4].weight.mul_(0.1)
    decoder.fc[4].weight[0, :n_out] = 1.0


def _write_checkpoint(folder: Path, network: ScGPTNetwork, names: list[str]) -> None:
    ours = network.state_dict()
    fused = {f"transformer_encoder.layers.{i}.self_attn.Wqkv.{k}": torch.empty(0)
             for i in range(CONFIG.n_layers) for k in ("weight", "bias")}  # fmt: skip
    published = parameter_names(list(ours), fused)
    torch.save({published[k]: v for k, v in ours.items()}, folder / "best_model.pt")
    special = ["<pad>", "<cls>", "<eoc>"]
    vocabulary = {name: i for i, name in enumerate([*names, *special])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, indent=1))
    args = {
        "embsize": CONFIG.width,
        "nheads": CONFIG.n_heads,
        "d_hid": CONFIG.mlp_width,
        "nlayers": CONFIG.n_layers,
        "n_bins": N_BINS,
        "pad_token": "<pad>",
        "pad_value": -2,
        "mask_value": -1,
        "input_style": "binned",
        "input_emb_style": "continuous",
        "max_seq_len": 200,
    }
    (folder / "args.json").write_text(json.dumps(args, indent=1))


def _counts(rate: NDArray[np.float64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Counts without dependence between genes, cells x genes."""
    counts = rng.poisson(rate * rng.lognormal(0.0, 0.5, (n, rate.shape[-1])))
    counts[rng.random(counts.shape) < 0.2] = 0
    return counts


def _screen(
    controls: NDArray[np.int64],
    rate: NDArray[np.float64],
    names: list[str],
    belongs: NDArray[np.bool_],
    rng: np.random.Generator,
) -> AnnData:
    """Controls and knock-downs, in which the targets fall as well."""
    log_change = np.zeros((N_REGULATORS, len(names)))
    log_change[:, N_REGULATORS : N_REGULATORS + N_TARGETS][belongs] = -MOVED
    log_change[np.arange(N_REGULATORS), np.arange(N_REGULATORS)] = -KNOCKED_DOWN
    perturbed = np.repeat(np.arange(N_REGULATORS), PERTURBED_CELLS)
    counts = _counts(rate * np.exp(log_change[perturbed]), len(perturbed), rng)
    screen = _cells(np.vstack([controls, counts]), names)
    label_screen(screen, np.concatenate([np.full(len(controls), -1), perturbed]), names)
    return screen


def _cells(counts: NDArray[np.int64], names: list[str]) -> AnnData:
    from anndata import AnnData
    from scipy import sparse

    obs = pd.DataFrame(index=[f"cell{i}" for i in range(len(counts))])
    return AnnData(
        sparse.csr_matrix(counts.astype(np.float32)), obs=obs, var=pd.DataFrame(index=names)
    )
