"""Train mini-geneformer: Geneformer's architecture and masked-gene objective, small, on CPU."""

from __future__ import annotations

import numpy as np
import torch
from corpus import Corpus, load_corpus, svd_embedding, thinned
from loop import Losses, arguments, optimise
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from cellglass.models.encoder import EncoderConfig, NoHooks
from cellglass.models.geneformer.network import GeneformerNetwork

CONFIG = EncoderConfig(n_layers=4, n_heads=4, width=128, mlp_width=256, norm_eps=1e-12)
PAD, MASK, CLS, EOS, FIRST_GENE = 0, 1, 2, 3, 4
N_POSITIONS = 1024
MASK_SHARE = 0.15
BATCH = 24
ASKED = 128  # genes asked of the cell embedding, half expressed ones that are no tokens
CELL_WEIGHT = 1.0
LEFT_OUT = 0.3  # share of a cell's genes that are no tokens but asked of its embedding
MIN_GENES = 40  # a panel that leaves a cell fewer is not applied to it


def medians(corpus: Corpus) -> np.ndarray:
    """Non-zero median of count / total * 10,000 over the training cells."""
    csc = corpus.counts[corpus.train].tocsc()
    totals = corpus.n_counts[corpus.train]
    out = np.ones(csc.shape[1])
    for gene in range(csc.shape[1]):
        start, stop = csc.indptr[gene], csc.indptr[gene + 1]
        if stop > start:
            out[gene] = np.median(csc.data[start:stop] / totals[csc.indices[start:stop]] * 1e4)
    return out


class Batches:
    """Random cells in rank order: thinned, some genes replaced by the mask."""

    def __init__(self, corpus: Corpus, cells: np.ndarray, median: np.ndarray, seed: int) -> None:
        self.corpus, self.cells, self.median = corpus, cells, median
        self.rng = np.random.default_rng(seed)
        self.panel = np.ones(len(median), bool)
        detected = np.asarray((corpus.counts > 0).mean(0)).ravel()
        self.frequency = detected / detected.sum()

    def draw(self, size: int, n_tokens: int) -> dict[str, torch.Tensor]:
        """Draw one batch of `size` cells with at most `n_tokens` tokens."""
        ids = np.full((size, n_tokens), PAD)
        asked = np.zeros((size, ASKED), np.int64)
        there = np.zeros((size, ASKED), np.float32)
        self.panel = self._new_panel()
        for i, cell in enumerate(self.rng.choice(self.cells, size)):
            genes = self._ranked(cell)
            out = self.rng.random(len(genes)) < LEFT_OUT
            ranked = genes[~out][: n_tokens - 2] + FIRST_GENE
            ids[i, : len(ranked) + 2] = np.concatenate([[CLS], ranked, [EOS]])
            asked[i], there[i] = self._asked(genes, out)
        genes = ids >= FIRST_GENE
        masked = genes & (self.rng.random(ids.shape) < MASK_SHARE)
        action = self.rng.random(ids.shape)
        shown = np.where(masked & (action < 0.8), MASK, ids)
        random = self.rng.integers(FIRST_GENE, FIRST_GENE + len(self.median), ids.shape)
        shown = np.where(masked & (action >= 0.9), random, shown)
        return {
            "ids": torch.as_tensor(ids),
            "shown": torch.as_tensor(shown),
            "masked": torch.as_tensor(masked),
            "valid": torch.as_tensor(ids != PAD),
            "asked": torch.as_tensor(asked + FIRST_GENE),
            "there": torch.as_tensor(there),
        }

    def _new_panel(self) -> np.ndarray:
        """Genes a batch measures: many data sets hold variable genes only."""
        n = len(self.median)
        if self.rng.random() < 0.5:
            return np.ones(n, bool)
        return self.rng.random(n) < self.rng.uniform(0.15, 0.9)

    def _asked(self, genes: np.ndarray, out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Expressed genes that were left out, and as many that are as common but silent here.

        Silent ones are drawn by their frequency: knowing which genes are common is not enough.
        """
        half = ASKED // 2
        expressed = self.rng.permutation(genes[out])[:half]
        draws = self.rng.choice(len(self.median), size=4 * ASKED, p=self.frequency)
        draws = draws[self.panel[draws] & ~np.isin(draws, genes)]
        if len(draws) == 0:
            draws = np.setdiff1d(np.arange(len(self.median)), genes)
        silent = np.resize(draws, ASKED - len(expressed))
        return (
            np.concatenate([expressed, silent]),
            np.repeat([1.0, 0.0], [len(expressed), len(silent)]).astype(np.float32),
        )

    def _ranked(self, cell: int) -> np.ndarray:
        counts = self.corpus.counts
        start, stop = counts.indptr[cell], counts.indptr[cell + 1]
        genes, values = counts.indices[start:stop], counts.data[start:stop]
        if self.rng.random() < 0.7:
            values = thinned(values, self.rng.uniform(0.3, 1.0), self.rng)
            genes, values = genes[values > 0], values[values > 0]
        keep = self.panel[genes]
        if keep.sum() >= MIN_GENES:
            genes, values = genes[keep], values[keep]
        # ties, which are most of the ranks below the top, in no order that could be learned
        noise = self.rng.random(len(genes)) * 1e-9
        return genes[np.argsort(-(values / self.median[genes]) + noise)].astype(np.int64)


class Layers(NoHooks):
    """Keeps the output of every layer."""

    def __init__(self) -> None:
        super().__init__()
        self.residual: list[torch.Tensor] = []

    def at(self, kind: str, layer: int | None, state: torch.Tensor) -> torch.Tensor:
        """Keep what a layer gives."""
        if kind == "residual":
            self.residual.append(state)
        return state


def losses(net: GeneformerNetwork, batch: dict[str, torch.Tensor]) -> Losses:
    """Cross-entropy of the masked genes; which genes the cell embedding knows of."""
    layers = Layers()
    state = net.encoder(net.embed_tokens(batch["shown"], None), batch["valid"], layers)
    logits = net.head(state[batch["masked"]], net.table)
    tokens = cross_entropy(logits, batch["ids"][batch["masked"]])
    cell = layers.residual[-2][:, 0]  # <cls> of the second to last layer: the cell embedding
    known = torch.einsum("bgd,bd->bg", net.table[batch["asked"]], cell)
    known = known - known.mean(1, keepdim=True)  # how many are there is no question
    return {
        "tokens": tokens,
        "cell": binary_cross_entropy_with_logits(known, batch["there"]),
    }


def new_network(corpus: Corpus, seed: int) -> GeneformerNetwork:
    """Random weights, but for gene embeddings from the SVD and the bias of the head."""
    torch.manual_seed(seed)
    n_genes = corpus.counts.shape[1]
    net = GeneformerNetwork(CONFIG, n_genes + FIRST_GENE, N_POSITIONS)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        net.initialise(generator)
        net.gene_embedding.weight[FIRST_GENE:] = torch.as_tensor(
            svd_embedding(corpus, CONFIG.width, 0.05, seed)
        )
        frequency = np.asarray((corpus.counts[corpus.train] > 0).mean(0)).ravel()
        net.head.bias[FIRST_GENE:] = torch.as_tensor(
            np.log(frequency + 1e-4) - np.log(frequency.sum()), dtype=torch.float32
        )
        net.head.bias[:FIRST_GENE] = -15.0
    return net


def main() -> None:
    a = arguments(peak=2e-3)
    corpus = load_corpus(a.shared)
    net = new_network(corpus, a.seed)
    if a.start is not None:
        net.load_state_dict(torch.load(a.start))
    median = medians(corpus)
    data = Batches(corpus, corpus.train, median, a.seed)
    check = Batches(corpus, corpus.held_out, median, a.seed + 1)

    def losses_at(step: int) -> Losses:
        late = step > 0.8 * a.steps
        n_tokens = N_POSITIONS if late else int(data.rng.choice([192, 320, 512]))
        return losses(net, data.draw(max(6, BATCH * 256 // n_tokens), n_tokens))

    optimise(
        net,
        a,
        losses_at=losses_at,
        total=lambda parts: parts["tokens"] + CELL_WEIGHT * parts["cell"],
        held_out=lambda: losses(net, check.draw(32, 384)),
    )


if __name__ == "__main__":
    main()
